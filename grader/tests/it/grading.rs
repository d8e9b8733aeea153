//! Grading from end to end: answers get the verdicts that they deserve, each its own.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

use grader::verdict::{Report, Status};

use super::course::Demo;
use super::lesson::{
    FAILED, NOT_ATTEMPTED, NOT_COMPILED, PASSED, REFUSED, RIGHT, STUB, WRONG, answer, answered,
    course, diagnosis, ended, graded, grader, start, summary,
};
use super::processes::{among_others, assert_nobody_in, imitate, output_of, unprivileged};
use super::rows::record_of;

#[test]
fn answers_with_equal_old_times_get_their_own_verdicts() {
    let demo = course(&["a"]);
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for (text, verdict) in [(RIGHT, PASSED), (WRONG, FAILED), (RIGHT, PASSED)] {
        demo.write(&answer("a"), text);
        let file = File::options().write(true).open(demo.file(&answer("a")));
        file.unwrap().set_modified(old).unwrap();
        for typed in [
            "--no-cache",
            "answer a labs/10-demo/src/bin/a.rs --no-cache",
            "",
        ] {
            assert_eq!(summary(&graded(&demo, typed)), [verdict], "{typed}");
        }
    }
}

#[test]
fn a_source_that_does_not_compile_costs_its_own_exercise() {
    // So many parentheses overflow the compiler's stack.
    let depth = 100_000;
    let crash = format!("fn main() {{ {}{} }}", "(".repeat(depth), ")".repeat(depth));
    let unlinked = "unsafe extern \"C\" {\n    fn nobody_has_it();\n}\n\
                    fn main() {\n    unsafe { nobody_has_it() }\n}\n";
    let demo = answered([REFUSED, RIGHT, &crash, unlinked, STUB]);
    let report = graded(&demo, "");
    assert_eq!(
        summary(&report),
        [
            NOT_COMPILED,
            PASSED,
            NOT_COMPILED,
            NOT_COMPILED,
            NOT_ATTEMPTED
        ]
    );
    let said = |at: usize| report.exercises[at].compiler.as_deref().unwrap();
    insta::assert_snapshot!(said(0), @r#"
    error[E0425]: cannot find function `printline` in this scope
     --> labs/10-demo/src/bin/a.rs:2:5
      |
    2 |     printline("right");
      |     ^^^^^^^^^ not found in this scope
    "#);
    assert!(said(2).starts_with("error: the compiler crashed on this file (signal "));
    assert!(said(3).contains("nobody_has_it"), "{}", said(3));
    let finding = &report.exercises[0].findings[0];
    assert_eq!(finding.diagnosis, "does-not-compile");
    assert_eq!(finding.place, "labs/10-demo/src/bin/a.rs:2:5");
    assert_eq!(finding.points_lost, 4);
}

/// An answer that is right only where it runs as nice as this test: whether it has run again shows in the verdict. The field is
/// the 19th of `proc_pid_stat(5)`.
fn particular() -> String {
    const NICE: &str = "{\n    let stat = std::fs::read_to_string(\"/proc/self/stat\").unwrap();\n    \
        let (_, fields) = stat.rsplit_once(')').unwrap();\n    \
        fields.split_whitespace().nth(16).unwrap().to_owned()\n}";
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let own = fields.split_whitespace().nth(16).unwrap();
    format!(
        "fn nice() -> String {NICE}\nfn main() {{\n    \
         println!(\"{{}}\", if nice() == {own:?} {{ \"right\" }} else {{ \"left\" }});\n}}\n"
    )
}

/// How nice the grader and its programs are.
#[derive(Clone, Copy)]
enum Nice {
    /// As this test: the answer is right.
    Same,
    /// Nicer: it is wrong, if it is run.
    More,
}

#[test]
fn a_file_that_is_not_there_can_be_brought_back() {
    let demo = course(&["a", "b"]);
    fs::remove_file(demo.file(&answer("a"))).unwrap();
    let report = graded(&demo, "");
    assert_eq!(summary(&report), [NOT_ATTEMPTED, NOT_ATTEMPTED]);
    let file = answer("a");
    let note = format!("{file} is not there; `cargo grade reset a` brings it back");
    assert_eq!(report.notes, [note]);
    assert!(demo.run("reset a --yes").out.contains(&file));
    assert_eq!(graded(&demo, "").notes, [""; 0]);
}

/// Whether answers can be built.
#[derive(Clone, Copy)]
enum Building {
    Possible,
    /// Where cargo's folder would be, there is a file.
    Impossible,
}

/// Does something while answers can be built, or cannot.
fn while_building_is<T>(building: Building, demo: &Demo, work: impl FnOnce() -> T) -> T {
    let place = demo.file("target/forklings/build");
    let away = demo.file("target/build-away");
    let is_impossible = matches!(building, Building::Impossible);
    let is_moved = is_impossible && fs::rename(&place, &away).is_ok();
    if is_impossible {
        demo.write("target/forklings/build", "");
    }
    let done = work();
    if is_impossible {
        fs::remove_file(&place).unwrap();
    }
    if is_moved {
        fs::rename(&away, &place).unwrap();
    }
    done
}

#[test]
fn what_has_not_changed_is_neither_built_nor_run_again() {
    use Building::{Impossible, Possible};
    let demo = course(&["a", "b"]);
    let grade = |typed: &str, building: Building, nice: Nice| {
        let typed = grader(&demo, &format!("{typed} --format json"));
        let mut command = Command::new("nice");
        command.arg(match nice {
            Nice::Same => "-n0",
            Nice::More => "-n1",
        });
        command.arg(typed.get_program());
        imitate(&mut command, &typed);
        while_building_is(building, &demo, || {
            summary(&ended(&demo, &mut command).report())
        })
    };
    // Stubs need no compiler.
    let stubs = grade("", Impossible, Nice::Same);
    assert_eq!(stubs, [NOT_ATTEMPTED, NOT_ATTEMPTED]);
    demo.write(&answer("a"), &particular());
    demo.write(&answer("b"), &format!("{}\n", particular()));
    assert_eq!(grade("", Possible, Nice::Same), [PASSED, PASSED]);
    assert_eq!(grade("", Impossible, Nice::More), [PASSED, PASSED]);
    assert_eq!(grade("--no-cache", Possible, Nice::More), [FAILED, FAILED]);
    assert_eq!(grade("--no-cache", Possible, Nice::Same), [PASSED, PASSED]);
    demo.write(&answer("b"), WRONG);
    assert_eq!(grade("", Possible, Nice::More), [PASSED, FAILED]);
    // A program that was built before is only looked up.
    demo.write(&answer("b"), &format!("{}\n", particular()));
    assert_eq!(grade("", Impossible, Nice::More), [PASSED, PASSED]);
    // What is expected decides a verdict too, but no program.
    let snapshot = "labs/10-demo/expected/b@only.snap";
    demo.write(snapshot, "---\nsource: x\n---\nleft\n");
    assert_eq!(grade("", Impossible, Nice::Same), [PASSED, FAILED]);
    assert_eq!(grade("--no-cache", Possible, Nice::More), [FAILED, PASSED]);
}

#[test]
fn other_flags_build_again_and_another_language_does_not() {
    let demo = course(&["a"]);
    let flagged = "fn main() {\n    \
        println!(\"{}\", if cfg!(flagged) { \"left\" } else { \"right\" });\n}\n";
    demo.write(&answer("a"), flagged);
    let settings = demo.file("home/config.toml");
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    let grade = |building: Building, flags: &str, config: &str, language: &str| {
        fs::write(&settings, config).unwrap();
        let mut command = grader(&demo, "--format json");
        command.env("RUSTFLAGS", flags).env("LANG", language);
        command.env("CARGO_HOME", settings.parent().unwrap());
        if flags.is_empty() {
            command.env_remove("RUSTFLAGS");
        }
        while_building_is(building, &demo, || {
            summary(&ended(&demo, &mut command).report())
        })
    };
    let config = "[build]\nrustflags = [\"--cfg\", \"flagged\"]\n";
    assert_eq!(grade(Building::Possible, "", "", "C"), [PASSED]);
    let set = grade(Building::Possible, "--cfg flagged", "", "C");
    assert_eq!(set, [FAILED]);
    assert_eq!(grade(Building::Possible, "", config, "C"), [FAILED]);
    assert_eq!(grade(Building::Impossible, "", "", "xx"), [PASSED]);
    let set = grade(Building::Impossible, "--cfg flagged", "", "xx");
    assert_eq!(set, [FAILED]);
}

#[test]
fn of_a_submission_only_exercise_files_are_taken() {
    let demo = course(&["a", "b", "c", "d", "e", "f"]);
    // What the course's own files look like is of no consequence.
    demo.write(&answer("a"), RIGHT);
    let bin = demo.file("alice/labs/10-demo/src/bin");
    demo.write("alice/labs/10-demo/src/bin/b.rs", RIGHT);
    symlink("../../../../../outside.rs", bin.join("c.rs")).unwrap();
    demo.write("outside.rs", RIGHT);
    let large = File::create(bin.join("d.rs")).unwrap();
    large.set_len(100 * 1024 * 1024).unwrap();
    fs::write(bin.join("e.rs"), b"fn main() {} // caf\xe9").unwrap();
    demo.write("alice/labs/10-demo/src/bin/f.rs", STUB);
    demo.write("alice/labs/10-demo/src/bin/g.rs", RIGHT);
    demo.write("alice/labs/99-mine/src/bin/h.rs", RIGHT);
    // None of these is ours to build with.
    demo.write("alice/labs/10-demo/src/bin/b/main.rs", WRONG);
    demo.write("alice/labs/10-demo/build.rs", "compile_error!(\"built\");");
    demo.write("alice/labs/10-demo/Cargo.toml", "no manifest");
    demo.write("alice/labs/10-demo/harness/lib.rs", "no harness");
    demo.write("alice/labs/10-demo/expected/b@only.snap", "no snapshot");
    demo.write("alice/labs/10-demo/lab.toml", "no description");
    demo.write("alice/.cargo/config.toml", "no configuration");
    demo.write("alice/Cargo.lock", "no lock file");

    let report = graded(&demo, "submission alice");
    assert_eq!(
        summary(&report),
        [NOT_ATTEMPTED, PASSED, FAILED, FAILED, FAILED, NOT_ATTEMPTED]
    );
    let named = graded(&demo, "submission alice b f");
    assert_eq!(summary(&named), [PASSED, NOT_ATTEMPTED]);
    let messages = report.exercises.iter().flat_map(|it| &it.findings);
    let messages: Vec<_> = messages
        .map(|it| format!("{}: {}", it.diagnosis, it.message))
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @"
    file-refused: the file is a link that leads out of the submission; put the file itself there
    file-refused: the file is larger than 1024 KiB; an answer is a page or two of text
    file-refused: the file is not UTF-8 (byte 19); save it as UTF-8
    ");
    insta::assert_snapshot!(report.notes.join("\n"), @"
    not used: labs/10-demo/src/bin/b is no exercise of this lab
    not used: labs/10-demo/src/bin/g.rs is no exercise of this lab
    not used: labs/99-mine is no lab of this course
    ");
}

/// A wrong answer that turns against its parent, the runner, and leaves a process that would outlive both.
fn attack(deed: &str) -> String {
    format!(
        "unsafe extern \"C\" {{\n    fn fork() -> i32;\n    fn getppid() -> i32;\n    \
         fn kill(pid: i32, signal: i32) -> i32;\n    fn setsid() -> i32;\n}}\n\
         fn for_ever() {{\n    loop {{\n        std::thread::sleep(std::time::Duration::from_secs(3600));\n    }}\n}}\n\
         fn main() {{\n    let parent = unsafe {{ getppid() }};\n    println!(\"wrong\");\n    \
         if unsafe {{ fork() }} == 0 {{\n        unsafe {{ setsid() }};\n        for_ever();\n    }}\n    \
         {deed}\n}}\n"
    )
}

/// What the runner writes of a right answer.
fn right_record() -> String {
    let mut record = record_of("ending", &["code", "0"]);
    record.stdout = b"right\n".to_vec();
    serde_json::to_string(&record).unwrap()
}

#[test]
fn a_program_that_turns_against_the_runner_gains_nothing() {
    let kills = attack("unsafe { kill(parent, 9) };");
    let stops = attack("unsafe { kill(parent, 19) };");
    let forged = format!(
        "std::fs::write(format!(\"/proc/{{parent}}/fd/1\"), {:?}).unwrap();",
        right_record()
    );
    let forges = attack(&forged);
    let forges_and_kills = attack(&format!("{forged}\n    unsafe {{ kill(parent, 9) }};"));
    let slow = "fn main() {\n    std::thread::sleep(std::time::Duration::from_millis(700));\n    \
                println!(\"right\");\n}\n";
    let demo = answered([&kills, &stops, &forges, &forges_and_kills, slow, RIGHT]);
    let report = graded(&demo, "--jobs 6");
    assert_eq!(
        summary(&report),
        [FAILED, FAILED, FAILED, FAILED, PASSED, PASSED]
    );
    let diagnoses: Vec<&str> = report.exercises[..4].iter().map(diagnosis).collect();
    // Who would write to the runner is refused, and panics.
    let expected = [
        "child-not-reaped",
        "child-not-reaped",
        "panicked",
        "panicked",
    ];
    assert_eq!(diagnoses, expected);
}

#[test]
fn graders_in_one_folder_wait_for_each_other() {
    let _others = among_others();
    let demo = answered([RIGHT, WRONG]);
    let start = || start(&mut grader(&demo, "--no-cache --format json")).0;
    let graders = [start(), start(), start()];
    // Nobody is left once the last has ended.
    for output in graders.map(output_of) {
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary(&report), [PASSED, FAILED]);
    }
    assert_nobody_in(demo.path());
}

/// A course whose exercise must print the sum of its arguments, in one case with visible and one with drawn ones.
fn sums() -> Demo {
    let demo = course(&["a"]);
    let description = demo.read("labs/10-demo/lab.toml");
    let drawn = "args = [\"1\", \"2\"]\n\
                 [[exercise.case]]\nname = \"drawn\"\nshows = \"it is no guess\"\npoints = 6\n\
                 args = [\"{numbers}\"]\ndraw.numbers = { from = [10, 99], count = [3, 5] }\n";
    demo.write("labs/10-demo/lab.toml", &(description + drawn));
    let snapshot = "labs/10-demo/expected/a@only.snap";
    demo.write(snapshot, "---\nsource: x\n---\n3\n");
    demo
}

const SUM: &str = "fn main() {\n    let numbers = std::env::args().skip(1);\n    \
    let sum: u64 = numbers.map(|it| it.parse::<u64>().unwrap()).sum();\n    println!(\"{sum}\");\n}\n";

#[test]
fn drawn_cases_are_held_against_the_reference_answer() {
    let demo = sums();
    demo.write("solutions/10-demo/src/bin/a.rs", SUM);
    let points = |typed: &str| {
        let report = graded(&demo, typed);
        let verdict = &report.exercises[0];
        let cases = verdict.cases.iter().map(|case| case.points);
        (cases.collect::<Vec<_>>(), report.max_points)
    };
    demo.write(&answer("a"), "fn main() {\n    println!(\"3\");\n}\n");
    assert_eq!(points(""), (vec![4, 0], 10));
    // Another way to write it is another program with the same output.
    demo.write(&answer("a"), &SUM.replace("numbers", "them"));
    assert_eq!(points(""), (vec![4, 6], 10));
    assert_eq!(points("--seed autumn"), (vec![4, 6], 10));
    assert_eq!(points("--solutions"), (vec![4, 6], 10));
    // A reference answer that fails is nobody's fault but the course's.
    demo.write(
        "solutions/10-demo/src/bin/a.rs",
        "fn main() {\n    std::process::exit(1);\n}\n",
    );
    let ended = ended(&demo, &mut grader(&demo, ""));
    ended.is_refused(2, &["reference answer of `a`"]);
}

#[test]
fn drawn_cases_are_graded_elsewhere_where_there_is_no_reference_answer() {
    let demo = sums();
    demo.write(&answer("a"), SUM);
    let report = graded(&demo, "");
    assert_eq!(summary(&report), [PASSED]);
    assert_eq!((report.points, report.max_points), (4, 4));
    assert_eq!(report.exercises[0].points_elsewhere, 6);
    let ended = ended(&demo, &mut grader(&demo, "--solutions"));
    ended.is_refused(2, &["solutions"]);
}

/// Two processes that wait for each other, and print their ids.
const HANGS: &str = "use std::io::{Read, Write, pipe};\nunsafe extern \"C\" {\n    fn fork() -> i32;\n}\n\
    fn main() {\n    let (mut left, _kept) = pipe().unwrap();\n    let (mut right, _held) = pipe().unwrap();\n    \
    let child = unsafe { fork() };\n    println!(\"[pid {}] waits\", std::process::id());\n    \
    std::io::stdout().flush().unwrap();\n    \
    let _ = if child == 0 { &mut left } else { &mut right }.read(&mut [0]);\n}\n";

/// A child that is not waited for, and a panic.
const PANICS: &str = "unsafe extern \"C\" {\n    fn fork() -> i32;\n}\n\
    fn main() {\n    if unsafe { fork() } == 0 {\n        return;\n    }\n    \
    println!(\"[pid {}] is about to\", std::process::id());\n    panic!(\"as announced\");\n}\n";

/// A folder that nobody may enter, with a FIFO in it.
const SHUTS: &str = "use std::os::unix::fs::PermissionsExt;\nunsafe extern \"C\" {\n    \
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;\n}\n\
    fn main() {\n    std::fs::create_dir(\"shut\").unwrap();\n    \
    unsafe { mkfifo(c\"shut/fifo\".as_ptr(), 0o600) };\n    \
    let nothing = std::fs::Permissions::from_mode(0);\n    \
    std::fs::set_permissions(\"shut\", nothing).unwrap();\n    println!(\"right\");\n}\n";

#[test]
fn equal_answers_get_equal_bytes() {
    let answers = [RIGHT, WRONG, HANGS, PANICS, SHUTS, REFUSED];
    let (here, there) = (answered(answers), answered(answers));
    let bytes = |demo: &Demo, typed: &str| {
        let mut command = grader(demo, &format!("--format json --no-cache {typed}"));
        ended(demo, &mut command).out
    };
    let first = bytes(&here, "--jobs 1");
    assert_eq!(first, bytes(&here, "--jobs 6"));
    assert_eq!(first, bytes(&there, ""));
    // The verdicts that were kept, and those of a user without root's rights.
    let mut command = grader(&here, "--format json");
    assert_eq!(first, ended(&here, &mut command).out);
    let mut command = unprivileged(&grader(&here, "--format json --no-cache"));
    assert_eq!(first, ended(&here, &mut command).out);
    let report: Report = serde_json::from_str(&first).unwrap();
    let verdicts = report.exercises[1..].iter();
    let found: Vec<_> = verdicts.map(|it| (diagnosis(it), it.points)).collect();
    assert_eq!(
        found,
        [
            ("output-differs", 0),
            ("write-end-left-open", 0),
            ("panicked", 0),
            ("object-left-behind", 2),
            ("does-not-compile", 0)
        ]
    );
}

/// Prints a line in the name of a process through a copy of standard output, which nobody watches unless data is traced.
fn prints_through_a_copy(of_whom: &str) -> String {
    format!(
        "use std::io::Write as _;\nunsafe extern \"C\" {{\n    fn fork() -> i32;\n    fn _exit(code: i32) -> !;\n    \
         fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;\n}}\n\
         fn main() {{\n    let own = i32::try_from(std::process::id()).unwrap();\n    \
         let child = unsafe {{ fork() }};\n    if child == 0 {{ unsafe {{ _exit(0) }} }}\n    \
         unsafe {{ waitpid(child, std::ptr::null_mut(), 0) }};\n    let _ = own;\n    \
         let copy = std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned().unwrap();\n    \
         writeln!(std::fs::File::from(copy), \"[pid {{}}] right\", {of_whom}).unwrap();\n}}\n"
    )
}

#[test]
fn a_line_belongs_to_the_process_that_it_names_whatever_way_it_takes() {
    let demo = answered([
        &prints_through_a_copy("own"),
        &prints_through_a_copy("child"),
    ]);
    for exercise in ["a", "b"] {
        let snapshot = format!("labs/10-demo/expected/{exercise}@only.snap");
        demo.write(&snapshot, "---\nsource: x\n---\n[pid 1] right\n");
    }
    let report = graded(&demo, "");
    assert_eq!(summary(&report), [PASSED, FAILED]);
    assert_eq!(diagnosis(&report.exercises[1]), "faked-output");
}

#[test]
fn where_the_host_lacks_what_an_exercise_needs_nobody_is_judged() {
    // A wrong answer, so that whether it was run shows.
    let demo = answered([WRONG, WRONG]);
    let lab = "labs/10-demo/lab.toml";
    let described = demo.read(lab);
    let grade = |needs: &str| {
        let stated = format!("level = \"core\"\nneeds = {{ {needs} }}");
        demo.write(lab, &described.replacen("level = \"core\"", &stated, 1));
        graded(&demo, "")
    };
    // The kernel refuses more than 65,536 messages to everybody, and ten to nobody; no host has so much memory, or so many CPUs, and
    // each so little.
    for (too_much, error, little) in [
        (
            "message_queues = { messages = 100000, bytes = 8 }",
            "(EINVAL)",
            "message_queues = { messages = 10, bytes = 8 }",
        ),
        (
            "shared_memory = 1_000_000_000_000_000",
            "(ENOSPC)",
            "shared_memory = 4096",
        ),
        ("cpus = 1_000_000", "1000000 CPUs", "cpus = 1"),
    ] {
        let lacking = grade(too_much);
        assert_eq!(summary(&lacking), [(Status::NotObserved, 0), FAILED]);
        assert_eq!(lacking.exercises[0].max_points, 0);
        assert_eq!(lacking.notes.len(), 1);
        let note = &lacking.notes[0];
        assert!(
            note.starts_with("a was not run: ") && note.contains(error),
            "{note}"
        );
        let there = grade(little);
        assert_eq!(summary(&there), [FAILED, FAILED]);
        assert!(there.notes.is_empty());
    }
}
