//! The command on a terminal: width, colors, questions.

use std::fs::File;
use std::io::{Read as _, Write as _};

use nix::pty::{Winsize, openpty};

use super::course::{Demo, STUB};

const FILE: &str = "labs/10-demo/src/bin/first-step.rs";

/// Runs the grader on a terminal of so many columns, types the answer, and returns what the terminal showed.
#[track_caller]
fn show(
    demo: &Demo,
    typed: &str,
    columns: u16,
    answer: &str,
    variables: &[(&str, &str)],
) -> String {
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = openpty(&size, None).unwrap();
    let mut command = demo.grader(typed);
    command
        .envs(variables.iter().copied())
        .stdin(pty.slave.try_clone().unwrap())
        .stdout(pty.slave.try_clone().unwrap())
        .stderr(pty.slave);
    let mut child = command.spawn().unwrap();
    // The command holds the terminal's descriptors: reading would not end while they are open here.
    drop(command);
    let mut terminal = File::from(pty.master);
    terminal.write_all(answer.as_bytes()).unwrap();
    let mut shown = Vec::new();
    let mut part = [0; 4096];
    // Reading fails with EIO once nobody holds the terminal any more.
    while let Ok(count @ 1..) = terminal.read(&mut part) {
        shown.extend(&part[..count]);
    }
    child.wait().unwrap();
    String::from_utf8(shown).unwrap().replace("\r\n", "\n")
}

#[test]
fn lines_fit_the_terminal() {
    let demo = Demo::new();
    for typed in ["list", "second-step", "explain", "hint first-step"] {
        let text = show(&demo, typed, 40, "", &[]);
        for line in console::strip_ansi_codes(&text).lines() {
            // A path or a command stands out rather than being cut.
            let cut = line.contains("labs/") || line.contains("cargo grade");
            assert!(
                cut || console::measure_text_width(line) <= 40,
                "{typed}: {line}"
            );
        }
    }
}

#[test]
fn colors_are_for_terminals_that_want_them() {
    let demo = Demo::new();
    let list = |variables| show(&demo, "list", 80, "", variables);
    assert!(list(&[]).contains("\u{1b}[1m10-demo"));
    assert!(!list(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    assert!(!list(&[("TERM", "dumb")]).contains('\u{1b}'));
    assert!(!demo.run("list").out.contains('\u{1b}'));
}

#[test]
fn reset_asks_and_does_as_it_is_told() {
    let demo = Demo::new();
    demo.write(FILE, "one\n");
    let shown = show(&demo, "reset first-step", 80, "n\n", &[]);
    assert!(
        shown.contains("[y/N]") && shown.contains("nothing was changed"),
        "{shown}"
    );
    assert_eq!(demo.read(FILE), "one\n");
    let shown = show(&demo, "reset first-step", 80, "y\n", &[]);
    assert!(shown.contains("backups/first-step-1.rs"), "{shown}");
    assert_eq!(demo.read(FILE), STUB);
}
