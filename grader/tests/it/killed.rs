//! A grader that is killed: at any moment, and nothing of its runs is left; the next one works.
//!
//! `KILLS` says how often (8 by default), `KILL_SEED` where in its work: the moments are drawn from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use grader::verdict::Status;
use nix::sys::signal::{Signal, kill};

use super::course::Demo;
use super::groups;
use super::lesson::{RIGHT, answer, course, graded, grader, start};
use super::processes::{alive_in, alone, assert_nobody_in, output_of, wait_until};

/// Answers whose runs have much to clean up.
const ANSWERS: [(&str, &str); 4] = [
    ("a", RIGHT),
    // Processes in sessions of their own, which nobody waits for.
    (
        "b",
        "unsafe extern \"C\" {\n    fn fork() -> i32;\n    fn setsid() -> i32;\n}\nfn main() {\n    \
         for _ in 0..8 {\n        if unsafe { fork() } == 0 {\n            unsafe { setsid() };\n            \
         std::thread::sleep(std::time::Duration::from_secs(60));\n        }\n    }\n}\n",
    ),
    // Objects of every kind.
    (
        "c",
        "unsafe extern \"C\" {\n    fn syscall(number: i64, ...) -> i64;\n}\nfn main() {\n    \
         let key = 0x0f0f_4243_u64;\n    unsafe {\n        syscall(29, key, 4096_u64, 0o1600_u64);\n        \
         syscall(64, key, 1_u64, 0o1600_u64);\n        syscall(68, key, 0o1600_u64);\n    }\n    \
         std::fs::write(\"/dev/shm/forklings-killed\", \"x\").unwrap();\n    \
         std::fs::create_dir(\"folder\").unwrap();\n    std::fs::write(\"folder/file\", \"x\").unwrap();\n    \
         std::thread::sleep(std::time::Duration::from_millis(200));\n    println!(\"right\");\n}\n",
    ),
    // A process that does not end by itself.
    (
        "d",
        "fn main() {\n    loop {\n        std::hint::spin_loop();\n    }\n}\n",
    ),
];

/// What a run could leave outside of its folder.
#[derive(Debug, PartialEq, Eq)]
struct Host {
    mounts: String,
    system_v: BTreeSet<String>,
    shared_memory: bool,
    groups: BTreeSet<PathBuf>,
}

impl Host {
    fn look() -> Self {
        let system_v = ["shm", "sem", "msg"].iter().flat_map(|kind| {
            let text = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap();
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.into_iter().filter(|it| it.contains("252658243"))
        });
        Self {
            mounts: fs::read_to_string("/proc/self/mountinfo").unwrap(),
            system_v: system_v.collect(),
            shared_memory: Path::new("/dev/shm/forklings-killed").exists(),
            groups: groups::abandoned(),
        }
    }
}

/// Numbers that look random, the same for the same seed (`xorshift64*`).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end
    }
}

fn number(variable: &str, default: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(default, |text| text.parse().unwrap())
}

/// Starts a grader, kills it after that time, and waits until nothing of it is left.
fn kill_after(demo: &Demo, typed: &str, moment: Duration, before: &Host) {
    let (child, pid) = start(&mut grader(demo, typed));
    std::thread::sleep(moment);
    // It is not reaped yet, so its number is its own.
    kill(pid, Signal::SIGKILL).unwrap();
    output_of(child);
    wait_until("its runs end", || alive_in(demo.path()).is_empty());
    wait_until("its folders are removed", || {
        fs::read_dir(demo.file("tmp")).unwrap().next().is_none()
    });
    wait_until("its objects are removed", || Host::look() == *before);
}

#[test]
fn a_killed_grader_leaves_nothing_and_the_next_one_works() {
    let others = alone();
    let demo = course(&["a", "b", "c", "d"]);
    let description = demo.read("labs/10-demo/lab.toml");
    let limits = "points = 4\nlimits = { wall_seconds = 1 }\n";
    demo.write(
        "labs/10-demo/lab.toml",
        &description.replace("points = 4\n", limits),
    );
    for (name, text) in ANSWERS {
        demo.write(&answer(name), text);
    }
    let before = Host::look();
    let begun = Instant::now();
    let (child, _) = start(&mut grader(&demo, "--jobs 2 --no-cache"));
    assert_eq!(output_of(child).status.code(), Some(1));
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    assert_eq!(Host::look(), before);

    let mut random = Random(number("KILL_SEED", 1) | 1 << 40);
    let kills = number("KILLS", 8);
    for kill in 0..kills {
        // Alternately with compilation and from programs that are built: there, most moments are of runs.
        let typed = ["--jobs 2 --no-cache", "--jobs 2 a b c d"][usize::from(kill % 2 == 1)];
        let moment = Duration::from_micros(random.below(whole));
        kill_after(&demo, typed, moment, &before);
    }
    drop(others);
    let report = graded(&demo, "--no-cache");
    assert_eq!(report.exercises[0].status, Status::Passed, "{report:#?}");
    assert_eq!(report.exercises[3].status, Status::Failed, "{report:#?}");
    assert_nobody_in(demo.path());
    assert_eq!(Host::look(), before);
}
