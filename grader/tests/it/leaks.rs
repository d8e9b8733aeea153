//! Many gradings in one grader: it has no more memory, descriptors, threads and children at the end than before.
//!
//! `GRADINGS` says how many (100 by default). The grader is watched from outside, all the time, and its second quarter compared
//! with its last.

use std::fs;
use std::process::Child;
use std::time::Duration;

use super::groups;
use super::lesson::{Ended, answer, course, grader, start};
use super::processes::among_others;

/// How much memory may come in half of the gradings.
const MEMORY_KIB: u64 = 1024;

/// How many descriptors, threads or children a run under way can make of difference.
const OF_ONE_RUN: u64 = 8;

/// An answer with a child, a pipe and a file.
const BUSY: &str = "use std::process::Command;\nfn main() {\n    std::fs::write(\"file\", \"x\").unwrap();\n    \
    let output = Command::new(\"/bin/echo\").arg(\"right\").output().unwrap();\n    \
    print!(\"{}\", String::from_utf8(output.stdout).unwrap());\n}\n";

/// What a grader has at one moment.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    memory_kib: u64,
    descriptors: u64,
    threads: u64,
    children: u64,
}

impl Held {
    /// `None` when it has ended.
    fn by(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
        let children = tasks.map(|task| {
            let children = fs::read_to_string(task.path().join("children"));
            children.map_or(0, |text| text.split_whitespace().count())
        });
        let children: usize = children.sum();
        Some(Self {
            // Of its own: not the pages of its program, which come in as they are used.
            memory_kib: field("RssAnon:")?,
            descriptors: u64::try_from(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count())
                .unwrap(),
            threads: field("Threads:")?,
            children: u64::try_from(children).unwrap(),
        })
    }

    fn most(all: &[Self]) -> Self {
        let most = |field: fn(&Self) -> u64| all.iter().map(field).max().unwrap();
        Self {
            memory_kib: most(|it| it.memory_kib),
            descriptors: most(|it| it.descriptors),
            threads: most(|it| it.threads),
            children: most(|it| it.children),
        }
    }
}

fn watch(child: &mut Child) -> Vec<Held> {
    let mut seen = Vec::new();
    while child.try_wait().unwrap().is_none() {
        seen.extend(Held::by(child.id()));
        std::thread::sleep(Duration::from_millis(2));
    }
    seen
}

#[test]
fn many_gradings_in_a_row_leak_nothing() {
    let _others = among_others();
    let wanted = std::env::var("GRADINGS").ok();
    let gradings: u32 = wanted.as_ref().map_or(100, |it| it.parse().unwrap());
    let demo = course(&["a"]);
    demo.write(&answer("a"), BUSY);
    demo.write("solutions/10-demo/src/bin/a.rs", BUSY);
    let typed = format!("self-check a --jobs 1 --times {gradings}");
    let (mut child, _) = start(&mut grader(&demo, &typed));
    let seen = watch(&mut child);
    let ended = Ended::of(&demo, child);
    // The little course lacks what a course must have, but each verdict is right.
    let verdicts = format!("{} verdicts\n", 1 + gradings);
    assert!(ended.out.ends_with(&verdicts), "{ended:?}");
    assert!(!ended.out.contains("a right answer gets"), "{ended:?}");

    let quarter = seen.len() / 4;
    assert!(quarter > 20, "only {} looks", seen.len());
    let (before, after) = (
        Held::most(&seen[quarter..2 * quarter]),
        Held::most(&seen[3 * quarter..]),
    );
    let told = format!("{before:?}, then {after:?}");
    assert!(after.memory_kib < before.memory_kib + MEMORY_KIB, "{told}");
    assert!(
        after.descriptors <= before.descriptors + OF_ONE_RUN,
        "{told}"
    );
    assert!(after.threads <= before.threads + OF_ONE_RUN, "{told}");
    assert!(after.children <= before.children + OF_ONE_RUN, "{told}");
    assert!(groups::abandoned().is_empty(), "{:?}", groups::abandoned());
    if wanted.is_some() {
        println!("{told}");
    }
}
