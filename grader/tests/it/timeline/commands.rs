//! The commands, as people meet them.

use super::super::course::Demo;
use super::markup::elements;

#[test]
fn commands_ask_for_one_exercise() {
    let demo = Demo::new();
    for (typed, expected) in [
        ("timeline", "<EXERCISE>"),
        ("timeline 10-demo", "is a lab"),
        ("timeline frst-step", "did you mean `first-step`?"),
        ("run frst-step -- 1", "did you mean `first-step`?"),
        ("run first-step 1", "unexpected argument"),
    ] {
        let said = demo.run(typed);
        assert_eq!(said.code, Some(2), "{typed}: {said:?}");
        assert!(said.err.contains(expected), "{typed}: {said:?}");
    }
}

/// A course in which `first-step` is a program that runs another one.
fn course_with_an_answer(answer: &str) -> Demo {
    let demo = Demo::new();
    let package = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                   [lib]\npath = \"harness/lib.rs\"\n";
    demo.write("labs/10-demo/Cargo.toml", package);
    demo.write("labs/10-demo/harness/lib.rs", "");
    for case in ["one", "two"] {
        let snapshot = format!("labs/10-demo/expected/first-step@{case}.snap");
        demo.write(&snapshot, "---\nsource: x\n---\nright\n");
    }
    demo.write("labs/10-demo/src/bin/first-step.rs", answer);
    demo
}

#[test]
fn a_real_run_is_told_and_drawn() {
    let demo = course_with_an_answer(
        "fn main() {\n    std::process::Command::new(\"true\").status().unwrap();\n    \
         println!(\"{}\", std::env::args().nth(1).as_deref().unwrap_or(\"right\"));\n}\n",
    );
    let said = demo.run("run first-step -- left");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    for text in [
        "[pid 2] true\n  forked by [pid 1]",
        "│ left\n",
        "┳",
        "┻",
        "first-step: ended with",
    ] {
        assert!(said.out.contains(text), "no {text:?} in {}", said.out);
    }
    let said = demo.run("timeline first-step --svg a.svg --html a.html --trace a.json");
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (Some(0), "", "")
    );
    assert!(demo.read("a.json").contains("traceEvents"));
    for file in ["a.svg", "a.html"] {
        let document = demo.read(file);
        let forks = elements(&document).filter(|it| it.has_class("arrow") && it.has_class("fork"));
        assert!(forks.count() >= 1, "{file}");
    }
    let said = demo.run("timeline first-step --case two");
    assert!(
        said.out
            .starts_with("first-step, case two: ended with exit code 0; 2 processes"),
        "{said:?}"
    );
    let said = demo.run("timeline first-step --case three");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("one, two"), "{said:?}");
}

#[test]
fn what_does_not_compile_is_said_as_the_compiler_says_it() {
    let demo = course_with_an_answer("fn main() {\n    printline(\"right\");\n}\n");
    for typed in [
        "run first-step",
        "timeline first-step",
        "timeline first-step --case one",
    ] {
        let said = demo.run(typed);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(1), ""),
            "{typed}: {said:?}"
        );
        for text in [
            "first-step does not compile",
            "cannot find function `printline`",
        ] {
            assert!(said.err.contains(text), "{typed}: {said:?}");
        }
    }
}

#[test]
fn the_reference_answer_is_shown_after_full_points() {
    let right = "fn main() {\n    println!(\"right\");\n}\n";
    let demo = course_with_an_answer(right);
    let said = demo.run("timeline first-step --compare");
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("no folder"), "{said:?}");

    let reference = "//! Header.\n\nfn main() {\n    print!(\"right\");\n    println!();\n}\n";
    demo.write("solutions/10-demo/src/bin/first-step.rs", reference);
    let said = demo.run("timeline first-step --compare");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    for text in [
        "first-step, case one: what the kernel saw",
        "solutions/10-demo/src/bin/first-step.rs",
        "\nfn main() {\n    print!(\"right\");\n",
    ] {
        assert!(said.out.contains(text), "no {text:?} in {}", said.out);
    }
    assert!(!said.out.contains("Header"), "{said:?}");
    let said = demo.run("timeline first-step --compare --case two");
    assert!(said.out.starts_with("first-step, case two"), "{said:?}");

    demo.write("labs/10-demo/src/bin/first-step.rs", "fn main() {}\n");
    let said = demo.run("timeline first-step --compare");
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    assert!(
        said.err.contains("after full points: 0 of 10 points"),
        "{said:?}"
    );
}

#[test]
fn letters_of_ascii_can_be_asked_for() {
    let demo = course_with_an_answer("fn main() {\n    println!(\"right\");\n}\n");
    assert!(!demo.run("timeline first-step").out.is_ascii());
    let said = demo.run("timeline first-step --ascii");
    assert!(said.out.is_ascii() && said.out.contains("==="), "{said:?}");
    let said = demo.run("first-step --ascii");
    assert!(said.out.is_ascii() && said.code == Some(0), "{said:?}");
}
