//! Programs that want points, or to do harm: each file of `tests/hostile` tries one thing, and this table says what becomes of it.
//!
//! The course of this test expects "right", and a hostile program prints that only where its attack has succeeded. Before and after,
//! the host is compared: processes, objects, mounts, files.
#![cfg(target_arch = "x86_64")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;

use grader::record::{LayerState, Mode};
use grader::verdict::{Report, Status};

use super::course::Demo;
use super::lesson::{answer, course, start};
use super::processes::{among_others, assert_nobody_in, output_of};

/// What becomes of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is refused: the program says so, and gets nothing for that.
    Refused,
    /// It gets nothing, and this diagnosis first.
    Gets(&'static str),
    /// It succeeds: what the mode cannot stop. ARCHITECTURE.md lists it.
    Succeeds,
}

use Fate::{Gets, Refused, Succeeds};

/// The host that an attack meets.
#[derive(Debug, Clone, Copy)]
struct Host {
    mode: Mode,
    is_root: bool,
    /// Whether Landlock keeps files out of reach.
    landlock: bool,
    /// Whether Landlock keeps signals and abstract sockets in.
    scope: bool,
}

impl Host {
    fn of(report: &Report) -> Self {
        let active = |name| {
            let mut layers = report.layers.iter();
            layers.any(|it| it.layer == name && it.state == LayerState::Active)
        };
        Self {
            mode: Mode::of(&report.layers),
            is_root: nix::unistd::geteuid().is_root(),
            landlock: active("landlock"),
            scope: active("signal-scope"),
        }
    }

    /// Where files of the grader's own user are out of reach.
    fn hides_files(self) -> bool {
        self.mode == Mode::Full || self.is_root || self.landlock
    }

    fn unless(self, succeeds: bool, fate: Fate) -> Fate {
        if self.mode != Mode::Full && succeeds {
            Succeeds
        } else {
            fate
        }
    }
}

/// What the table says of an attack; all that are not named are refused.
fn fate(attack: &str, host: Host) -> Fate {
    let in_reduced = |fate| host.unless(true, fate);
    match attack {
        "control" => Succeeds,
        "leave-a-daemon" | "before-main" => Gets("child-not-reaped"),
        "fork-storm" | "session-storm" => Gets("too-many-processes"),
        "memory-bomb" => Gets("out-of-memory"),
        "endless-file" => Gets("file-too-large"),
        "endless-output" => Gets("endless-output"),
        "core-file" | "int80" => Gets("killed-by-signal"),
        "fill-the-disk" | "many-files" => in_reduced(Gets("disk-full")),
        // What it left is found: that costs half.
        "fill-shared-memory" => match host.mode {
            Mode::Full => Gets("disk-full"),
            Mode::Reduced | Mode::None => Gets("object-left-behind"),
        },
        // On the host, exercises that need no queues have none, unless these can be allowed by a rule for files.
        "leave-a-queue" if host.mode != Mode::Full && !Path::new("/dev/mqueue").is_dir() => Refused,
        "escapes-in-names" | "leave-a-queue" | "leave-system-v" => Gets("object-left-behind"),
        "host-network" => in_reduced(Refused),
        "abstract-socket" => host.unless(!host.scope, Refused),
        "read-the-course" | "read-programs" | "write-the-course" | "links-out" | "other-runs" => {
            host.unless(!host.hides_files(), Refused)
        }
        _ if attack.starts_with("include-") => Gets("does-not-compile"),
        _ => Refused,
    }
}

/// Points that an attack may leave its program: where all that is wrong is what it left behind.
fn most_points(attack: &str, fate: Fate) -> u32 {
    match (attack, fate) {
        (_, Succeeds) => 4,
        ("fill-shared-memory", Gets("object-left-behind")) => 2,
        _ => 0,
    }
}

const LIMITS: &str = "limits = { wall_seconds = 60, cpu_seconds = 20, output_kib = 64, processes = 32, \
    descriptors = 64, file_mib = 4, memory_mib = 512, disk_mib = 8 }\n";

/// The attacks by name, with their sources.
fn attacks() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let files = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let sources = files.filter(|it| it.is_file()).map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    });
    sources.collect()
}

/// A course in which each attack is the answer to an exercise.
fn hostile_course(attacks: &BTreeMap<String, String>, port: u16, socket: &str) -> Demo {
    let names: Vec<&str> = attacks.keys().map(String::as_str).collect();
    let demo = course(&names);
    let description = fs::read_to_string(demo.file("labs/10-demo/lab.toml")).unwrap();
    let limited = description.replace("points = 4\n", &format!("points = 4\n{LIMITS}"));
    demo.write("labs/10-demo/lab.toml", &limited);
    let harness = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/harness/lib.rs");
    demo.write(
        "labs/10-demo/harness/lib.rs",
        &fs::read_to_string(harness).unwrap(),
    );
    demo.write(
        "solutions/10-demo/src/bin/control.rs",
        "pub fn main() {\n    println!(\"right\");\n}\n",
    );
    for (name, source) in attacks {
        let source = source
            .replace("@COURSE@", demo.path().to_str().unwrap())
            .replace("@PORT@", &port.to_string())
            .replace("@SOCKET@", socket);
        demo.write(&answer(name), &source);
    }
    demo
}

/// What of the host could have changed.
#[derive(Debug, PartialEq, Eq)]
struct Traces {
    shared_memory: BTreeSet<String>,
    system_v: BTreeSet<String>,
    mounts: String,
    queue: bool,
    outside: Vec<bool>,
}

