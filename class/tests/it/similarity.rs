//! Answers handed on to programs that look for copies.

use std::fs;

use super::demo::{Demo, RIGHT, STUB, WRONG, zip};
use super::policy::commit;

fn class() -> Demo {
    let demo = Demo::new();
    demo.write(
        "roster.csv",
        "id,name,section\nada,\"Lovelace, Ada\",A\nkurt,Kurt,B\nzoe,Zoe,\n",
    );
    demo.submit("ada", "one", RIGHT);
    commit(&demo.path("subs/ada"), "2026-10-03T11:00:00Z");
    zip(
        &demo.path("subs/kurt.zip"),
        &[("x/labs/10-demo/src/bin/one.rs", WRONG)],
    );
    demo.submit("zoe", "one", STUB);
    fs::write(demo.path("subs/eve.zip"), "no archive").unwrap();
    demo
}

#[test]
fn dolos_gets_a_table_of_files_and_the_stub() {
    let demo = class();
    let more = ["--roster", "../roster.csv", "--export", "dolos"];
    let ended = demo.grade(&more).with(0);
    assert!(
        ended.out.contains("left out: eve: the file is no zip"),
        "{ended:?}"
    );
    assert!(
        ended
            .out
            .contains("1 exercise of 3 students in ../out/dolos\n"),
        "{ended:?}"
    );
    assert_eq!(
        demo.read("out/dolos/one/info.csv"),
        "filename,label,created_at,full_name\n\
         answers/ada.rs,A,2026-10-03T11:00:00Z,\"Lovelace, Ada\"\n\
         answers/kurt.rs,B,,Kurt\n"
    );
    assert_eq!(demo.read("out/dolos/one/answers/kurt.rs"), WRONG);
    assert_eq!(demo.read("out/dolos/one/stub.rs"), STUB);
    // Nobody has begun the other one; and nothing was graded.
    assert!(!demo.path("out/dolos/two").exists());
    assert!(!demo.path("out/results").exists());
    // Who has left the class is not compared any more.
    fs::remove_dir_all(demo.path("subs/ada")).unwrap();
    demo.grade(&more).with(0);
    assert!(!demo.path("out/dolos/one/answers/ada.rs").exists());
}

#[test]
fn jplag_gets_a_folder_for_each_student_and_the_stub_as_base_code() {
    let demo = class();
    demo.grade(&["--export", "jplag"]).with(0);
    for (place, text) in [
        ("submissions/ada", RIGHT),
        ("submissions/kurt", WRONG),
        ("base", STUB),
    ] {
        assert_eq!(demo.read(&format!("out/jplag/one/{place}/one.rs")), text);
    }
    assert!(!demo.path("out/jplag/one/submissions/zoe").exists());
    demo.grade(&["--export", "moss"]).with(2);
}
