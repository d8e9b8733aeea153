//! One run, in the runner's own process: from a request to a record.

use std::io::{self, Write as _};
use std::mem::take;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::event_loop::{TEARDOWN, Watch};
use super::family;
use super::folder::RunFolder;
use super::group::{self, Group};
use super::hardening::Reach;
use super::layers::{self, Refused};
use super::leftovers::{self, Before, Suspects};
use super::request::RunRequest;
use super::setting::{self, Entered, Setting};
use super::spawn::{self, Started};
use super::tick;
use crate::record::{Event, Layer, RECORD_VERSION, Record, Unobserved, Usage, What};
use crate::trace::Recorder;
use crate::trace::recorder::Recorded;

/// How often the runner looks at what nobody reports.
const TICK: Duration = Duration::from_millis(10);

/// The runner's `main`: reads a request, writes a record.
#[must_use]
pub fn main() -> ExitCode {
    spawn::begin_clean();
    let done = spawn::read_line().and_then(|line| serve(serde_json::from_slice(&line)?));
    match done {
        Ok(code) => code,
        Err(error) => {
            // The grader reads this as the reason for which there is no record.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Goes where the run is to take place, and writes its record. What stays behind removes the run's folder at last.
fn serve(mut request: RunRequest) -> io::Result<ExitCode> {
    let folder = RunFolder::make_within(&request.folder)?;
    request.folder = folder.path().to_path_buf();
    let group = Group::make(&request);
    let setting = match setting::enter(&request)? {
        Entered::Ready(setting) => setting,
        Entered::Over(over) => {
            drop(group);
            drop(folder);
            return Ok(over.end_alike());
        }
    };
    let record = run(&request, &setting, &group)?;
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut stdout, &record)?;
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Runs the program to its end and everything else of the run to its.
fn run(
    request: &RunRequest,
    setting: &Setting,
    group: &Result<Group, Refused>,
) -> io::Result<Record> {
    spawn::begin_session()?;
    family::adopt_orphans()?;
    family::ignore_stops()?;
    let before = Before::look();
    tick::start(TICK)?;
    let started = Instant::now();
    let Started {
        pid,
        output,
        report,
        untraced,
    } = spawn::start(request, setting, group.as_ref().ok())?;
    let mut recorder = untraced
        .is_none()
        .then(|| Recorder::new(pid, started, &request.folder, request.plan.clone()));
    if setting.reach == Reach::Run
        && let Some(recorder) = &mut recorder
    {
        recorder.is_alone();
    }
    if request.memory
        && let Some(recorder) = &mut recorder
    {
        recorder.look_at_memory();
    }
    let group_in = group.as_ref().ok();
    let mut watch = Watch::new(request, setting.reach, group_in, pid, output, recorder)?;
    let ended = watch.until_ended(started);
    let wall = started.elapsed();
    let ended = ended.and_then(|(ending, alive)| Ok((watch.finish(ending)?, alive)));
    if ended.is_err() {
        // Whatever is wrong, nothing of the run survives it.
        family::end_all(Instant::now() + TEARDOWN)?;
    }
    let mut recorded = watch.recorder.map(Recorder::finish);
    let leftovers = before.collect(&request.folder, &suspects(setting, recorded.as_mut()));
    let (ending, alive) = ended?;
    let nothing = PathBuf::new();
    let program = request.program.as_ref().unwrap_or(&nothing);
    let mut layers = setting.layers.clone();
    layers.push(group::layer(group));
    if let Some(error) = spawn::report(report, program, &mut layers) {
        return Err(error);
    }
    layers.push(trace_layer(untraced.as_ref()));
    let mut unobserved = leftovers::unobserved(untraced.is_none());
    unobserved.extend(untraced.map(|refused| Unobserved {
        what: "system calls".to_owned(),
        why: format!("{}: {}", refused.step, refused.errno),
    }));
    let [stdout, stderr] = watch.bytes;
    let mut record = Record {
        version: RECORD_VERSION,
        ending,
        stdout,
        stderr,
        traced: recorded.is_some(),
        events_cut: false,
        processes: Vec::new(),
        objects: Vec::new(),
        events: Vec::new(),
        resident: Vec::new(),
        unreaped: watch.orphans,
        alive,
        leftovers,
        layers,
        unobserved,
        usage: Usage {
            wall_us: microseconds(wall),
            teardown_us: microseconds(started.elapsed().saturating_sub(wall)),
            runner_kib: 0,
        },
    };
    if let Some(recorded) = recorded {
        record.processes = recorded.processes;
        record.objects = recorded.objects;
        record.events = recorded.events;
        record.resident = recorded.resident;
        hide_folder(&mut record.events, &request.folder);
        record.events_cut = recorded.events_cut;
        record.unreaped = recorded.unreaped;
        record.put_in_order();
    }
    record.usage.runner_kib = own_peak();
    Ok(record)
}

/// What the run can have left on the host.
fn suspects(setting: &Setting, recorded: Option<&mut Recorded>) -> Suspects {
    let is_traced = recorded.is_some();
    let (identities, made) = recorded.map_or_else(Default::default, |it| {
        (take(&mut it.identities), take(&mut it.made))
    });
    // There is nobody else who could have made them; or nobody has seen who did.
    if setting.is_alone || !is_traced {
        Suspects::AllNew(made)
    } else {
        Suspects::Opened(identities, made)
    }
}

/// Where a program was copied into the run's folder, that folder's name is chance.
fn hide_folder(events: &mut [Event], folder: &Path) {
    for event in events {
        if let What::Exec { program } = &mut event.what
            && let Ok(inside) = Path::new(&program).strip_prefix(folder)
        {
            *program = format!("/{}", inside.display());
        }
    }
}

/// The most memory that this process has had at a time: VmHWM of `proc_pid_status(5)`.
fn own_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn trace_layer(refused: Option<&Refused>) -> Layer {
    refused.map_or_else(
        || layers::active(layers::TRACE),
        |refused| layers::unavailable(layers::TRACE, refused),
    )
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