impl Traces {
    fn look() -> Self {
        let names = fs::read_dir("/dev/shm").unwrap().flatten();
        let names = names.map(|it| it.file_name().to_string_lossy().into_owned());
        let system_v = ["shm", "sem", "msg"].iter().flat_map(|kind| {
            let text = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap();
            let lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
            // The key that the attack uses: others may use others meanwhile.
            lines.into_iter().filter(|it| it.contains("252658242"))
        });
        let outside = ["/dev", "/run", "/home", "/usr/local", "/opt", "/etc", "/"];
        Self {
            shared_memory: names.filter(|it| it.starts_with("hostile")).collect(),
            system_v: system_v.collect(),
            mounts: fs::read_to_string("/proc/self/mountinfo").unwrap(),
            queue: has_queue(),
            outside: outside
                .iter()
                .map(|it| Path::new(it).join("hostile-file").exists())
                .collect(),
        }
    }
}

/// Whether the queue is there, wherever queues are mounted.
#[expect(unsafe_code, reason = "nothing else opens a queue by name")]
fn has_queue() -> bool {
    let name = c"hostile-queue".as_ptr();
    let no_attributes: *const nix::libc::mq_attr = std::ptr::null();
    // SAFETY: the name ends with NUL, for the duration of the call.
    let queue = unsafe { nix::libc::syscall(nix::libc::SYS_mq_open, name, 0, 0, no_attributes) };
    // Another user's can be seen, but not opened.
    queue >= 0 || std::io::Error::last_os_error().raw_os_error() != Some(nix::libc::ENOENT)
}

#[test]
fn attacks_gain_nothing_and_leave_nothing() {
    let _others = among_others();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let socket = format!("forklings-hostile-{}", std::process::id());
    let name = SocketAddr::from_abstract_name(&socket).unwrap();
    let _socket = UnixListener::bind_addr(&name).unwrap();
    let attacks = attacks();
    assert!(attacks.len() >= 60, "{} attacks", attacks.len());
    let demo = hostile_course(&attacks, port, &socket);
    // Everybody may pass through it, so that root's runs can have a user of their own there.
    let temporary = tempfile::tempdir().unwrap();
    fs::set_permissions(temporary.path(), Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(temporary.path().join("run-other/work")).unwrap();
    let other = temporary.path().join("run-other");
    fs::set_permissions(&other, Permissions::from_mode(0o700)).unwrap();

    // A course that not everybody may read, as in a home.
    fs::set_permissions(demo.path(), Permissions::from_mode(0o700)).unwrap();
    let before = Traces::look();
    let mut command = demo.grader("--format json --jobs 4");
    command
        .env("TMPDIR", temporary.path())
        .env("HOSTILE_SECRET", "1");
    let (child, _) = start(&mut command);
    let output = output_of(child);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_nobody_in(demo.path());
    assert_nobody_in(temporary.path());
    assert_eq!(Traces::look(), before);
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let host = Host::of(&report);
    assert_ne!(host.mode, Mode::None, "{:?}", report.layers);
    let seen: BTreeMap<&str, _> = report
        .exercises
        .iter()
        .map(|it| (it.exercise.as_str(), it))
        .collect();
    let mut wrong = Vec::new();
    for attack in attacks.keys() {
        let verdict = seen[attack.as_str()];
        let expected = fate(attack, host);
        let first = verdict.findings.first().map(|it| it.diagnosis.as_str());
        let is_right = match expected {
            Refused => first == Some("output-differs"),
            Gets(diagnosis) => first == Some(diagnosis),
            Succeeds => verdict.status == Status::Passed,
        };
        if !is_right || verdict.points > most_points(attack, expected) {
            wrong.push(format!("{attack}: {expected:?}, seen {verdict:#?}"));
        }
    }
    assert!(wrong.is_empty(), "on {host:?}\n{}", wrong.join("\n"));
    check_reports(&demo, temporary.path());
}

/// No report carries anything that a terminal or a continuous integration would obey.
fn check_reports(demo: &Demo, temporary: &Path) {
    for format in ["terminal", "github", "markdown", "junit", "ctrf"] {
        let mut command = demo.grader(&format!("--format {format}"));
        command.env("TMPDIR", temporary);
        let (child, _) = start(&mut command);
        let output = output_of(child);
        let said = String::from_utf8_lossy(&output.stderr);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("workflow-commands"), "{format}: {text}{said}");
        let is_command = |letter: char| letter.is_control() && letter != '\n';
        let commands = text.lines().filter(|it| it.contains(is_command));
        assert_eq!(commands.collect::<Vec<_>>(), [""; 0], "{format}");
        assert_eq!(obeyed(&text), [""; 0], "{format}");
    }
}

/// The forged commands that a continuous integration would obey: those at the beginning of a line, unless the grader has
/// told it to obey nothing until a word comes that no program knows.
fn obeyed(text: &str) -> Vec<&str> {
    const FORGED: [&str; 5] = [
        "::add-mask::right",
        "::error::forged",
        "::stop-commands::x",
        "##[error]forged",
        "::error file=x",
    ];
    let mut resume: Option<String> = None;
    let mut obeyed = Vec::new();
    for line in text.lines() {
        let line = line.trim_start();
        if resume.as_deref() == Some(line) {
            resume = None;
        } else if resume.is_none() {
            if FORGED.iter().any(|it| line.starts_with(it)) {
                obeyed.push(line);
            }
            let word = line.strip_prefix("::stop-commands::");
            resume = word.map(|word| format!("::{word}::"));
        }
    }
    obeyed
}
