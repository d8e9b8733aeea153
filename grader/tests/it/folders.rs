//! A program that is a folder, and exercises that are files of it.

use std::os::unix::fs::symlink;

use grader::verdict::Status;

use super::course::Demo;
use super::lesson::{FAILED, NOT_ATTEMPTED, PASSED, course, diagnosis, graded, summary};

const MAIN: &str = "mod a;\nmod b;\nfn main() {\n    a::step();\n    b::step();\n}\n";
const TODO: &str = "pub fn step() {\n    todo!(\"step\")\n}\n";
const NOTHING: &str = "pub fn step() {}\n";
const RIGHT: &str = "pub fn step() {\n    println!(\"right\");\n}\n";

/// A course in which the exercises `a` and `b` are files of the program `both`, beside a `main.rs` that the exercise `c` is about.
fn shared() -> Demo {
    let demo = course(&["a", "b", "c"]);
    let mut text = demo.read("labs/10-demo/lab.toml");
    for (name, file) in [("a", "a"), ("b", "b"), ("c", "main")] {
        let named = format!("name = \"{name}\"\n");
        let with_file = format!("{named}file = \"both/{file}.rs\"\n");
        text = text.replace(&named, &with_file);
    }
    demo.write("labs/10-demo/lab.toml", &text);
    for folder in ["labs/10-demo/src/bin", "labs/10-demo/harness/stubs"] {
        std::fs::remove_dir_all(demo.file(folder)).unwrap();
        write(&demo, folder, [TODO, TODO, MAIN]);
    }
    demo
}

fn write(demo: &Demo, folder: &str, [a, b, main]: [&str; 3]) {
    for (name, text) in [("a", a), ("b", b), ("main", main)] {
        demo.write(&format!("{folder}/both/{name}.rs"), text);
    }
}

#[test]
fn exercises_share_a_program_and_each_has_its_own_file() {
    let demo = shared();
    let bin = "labs/10-demo/src/bin";
    assert_eq!(summary(&graded(&demo, "")), [NOT_ATTEMPTED; 3]);
    // Whoever has written one file has attempted one exercise; what is still to do is in another.
    write(&demo, bin, [RIGHT, TODO, MAIN]);
    let report = graded(&demo, "");
    assert_eq!(summary(&report), [FAILED, NOT_ATTEMPTED, NOT_ATTEMPTED]);
    write(&demo, bin, [RIGHT, NOTHING, MAIN]);
    let verdicts = [PASSED, PASSED, NOT_ATTEMPTED];
    assert_eq!(summary(&graded(&demo, "")), verdicts);
    // An error in any file is an error of the program, and is shown where it is.
    write(&demo, bin, [RIGHT, "pub fn stop() {}\n", MAIN]);
    let report = graded(&demo, "");
    assert_eq!(report.exercises[0].status, Status::DoesNotCompile);
    let place = &report.exercises[0].findings[0].place;
    assert_eq!(place, "labs/10-demo/src/bin/both/main.rs:5:8");
    assert_eq!(report.exercises[1].path(), "labs/10-demo/src/bin/both/b.rs");
}

#[test]
fn one_file_is_graded_with_the_others_of_the_checkout() {
    let demo = shared();
    write(&demo, "labs/10-demo/src/bin", [TODO, NOTHING, MAIN]);
    demo.write("mine.rs", RIGHT);
    assert_eq!(summary(&graded(&demo, "answer a mine.rs")), [PASSED]);
    assert_eq!(summary(&graded(&demo, "a")), [NOT_ATTEMPTED]);
}

#[test]
fn of_a_submitted_folder_rust_files_inside_of_it_are_taken() {
    let demo = shared();
    let bin = "alice/labs/10-demo/src/bin";
    let main = format!("mod more;\n{MAIN}");
    write(&demo, bin, [RIGHT, "pub use crate::more::step;\n", &main]);
    demo.write(&format!("{bin}/both/more.rs"), NOTHING);
    demo.write(&format!("{bin}/both/notes.txt"), "not read");
    let report = graded(&demo, "submission alice");
    assert_eq!(summary(&report), [PASSED; 3]);
    assert_eq!(report.notes, [""; 0]);
    // A file that leads out is refused as everywhere.
    demo.write("outside.rs", NOTHING);
    std::fs::remove_file(demo.file(&format!("{bin}/both/more.rs"))).unwrap();
    let link = demo.file(&format!("{bin}/both/more.rs"));
    symlink(demo.file("outside.rs"), link).unwrap();
    let report = graded(&demo, "submission alice");
    assert_eq!(diagnosis(&report.exercises[0]), "file-refused");
    // And there are at most so many.
    for number in 0..40 {
        demo.write(&format!("{bin}/both/more{number}.rs"), "");
    }
    let report = graded(&demo, "submission alice");
    assert_eq!(diagnosis(&report.exercises[0]), "file-refused");
    let message = &report.exercises[0].findings[0].message;
    assert!(message.contains("more than 32 files"), "{message}");
}

#[test]
fn each_file_is_reset_alone_and_all_are_exported() {
    let demo = shared();
    write(&demo, "labs/10-demo/src/bin", [RIGHT, RIGHT, MAIN]);
    let said = demo.run("reset a --yes");
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(demo.read("labs/10-demo/src/bin/both/a.rs"), TODO);
    assert_eq!(demo.read("labs/10-demo/src/bin/both/b.rs"), RIGHT);
    assert_eq!(demo.read("backups/a-1.rs"), RIGHT);
    let copy = tempfile::tempdir().unwrap();
    let said = demo.run(&format!("export {}", copy.path().display()));
    assert_eq!(said.code, Some(0), "{said:?}");
    for (name, text) in [("a", TODO), ("b", TODO), ("main", MAIN)] {
        let file = format!("labs/10-demo/src/bin/both/{name}.rs");
        let exported = std::fs::read_to_string(copy.path().join(file)).unwrap();
        assert_eq!(exported, text);
    }
}

#[test]
fn a_file_that_is_named_is_a_rust_file_in_a_folder() {
    let demo = course(&["a"]);
    let text = demo.read("labs/10-demo/lab.toml");
    for name in [
        "a.rs",
        "../a.rs",
        "/a.rs",
        "both/a",
        "both/a/b.rs",
        "both/../a.rs",
    ] {
        let file = format!("name = \"a\"\nfile = \"{name}\"\n");
        demo.write(
            "labs/10-demo/lab.toml",
            &text.replace("name = \"a\"\n", &file),
        );
        let said = demo.run("list");
        assert_eq!(said.code, Some(2), "{name}: {said:?}");
        assert!(said.err.contains("is no Rust file in a folder"), "{said:?}");
    }
}
