//! Kept runs, and the pages that are made of a class.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::demo::{BROKEN, CLASS, Demo, Ended, RIGHT, STUB, WRONG};

#[track_caller]
fn explain(demo: &Demo, file: &str) -> Ended {
    let output = Command::new(CLASS)
        .current_dir(demo.path("course"))
        // Nothing is run: without cargo and compiler it says the same.
        .env("PATH", "/nonexistent")
        .args(["explain-record", file])
        .output();
    Ended::of(output.unwrap())
}

#[test]
fn the_run_behind_a_lost_point_is_kept_and_told_again() {
    let demo = Demo::new();
    demo.submit("ada", "one", WRONG);
    demo.submit("ada", "two", RIGHT);
    demo.submit("kurt", "one", BROKEN);
    demo.grade(&[]).with(0);
    let said = explain(&demo, "../out/records/ada/one.json").with(0).out;
    for words in [
        "10-demo / one, case only: 0 of 4 points",
        "output-differs",
        "- right",
        "+ wrong",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    // What passes, and what does not compile, has no run to show.
    assert!(!demo.path("out/records/ada/two.json").exists());
    assert!(!demo.path("out/records/kurt").exists());
    let page = demo.read("out/feedback/ada.html");
    assert!(page.contains("../timelines/ada/one.html"), "{page}");
    assert!(demo.read("out/timelines/ada/one.html").contains("<svg"));
    // An answer that has become right leaves no run of the one before it.
    demo.submit("ada", "one", RIGHT);
    demo.grade(&[]).with(0);
    assert!(!demo.path("out/records/ada/one.json").exists());
    assert!(!demo.path("out/timelines/ada/one.html").exists());
    let said = explain(&demo, "../out/class.json").with(2).err;
    assert!(said.contains("understand ../out/class.json"), "{said}");
}

#[test]
fn the_page_of_a_class_counts_mistakes_and_escapes_what_is_foreign() {
    let demo = Demo::new();
    for student in ["ada", "kurt"] {
        demo.submit(student, "one", &format!("{WRONG}// {student}\n"));
    }
    let hostile = "fn main() {\n    println!(\"<script>alert(1)</script>\");\n}\n";
    demo.submit("<b>eve", "one", hostile);
    demo.submit("zoe", "one", RIGHT);
    demo.submit("zoe", "two", BROKEN);
    fs::create_dir(demo.path("subs/nobody")).unwrap();
    demo.grade(&[]).with(0);
    let page = demo.read("out/class.html");
    for words in [
        "5 students: 4 graded, 1 refused.",
        "<tr><td>3</td><td><br><code>output-differs</code></td><td>one</td>",
        "<tr><td>1</td><td><br><code>does-not-compile</code></td><td>two</td>",
        "&lt;b&gt;eve",
        "<td>0.8 / 4</td>",
        "<p>None did.</p>",
    ] {
        assert!(page.contains(words), "no {words:?} in {page}");
    }
    for file in ["out/class.html", "out/feedback/%3cb%3eeve.html"] {
        let page = demo.read(file);
        assert!(
            !page.contains("<script") && !page.contains("<b>eve"),
            "{page}"
        );
        // It loads nothing.
        assert!(
            !page.contains("http://") && !page.contains("https://"),
            "{page}"
        );
    }
}

#[test]
fn who_came_near_a_limit_is_on_the_page_and_who_did_not_is_not() {
    let demo = Demo::new();
    // 1024 KiB of output are allowed: 700 are near, 300 are not, and 2000 are too much.
    let prints = |kib: u32| {
        format!(
            "fn main() {{\n    let line = [b'x'; 1024];\n    for _ in 0..{kib} {{\n        \
             std::io::Write::write_all(&mut std::io::stdout(), &line).unwrap();\n    }}\n}}\n"
        )
    };
    for (student, kib) in [("near", 700), ("far", 300), ("over", 2000)] {
        demo.submit(student, "one", &prints(kib));
    }
    demo.grade(&[]).with(0);
    let section = |demo: &Demo, name: &str| {
        let page = demo.read("out/class.html");
        let (_, rest) = page
            .split_once(&format!("<section id=\"{name}\">"))
            .unwrap();
        rest.split_once("</section>").unwrap().0.to_owned()
    };
    let near = section(&demo, "near");
    let line = "<td>one</td><td>only</td><td><code>output_kib</code> 1024</td><td>68%</td><td>near (68%)</td>";
    assert!(near.contains(line), "{near}");
    assert!(!near.contains("far") && !near.contains("over"), "{near}");
    assert!(section(&demo, "limits").contains("endless-output in one: over"));
    // An answer that needs less is not remembered by the one before it.
    demo.submit("near", "one", &prints(2));
    demo.grade(&[]).with(0);
    assert!(section(&demo, "near").contains("None did."));
}

/// For `.ci/class-in-chromium`: a class with everything that a page shows.
#[test]
fn pages_are_left_for_the_browser() {
    let demo = Demo::new();
    for number in 0..9 {
        let text = [RIGHT, WRONG, BROKEN][number % 3];
        let student = format!("student {number} with a long name that has to go somewhere");
        demo.submit(&student, "one", &format!("{text}// {number}\n"));
        demo.submit(&student, "two", [RIGHT, STUB][number % 2]);
    }
    let hostile = "fn main() {\n    println!(\"<img src=x onerror=alert(1)>\");\n}\n";
    demo.submit("<b>eve", "one", hostile);
    fs::create_dir(demo.path("subs/nobody")).unwrap();
    demo.grade(&[]).with(0);
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("class");
    let _ = fs::remove_dir_all(&pages);
    for folder in ["", "feedback", "timelines/%3cb%3eeve"] {
        let place = pages.join(folder);
        fs::create_dir_all(&place).unwrap();
        for entry in fs::read_dir(demo.path("out").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "html") {
                fs::copy(&path, place.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    assert!(pages.join("timelines/%3cb%3eeve/one.html").is_file());
}
