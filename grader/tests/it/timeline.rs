//! The timeline's views of recorded runs, and the commands that show them.
//!
//! The pages are left in cargo's folder for temporary files, where `.ci/timeline-in-chromium` opens them in a browser.

use std::collections::{BTreeMap, BTreeSet};

use grader::record::{End, Ending, Event, Exit, Micros, Process, Reaped, Record, What};
use grader::report::style::Style;
use grader::timeline::picture::{ArrowKind, Row};
use grader::timeline::{Heading, Picture, chrome, draw, html, story, svg, terminal};
use grader::verdict::Finding;

mod commands;
mod markup;
mod text;

use markup::{Element, elements};

/// The recorded runs in `tests/records`.
const RECORDS: [&str; 10] = [
    "hello-pipe",
    "spawn-workers",
    "write-end-left-open",
    "zombies",
    "signals",
    "exec",
    "orphan",
    "untraced",
    "cut",
    "hostile",
];

fn record(name: &str) -> Record {
    let path = format!("{}/tests/records/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A program that forks so many workers, waits for all of them, and forgets the last two.
fn many(workers: usize) -> Record {
    let mut record = record("cut");
    record.ending = Ending::Exited { code: 0 };
    (record.events_cut, record.events) = (false, Vec::new());
    record.processes.truncate(1);
    let count = Micros::try_from(workers).unwrap();
    let how = Exit::Code(0);
    record.processes[0].end = Some(End {
        at: 2100 + 60 * count,
        how,
    });
    for (worker, born) in (1..=workers).zip((30..).step_by(30)) {
        let end = 1500 + born * 2 - (born * 7) % 300;
        let is_forgotten = worker + 2 > workers;
        record.processes.push(Process {
            pid: 2 + i32::try_from(worker).unwrap(),
            parent: Some(0),
            born,
            end: Some(End { at: end, how }),
            reaped: (!is_forgotten).then_some(Reaped {
                at: end + 250,
                by: Some(0),
            }),
            cpu: 90,
            threads: 0,
        });
        let event = |at, process, what| Event {
            at,
            until: None,
            process,
            what,
        };
        record
            .events
            .push(event(born, 0, What::Fork { child: worker }));
        record.events.push(event(end, worker, What::Exit { how }));
    }
    record
}

fn finding(diagnosis: &str, message: &str) -> Finding {
    Finding {
        case: "one".to_owned(),
        diagnosis: diagnosis.to_owned(),
        message: message.to_owned(),
        place: String::new(),
        points_lost: 3,
        difference: None,
    }
}

/// What is found in some of the records.
fn findings(name: &str) -> Vec<Finding> {
    match name {
        "write-end-left-open" => vec![finding(
            name,
            "[pid 1] waits in read(3) for the end of pipe 1, whose write end is open in [pid 1] itself (fd 4)",
        )],
        "zombies" | "many" => vec![finding(
            "child-not-reaped",
            "2 children were never waited for",
        )],
        "hostile" => vec![finding(
            "</script><b>",
            "\u{1b}[2J<img src=x onerror=alert(4)> [pid 2]",
        )],
        _ => Vec::new(),
    }
}

fn picture_of(name: &str, record: &Record) -> Picture {
    let heading = Heading {
        exercise: name,
        case: Some("one"),
    };
    draw(heading, record, &findings(name))
}

/// Every record with its name, and one of 200 workers.
fn all() -> Vec<(&'static str, Record)> {
    let recorded = RECORDS.iter().map(|name| (*name, record(name)));
    recorded.chain([("many", many(200))]).collect()
}

#[test]
fn two_hundred_workers_are_a_few_rows() {
    let picture = picture_of("many", &many(200));
    let alike = |row: &Row| matches!(row, Row::Alike(lanes) if lanes.len() == 198);
    assert_eq!(picture.rows.len(), 4, "{:?}", picture.rows);
    assert!(picture.rows.iter().any(alike));
    insta::assert_snapshot!(terminal::render(&picture, Style::plain()), @"
    many, case one: ended with exit code 0; 201 processes, 14.1 ms

    time            ╷0 µs         ╷2.11 ms      ╷3.99 ms      ╷5.84 ms      ╷10.9 ms
    [pid 1]         ┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┳┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻┻
      [pid 2] × 198 ┗═════════════════════════════════════════════════════════════●░
      [pid 200]                                                ┗━━━━━━━━━━━━━━━━━━1░
      [pid 201]                                                ┗━━━━━━━━━━━━━━━━━━━1

    ━ runs  ═ alike  ░ zombie  ┳ forks  ┻ reaps  ● ends

    1 child-not-reaped: 2 children were never waited for
    ");
    let page = html::render(&picture);
    assert!(page.contains("× 198 alike"));
    // Opened, the row shows each of them.
    assert_eq!(
        elements(&page).filter(|it| it.has_class("member")).count(),
        198
    );
    assert!(elements(&page).any(|it| it.get("id") == Some("p150")));
}

#[test]
fn documents_are_well_formed_and_show_everybody() {
    for (name, record) in all() {
        let picture = picture_of(name, &record);
        let (image, page) = (svg::render(&picture), html::render(&picture));
        let image: Vec<Element> = elements(&image).collect();
        let lanes = image.iter().filter(|it| it.has_class("lane")).count();
        assert_eq!(lanes, picture.rows.len(), "{name}");
        let page: Vec<Element> = elements(&page).collect();
        let ids: Vec<&str> = page.iter().filter_map(|it| it.get("id")).collect();
        assert_eq!(
            ids.len(),
            BTreeSet::from_iter(&ids).len(),
            "{name}: an id is there twice"
        );
        for process in 1..=record.processes.len() {
            assert!(
                ids.contains(&format!("p{process}").as_str()),
                "{name}: [pid {process}]"
            );
        }
        for (kind, class) in [
            (ArrowKind::Fork, "fork"),
            (ArrowKind::Reap, "reap"),
            (ArrowKind::Signal, "signal"),
        ] {
            let drawn = page.iter().filter(|it| it.get("data-from").is_some());
            let drawn = drawn.filter(|it| it.has_class(class)).count();
            let arrows = picture.arrows.iter().filter(|it| it.kind == kind).count();
            assert_eq!(drawn, arrows, "{name}: {class}");
            let drawn = image
                .iter()
                .filter(|it| it.has_class("arrow") && it.has_class(class));
            let shown = picture.arrows_of_closed_rows();
            let shown = shown.iter().filter(|it| it.kind == kind).count();
            assert_eq!(drawn.count(), shown, "{name}: {class}");
        }
        let zombies = picture
            .lanes
            .iter()
            .filter(|it| it.zombie.is_some())
            .count();
        let drawn = page
            .iter()
            .filter(|it| it.name == "i" && it.has_class("bar") && it.has_class("zombie"));
        let legend = usize::from(!picture.rows.is_empty());
        assert_eq!(drawn.count(), zombies + legend, "{name}");
    }
}

#[test]
fn the_signals_of_a_run_are_arrows() {
    let picture = picture_of("signals", &record("signals"));
    let arrows = picture
        .arrows
        .iter()
        .filter(|it| it.kind == ArrowKind::Signal);
    let said: Vec<&str> = arrows.map(|it| it.said.as_str()).collect();
    assert_eq!(
        said,
        [
            "[pid 1] sends SIGSTOP to [pid 3]",
            "[pid 1] sends SIGCONT to [pid 3]",
            "[pid 1] sends SIGTERM to [pid 2]",
            "[pid 1] sends SIGKILL to [pid 3]",
        ]
    );
}

#[test]
fn the_diagnosis_is_marked_where_it_happened() {
    let places = |name: &str| {
        let picture = picture_of(name, &record(name));
        let places = picture.diagnoses[0].places.clone();
        places
            .iter()
            .map(|it| (it.process + 1, it.at))
            .collect::<Vec<_>>()
    };
    assert_eq!(places("write-end-left-open"), [(1, 1260)]);
    assert_eq!(places("zombies"), [(3, 1500), (4, 1800)]);
    let page = html::render(&picture_of("zombies", &record("zombies")));
    let page: Vec<Element> = elements(&page).collect();
    assert_eq!(page.iter().filter(|it| it.has_class("found")).count(), 2);
    assert!(page.iter().any(|it| it.get("href") == Some("#found-1")));
}

#[test]
fn what_a_program_made_up_stays_text() {
    let record = record("hostile");
    let picture = picture_of("hostile", &record);
    let text = terminal::render(&picture, Style::plain())
        + &story::render(&picture, &record, Style::plain());
    let dangerous = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
    assert!(!text.contains(dangerous), "{text}");
    for document in [svg::render(&picture), html::render(&picture)] {
        assert!(!document.contains(dangerous) && !document.contains('\u{fffe}'));
        let known = [
            "a", "aside", "b", "body", "button", "circle", "defs", "div", "g", "h1", "head",
            "header", "html", "i", "kbd", "li", "line", "main", "marker", "meta", "ol", "p",
            "path", "pattern", "rect", "script", "span", "style", "svg", "text", "title", "tspan",
            "ul", "use",
        ];
        let mut scripts = 0;
        for element in elements(&document) {
            assert!(known.contains(&element.name.as_str()), "{element:?}");
            assert!(
                !element.attributes.keys().any(|key| key.starts_with("on")),
                "{element:?}"
            );
            scripts += usize::from(element.name == "script");
        }
        let expected = usize::from(document.starts_with("<!DOCTYPE"));
        assert_eq!(scripts, expected);
    }
    let page = html::render(&picture);
    assert!(page.contains("default-src 'none'") && page.contains("script-src 'sha256-"));
    let trace: serde_json::Value = serde_json::from_str(&chrome::render(&picture)).unwrap();
    assert!(trace["traceEvents"].as_array().unwrap().len() > 10);
}

/// The record with every time multiplied.
fn slower(record: &Record, factor: Micros) -> Record {
    let mut record = record.clone();
    for process in &mut record.processes {
        process.born *= factor;
        process.end = process.end.map(|end| End {
            at: end.at * factor,
            ..end
        });
        process.reaped = process.reaped.map(|reaped| Reaped {
            at: reaped.at * factor,
            ..reaped
        });
    }
    for event in &mut record.events {
        event.at *= factor;
        event.until = event.until.map(|until| until * factor);
    }
    record.usage.wall_us *= factor;
    record
}

/// Everything in a picture but times.
fn without_times(picture: &Picture) -> String {
    let mut text = format!(
        "{} {} {:?} {:?}\n",
        picture.title, picture.ending, picture.rows, picture.notes
    );
    for lane in &picture.lanes {
        let zombie = lane.zombie.is_some();
        text.push_str(&format!(
            "{} {} {:?} {zombie}\n",
            lane.label(),
            lane.depth,
            lane.name
        ));
        for segment in &lane.segments {
            text.push_str(&format!(
                "{:?} {} {}\n",
                segment.kind, segment.returned, segment.said
            ));
        }
        for point in &lane.points {
            text.push_str(&format!("{:?} {}\n", point.kind, point.said));
        }
    }
    for arrow in &picture.arrows {
        text.push_str(&format!("{:?} {}\n", arrow.kind, arrow.said));
    }
    text
}

#[test]
fn runs_that_differ_in_time_differ_in_positions_only() {
    for (name, record) in all() {
        let (fast, slow) = (
            picture_of(name, &record),
            picture_of(name, &slower(&record, 7)),
        );
        assert_eq!(without_times(&fast), without_times(&slow), "{name}");
    }
}

#[test]
fn a_record_without_events_still_has_lives() {
    let mut record = record("hello-pipe");
    record.events.clear();
    let picture = picture_of("hello-pipe", &record);
    assert_eq!((picture.lanes.len(), picture.arrows.len()), (2, 2));
    record.processes.clear();
    let picture = picture_of("hello-pipe", &record);
    assert!(terminal::render(&picture, Style::plain()).contains("ended with exit code 0"));
    for document in [svg::render(&picture), html::render(&picture)] {
        assert!(elements(&document).count() > 3);
    }
}

#[test]
fn numbers_that_lead_nowhere_draw_nothing() {
    let mut record = record("signals");
    for (at, process) in record.processes.iter_mut().enumerate() {
        process.parent = Some(99 - at);
        process.reaped = process.reaped.map(|_| Reaped {
            by: Some(77),
            at: 0,
        });
        process.end = process.end.map(|end| End { at: 0, ..end });
        process.born = 5000;
    }
    for event in &mut record.events {
        event.process += 2;
        event.until = event.until.map(|_| 0);
    }
    let picture = picture_of("signals", &record);
    assert_eq!(picture.lanes.len(), 3);
    assert!(terminal::render(&picture, Style::plain()).contains("[pid 3]"));
    for document in [svg::render(&picture), html::render(&picture)] {
        assert!(elements(&document).count() > 3);
    }
    assert!(chrome::render(&picture).contains("traceEvents"));
}

#[test]
fn trace_events_are_what_viewers_expect() {
    for (name, record) in all() {
        let trace = chrome::render(&picture_of(name, &record));
        let trace: serde_json::Value = serde_json::from_str(&trace).unwrap();
        let events = trace["traceEvents"].as_array().unwrap();
        let phase = |phase: &'static str| events.iter().filter(move |it| it["ph"] == phase);
        let names = phase("M").filter(|it| it["name"] == "process_name");
        assert_eq!(names.count(), record.processes.len(), "{name}");
        // Every flow begins and ends once, in a slice.
        let ids = |wanted| {
            phase(wanted)
                .map(|it| it["id"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(ids("s"), ids("f"), "{name}");
        // Slices of one track lie inside each other or one behind the other.
        let mut tracks: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
        for slice in phase("X") {
            let (from, length) = (
                slice["ts"].as_u64().unwrap(),
                slice["dur"].as_u64().unwrap(),
            );
            let track = tracks.entry(slice["tid"].as_u64().unwrap()).or_default();
            track.push((from, from + length));
        }
        for slices in tracks.values() {
            for (one, other) in slices
                .iter()
                .flat_map(|one| slices.iter().map(move |other| (one, other)))
            {
                let overlap = one.0 < other.0 && other.0 < one.1 && one.1 < other.1;
                assert!(!overlap, "{name}: {one:?} {other:?}");
            }
        }
    }
}

#[test]
fn thousands_of_processes_stay_readable() {
    let picture = picture_of("many", &many(5000));
    assert!(
        picture
            .notes
            .iter()
            .any(|it| it.contains("3001 more processes are not drawn")),
        "{:?}",
        picture.notes
    );
    assert!(picture.rows.len() < 10);
    assert!(html::render(&picture).len() < 10_000_000);
}

#[test]
fn pages_are_left_for_the_browser() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("timeline");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, record) in all() {
        let picture = picture_of(name, &record);
        for (form, text) in [
            ("html", html::render(&picture)),
            ("svg", svg::render(&picture)),
        ] {
            std::fs::write(folder.join(format!("{name}.{form}")), text).unwrap();
        }
    }
}
