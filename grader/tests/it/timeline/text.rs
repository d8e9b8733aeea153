//! The views that are text: the terminal's, and the story.

use grader::record::{Direction, Event, Object, ObjectKind, Record, What};
use grader::report::layout;
use grader::report::style::Style;
use grader::timeline::comparison::{self, Comparison};
use grader::timeline::{story, terminal};

use super::{all, picture_of, record};

fn shown(name: &str) -> String {
    terminal::render(&picture_of(name, &record(name)), Style::plain())
}

#[test]
fn terminal_views() {
    insta::assert_snapshot!(shown("hello-pipe"), @"
    hello-pipe, case one: ended with exit code 0; 2 processes, 2.10 ms

    time               ╷0 µs         ╷676 µs       ╷1.25 ms      ╷1.46 ms
    [pid 1] hello-pipe »━━━━━━━━━┳━━━━━━━┄read┄┄┄┄┄┄━━━┄read┄┄┄┄┄━━━━┄wait┄┄┻━━━━━━●
      [pid 2]                    ┗━━━━━━━━━━━┄━━━━━━━━━━━━━━━●░░░░░░░░░░░░░░┛

    ━ runs  ┄ waits  ░ zombie  ┳ forks  ┻ reaps  » exec  ● ends
    ");
    insta::assert_snapshot!(shown("spawn-workers"), @"
    spawn-workers, case one: ended with exit code 0; 5 processes, 9.00 ms

    time                  ╷0 µs         ╷1.26 ms      ╷3.99 ms      ╷5.42 ms
    [pid 1] spawn-workers »━━┳━━━┳━━━┳━━━━┳━━┄wait┄┄┄┄┄┄┻━━┄wait┄┻━━┄┄┻━━┄wait┄┻━━━●
      [pid 2]                ┗━━┄clock_nanosleep┄┄┄┄┄━●░┛        │    │        │
      [pid 3]                    ┗━━┄clock_nanosleep┄┄┄┄┄┄┄┄┄┄━●░┛    │        │
      [pid 4]                        ┗━━┄┄┄┄┄┄┄┄━✗░░░░░░░░░░░░░░░░░░░░┛        │
      [pid 5]                             ┗━━┄clock_nanosleep┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄━●░┛

    ━ runs  ┄ waits  ░ zombie  ┳ forks  ┻ reaps  » exec  ● ends  ✗ ends in failure
    ");
    insta::assert_snapshot!(shown("write-end-left-open"), @"
    write-end-left-open, case one: hung (every process waited for another one); 2
    processes, 112 ms

    time               ╷0 µs         ╷954 µs       ╷1.37 ms      ╷32.8 ms
    [pid 1] hello-pipe »━━━━━━━┳━━━━┄read┄┄┄━━━━1┄read pipe 1┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
      [pid 2]                  ┗━━━━━━━┄━━━━━━━━━━━━━●░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░

    ━ runs  ┄ waits  ░ zombie  ┳ forks  » exec  ● ends

    1 write-end-left-open: [pid 1] waits in read(3) for the end of pipe 1, whose
      write end is open in [pid 1] itself (fd 4)

    Left behind
      [pid 2] was never waited for
    ");
    insta::assert_snapshot!(shown("zombies"), @"
    zombies, case one: ended with exit code 0; 4 processes, 60.0 ms

    time      ╷0 µs         ╷714 µs       ╷1.51 ms      ╷26.1 ms      ╷49.9 ms
    [pid 1]   ━━━━━┳━━━┳━━━━┳━━━━━┄clock_nanosleep┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄━┄┄┄┻━━━━━━━━━━━━●
      [pid 2]      ┗━━━━━━━━━━━━━━━━━●░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░┛
      [pid 3]          ┗━━━━━━━━━━━━━━━━━━1░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
      [pid 4]               ┗━━━━━━━━━━━━━━━━━━1░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░

    ━ runs  ┄ waits  ░ zombie  ┳ forks  ┻ reaps  ● ends

    1 child-not-reaped: 2 children were never waited for

    Left behind
      [pid 3] was never waited for
      [pid 4] was never waited for
    ");
    insta::assert_snapshot!(shown("signals"), @"
    signals, case one: ended with exit code 0; 3 processes, 9.00 ms

    time      ╷0 µs         ╷1.28 ms      ╷2.51 ms      ╷3.09 ms      ╷6.91 ms
    [pid 1]   ━━━┳━━┳━━━━━━━━━━▼━━━━━━━━▼━━━━━━━▼━━━━━━━━┄wait┄┄┄┻━━━━▼━━┄wait┻━━━━●
      [pid 2]    ┗━━━━━━┄pause┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄◆┄┄┄━━━━━━━●░░┛    │       │
      [pid 3]       ┗━━━━━━┄pause◆┄┄┄▪▪▪▪▪◆▪▪▪┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄✗░░┛

    ━ runs  ┄ waits  ▪ stopped  ░ zombie  ┳ forks  ┻ reaps  ▼ signal sent
    ◆ signal arrives  ● ends  ✗ ends in failure

    Signals
      [pid 1] sends SIGSTOP to [pid 3]
      [pid 1] sends SIGCONT to [pid 3]
      [pid 1] sends SIGTERM to [pid 2]
      [pid 1] sends SIGKILL to [pid 3]
    ");
    insta::assert_snapshot!(shown("exec"), @"
    exec, case one: ended with exit code 0; 3 processes, 5.00 ms

    time                 ╷0 µs         ╷853 µs       ╷2.56 ms      ╷3.74 ms
    [pid 1] run-pipeline »━━━━━┳━━━━━┳━━━━┄wait [pid 2]┄┄┄┄┄┄┄┄┻━━━━┄wait┄┄┄┄┻━━━━━●
      [pid 2] echo             ┗━━━━━━━━━━━━━»━━━━━━━━━━━━●░░░░┛             │
      [pid 3]                        ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━✗░░░░┛

    ━ runs  ┄ waits  ░ zombie  ┳ forks  ┻ reaps  » exec  ● ends  ✗ ends in failure

    Left behind
      file log.txt was not removed
    ");
    insta::assert_snapshot!(shown("orphan"), @"
    orphan, case one: ended with exit code 0; 3 processes, 6.00 ms

    time        ╷0 µs         ╷583 µs       ╷1.50 ms      ╷2.56 ms      ╷4.64 ms
    [pid 1]     ━━━━━━┳━━━━━┄wait [pid 2]┄┄┄┄┄┄┄┄┄┻━━━━┄clock_nanosleep┄┄┄┄┄┄┄┄━━━━●
      [pid 2]         ┗━━━━━━━━━┳━━━━━━━━━━━●░░░░░┛
        [pid 3]                 ┗━━━━━┄clock_nanosleep┄┄┄┄┄┄┄┄┄┄┄━━━━●░░░░░░░░░░░░░░

    ━ runs  ┄ waits  ░ zombie  ┳ forks  ┻ reaps  ● ends

    Left behind
      [pid 3] was never waited for
    ");
    insta::assert_snapshot!(shown("untraced"), @"
    untraced, case one: ended with exit code 1

    note: this host does not allow tracing: only output and ending are known
    note: not observed: system calls (ptrace is refused here: EPERM)
    ");
    insta::assert_snapshot!(shown("cut"), @"
    cut, case one: was ended by the grader: over its limit of processes; 4
    processes, 4.00 ms

    time      ╷0 µs         ╷103 µs       ╷159 µs       ╷664 µs       ╷2.39 ms
    [pid 1]   ━━━━━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
      [pid 2]              ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
      [pid 3]                           ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
      [pid 4]                                       ┗━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

    ━ runs  ┳ forks

    note: the run had more events than are kept: only its beginning is shown
    ");
}

#[test]
fn a_run_is_told_process_by_process() {
    let story = |name: &str| {
        let record = record(name);
        story::render(&picture_of(name, &record), &record, Style::plain())
    };
    insta::assert_snapshot!(story("write-end-left-open"), @"
    [pid 1] hello-pipe
      was still in read pipe 1 when the grader ended it

    [pid 2]
      forked by [pid 1]
      ended with exit code 0
      nobody in the run waited for it
      │ sends

    output that names no process
      │ the parent is [pid 1]
    ");
    insta::assert_snapshot!(story("signals"), @"
    [pid 1]
      ended with exit code 0
      │ asks [pid 2] to stop
      │ killed [pid 3]

    [pid 2]
      forked by [pid 1]
      ended with exit code 0
      [pid 1] waited for it
      │ ready
      │ cleans up

    [pid 3]
      forked by [pid 1]
      was ended by SIGKILL
      [pid 1] waited for it
    ");
    insta::assert_snapshot!(story("untraced"), @"
    output
      │ the main process is [pid 4711]
      │ [pid 4712] works
      │ [pid 4713] works

    standard error
      │ one worker failed
    ");
}

#[test]
fn output_is_by_its_writer_where_that_was_seen() {
    let mut record = record("exec");
    let event = |at, process, bytes| Event {
        at,
        until: Some(at + 10),
        process,
        what: What::Transfer {
            call: "write".into(),
            direction: Direction::Out,
            descriptor: 1,
            object: 2,
            bytes,
            priority: None,
        },
    };
    record.objects.push(Object {
        kind: ObjectKind::Other,
        number: 1,
        name: Some("standard output".to_owned()),
    });
    record.stdout = b"one\ntwo\n".to_vec();
    let tell = |record: &Record| story::render(&picture_of("exec", record), record, Style::plain());
    record.events = vec![event(100, 1, 4), event(200, 2, 4)];
    let seen = tell(&record);
    assert!(
        !seen.contains("names no process") && seen.contains("waited for it\n  │ two"),
        "{seen}"
    );
    // Two that wrote at the same time may have written in either order.
    record.events = vec![event(100, 1, 4), event(105, 2, 4)];
    assert!(tell(&record).contains("names no process"));
}

#[test]
fn lines_fit_and_ascii_is_ascii() {
    for (name, record) in all() {
        let picture = picture_of(name, &record);
        for width in [40, 80, 100] {
            for unicode in [true, false] {
                let style = Style {
                    width,
                    unicode,
                    colors: false,
                };
                let text =
                    terminal::render(&picture, style) + &story::render(&picture, &record, style);
                assert!(unicode || text.is_ascii(), "{name}: {text}");
                for line in text.lines() {
                    assert!(
                        layout::width(line) <= width,
                        "{name}, {width} columns: {line}"
                    );
                }
            }
        }
    }
}

#[test]
fn colors_add_nothing_but_colors() {
    for (name, record) in all() {
        let picture = picture_of(name, &record);
        let colors = Style {
            colors: true,
            ..Style::plain()
        };
        let colored = terminal::render(&picture, colors);
        assert!(colored.contains("\u{1b}["), "{name}");
        let mut plain = String::new();
        for (at, part) in colored.split("\u{1b}[").enumerate() {
            plain.push_str(if at == 0 {
                part
            } else {
                part.split_once('m').unwrap().1
            });
        }
        assert_eq!(plain, terminal::render(&picture, Style::plain()), "{name}");
    }
}

/// The comparison of two recorded runs.
fn compared(yours: &str, reference: &str, style: Style) -> String {
    let it = Comparison {
        title: "hello-pipe, case one",
        yours: &record(yours),
        reference: &record(reference),
        your_text: "//! Header.\n\nuse it;\n\nfn mine() {}\n",
        reference_text: "//! Header.\n\nfn theirs() {\n    \u{1b}[2J\n}\n",
        file: "solutions/x.rs",
    };
    comparison::render(it, style)
}

#[test]
fn two_runs_are_compared_in_numbers() {
    insta::assert_snapshot!(compared("write-end-left-open", "hello-pipe", Style::plain()), @r"
    hello-pipe, case one: what the kernel saw

                                         yours   reference
    processes                                2           2
    of these ended in failure                0           0
    time                                112 ms     2.10 ms
    CPU time                           1.15 ms     1.15 ms
    bytes put into objects                  18          18
    calls that were recorded                 9          11

    Calls that were not made equally often
    close                                    2           3
    waitpid                                  0           1

    Times are those of one run each: they differ from run to run, and from machine
    to machine.

    The reference answer: solutions/x.rs

    fn theirs() {
        \u{1b}[2J
    }
    ");
    let same = compared("hello-pipe", "hello-pipe", Style::plain());
    assert!(same.contains("Both made the same calls"), "{same}");
    assert!(!same.contains('\u{1b}'), "{same}");
}

#[test]
fn where_there_is_room_two_texts_stand_beside_each_other() {
    let ascii = Style {
        width: 120,
        unicode: false,
        colors: false,
    };
    let text = compared("zombies", "orphan", ascii);
    assert!(text.is_ascii(), "{text}");
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(" | ")).collect();
    assert!(
        rows[1].starts_with("use it;") && rows[1].ends_with("| fn theirs() {"),
        "{rows:?}"
    );
    assert!(
        text.lines().all(|line| layout::width(line) <= 120),
        "{text}"
    );
}
