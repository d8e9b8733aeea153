//! The event loop of one run, in the runner's own process.
//!
//! It sleeps in `wait(2)`, where every stop and every end of a process of the run is reported; a clock interrupts it for
//! what nobody reports: output, limits, the lifeline. It waits for the *program*, not for the end of its output: an orphan
//! that keeps standard output open is granted a grace, then ended.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::mem::take;
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::family;
use super::folder::RunFolder;
use super::group::{self, Group};
use super::hang::{BETWEEN_LOOKS, Watcher};
use super::hardening::Reach;
use super::layers::{self, Refused};
use super::leftovers::{self, Before, Suspects};
use super::limits;
use super::request::RunRequest;
use super::setting::{self, Entered, Setting};
use super::spawn::{self, Started};
use super::terminal::Typist;
use super::tick;
use crate::record::{
    Alive, Ending, Event, Exit, Layer, Limit, RECORD_VERSION, Record, Unobserved, Unreaped, Usage,
    What,
};
use crate::trace::Recorder;
use crate::trace::recorder::Recorded;
use crate::trace::stop::{self, CpuTime, Report, Until};

/// How long processes that the program left behind may go on, where it should have left none.
const GRACE: Duration = Duration::from_millis(500);

/// How long the end of all processes may take.
const TEARDOWN: Duration = Duration::from_secs(10);

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
    let typist = match &request.typed {
        Some(keys) => Some(Typist::new(&output[0], pid, keys)?),
        None => None,
    };
    let mut watch = Watch {
        request,
        typist,
        output: output.map(|pipe| Some(File::from(pipe))),
        bytes: [Vec::new(), Vec::new()],
        program: pid,
        reach: setting.reach,
        group: group.as_ref().ok(),
        ended: None,
        cpu: Duration::ZERO,
        orphans: Vec::new(),
        recorder,
        hangs: Watcher::default(),
    };
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

/// A run under way.
struct Watch<'a> {
    request: &'a RunRequest,
    /// Who types, where the run has a terminal.
    typist: Option<Typist>,
    /// Standard output and standard error, until their end of file.
    output: [Option<File>; 2],
    bytes: [Vec<u8>; 2],
    program: i32,
    /// Whom the run could reach.
    reach: Reach,
    /// The control group that the run is in.
    group: Option<&'a Group>,
    /// How the program itself ended.
    ended: Option<Exit>,
    /// The CPU time that it had used by then.
    cpu: Duration,
    /// Without a trace: who was reaped by the runner because nobody else did.
    orphans: Vec<Unreaped>,
    /// With a trace: what was seen.
    recorder: Option<Recorder>,
    /// Looks for hangs.
    hangs: Watcher,
}

/// What a wait was good for.
enum Waited {
    /// A process was reported.
    Reported,
    /// The clock has ticked.
    Ticked,
    /// There is nobody left.
    Nobody,
}

impl Watch<'_> {
    /// Waits until the program has ended, hangs or exceeds a limit.
    fn until_ended(&mut self, started: Instant) -> io::Result<(Ending, Vec<Alive>)> {
        let deadline = started + Duration::from_millis(self.request.wall_ms);
        let mut next_look = started + BETWEEN_LOOKS;
        loop {
            let waited = self.wait()?;
            if let Some(ended) = self.ended {
                let ending = limits::ending(self.request, ended, self.cpu);
                return Ok((ending, Vec::new()));
            }
            if matches!(waited, Waited::Nobody) {
                return Err(io::Error::other("the program is gone without a word"));
            }
            if !matches!(waited, Waited::Ticked) {
                continue;
            }
            self.tick()?;
            let now = Instant::now();
            let exceeded = |limit| Ending::Exceeded { limit };
            if self.output_is_too_long() {
                return Ok((exceeded(Limit::Output), Vec::new()));
            }
            if now >= deadline {
                let family = family::descendants(own_pid());
                let alive = self.hangs.describe(&family, self.recorder.as_ref());
                return Ok((exceeded(Limit::Time), alive));
            }
            let whole = deadline - started;
            let family = || family::descendants(own_pid());
            self.hangs.approach(deadline, whole, family);
            if now >= next_look {
                next_look = now + BETWEEN_LOOKS;
                let family = family::descendants(own_pid());
                if family.len() > self.request.processes {
                    return Ok((exceeded(Limit::Processes), Vec::new()));
                }
                if self.is_all_taken()?
                    && let Some(alive) = self.hangs.look(&family, self.recorder.as_ref(), now)
                {
                    return Ok((Ending::Hung, alive));
                }
            }
        }
    }

    /// Collects what is still to come of the run, ends every process of it, and says how the run ended.
    fn finish(&mut self, ending: Ending) -> io::Result<Ending> {
        if matches!(ending, Ending::Exited { .. } | Ending::Signaled { .. }) {
            self.grant_grace()?;
        }
        self.end_all()?;
        // All writers are dead: what they wrote is in the pipes, and then comes the end of file.
        self.read_output()?;
        // Whether the end or the last bytes are seen first is chance.
        Ok(match ending {
            Ending::Exited { .. } | Ending::Signaled { .. } if self.output_is_too_long() => {
                Ending::Exceeded {
                    limit: Limit::Output,
                }
            }
            ending => {
                let [_, stderr] = &self.bytes;
                let lacked = limits::lacked(self.request, self.reach, self.group, ending, stderr);
                lacked.map_or(ending, |limit| Ending::Exceeded { limit })
            }
        })
    }

    /// After the program's end: waits until nobody else of the run is left, for a while.
    fn grant_grace(&mut self) -> io::Result<()> {
        let patience = if self.request.expected_orphans > 0 {
            Duration::from_millis(self.request.wall_ms)
        } else {
            GRACE
        };
        let deadline = Instant::now() + patience;
        let mut next_look = Instant::now() + BETWEEN_LOOKS;
        loop {
            match self.wait()? {
                Waited::Nobody => return Ok(()),
                Waited::Reported => continue,
                Waited::Ticked => {}
            }
            self.tick()?;
            let now = Instant::now();
            if now >= deadline || self.output_is_too_long() {
                return Ok(());
            }
            if now >= next_look {
                next_look = now + BETWEEN_LOOKS;
                if self.is_all_taken()? {
                    let family = family::descendants(own_pid());
                    let hung = self.hangs.look(&family, self.recorder.as_ref(), now);
                    if hung.is_some() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Sleeps until a process is reported or the clock ticks, and takes note of the report.
    fn wait(&mut self) -> io::Result<Waited> {
        match stop::wait(0, self.cpu_time()) {
            Ok(Some(report)) => {
                self.take(report);
                // Where reports come in a stream, no wait is ever interrupted.
                Ok(if tick::has_ticked() {
                    Waited::Ticked
                } else {
                    Waited::Reported
                })
            }
            Ok(None) => Ok(Waited::Reported),
            Err(Errno::EINTR) => {
                tick::has_ticked();
                Ok(Waited::Ticked)
            }
            Err(Errno::ECHILD) => Ok(Waited::Nobody),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Whether the next report may be of an end, whose usage of CPU time is wanted.
    fn cpu_time(&self) -> CpuTime {
        match &self.recorder {
            Some(recorder) if !recorder.expects_end() => CpuTime::Spared,
            _ => CpuTime::Asked,
        }
    }

    /// What is due whenever the clock ticks.
    fn tick(&mut self) -> io::Result<()> {
        self.heed_lifeline()?;
        if let Some(recorder) = &mut self.recorder {
            recorder.tick();
        }
        self.read_output()?;
        match &mut self.typist {
            Some(typist) => typist.type_next(&mut self.bytes[0]),
            None => Ok(()),
        }
    }

    /// Takes note of one report that is there already; true when there was none. Where the runner is late, processes stand
    /// still for it, and that is no hang.
    fn is_all_taken(&mut self) -> io::Result<bool> {
        let has_just_typed = self.typist.as_ref().is_some_and(Typist::has_just_typed);
        if has_just_typed || self.recorder.as_ref().is_some_and(Recorder::is_holding) {
            self.hangs.forget();
            return Ok(false);
        }
        match stop::wait(libc::WNOHANG, self.cpu_time()) {
            Ok(Some(report)) => {
                self.take(report);
                self.hangs.forget();
                Ok(false)
            }
            Ok(None) | Err(Errno::ECHILD) => Ok(true),
            Err(Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    fn take(&mut self, report: Report) {
        if let Report::Ended { pid, how, cpu } = report {
            if pid == self.program && self.ended.is_none() {
                self.ended = Some(how);
                self.cpu = cpu.unwrap_or_default();
            } else if self.recorder.is_none() {
                self.orphans.push(Unreaped {
                    pid,
                    still_running: false,
                });
            }
        }
        match (&mut self.recorder, report) {
            (Some(recorder), report) => recorder.handle(report),
            // Nobody is traced, so nobody stops for the tracer.
            (None, Report::Stopped(stop, _)) => stop.resume(Until::NextStop),
            (None, Report::Ended { .. }) => {}
        }
    }

    /// Ends every process of the run and reaps all that become the runner's.
    fn end_all(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + TEARDOWN;
        if let Some(recorder) = &mut self.recorder {
            recorder.end_newborns();
        }
        loop {
            family::kill_all(self.recorder.is_some());
            loop {
                match stop::wait(libc::WNOHANG, self.cpu_time()) {
                    Ok(Some(report)) => {
                        let orphans = self.orphans.len();
                        self.take(report);
                        if let Some(orphan) = self.orphans.get_mut(orphans) {
                            orphan.still_running = true;
                        }
                    }
                    Ok(None) | Err(Errno::EINTR) => break,
                    Err(Errno::ECHILD) => return Ok(()),
                    Err(errno) => return Err(errno.into()),
                }
            }
            if Instant::now() >= deadline {
                return Err(io::Error::other("processes of the run cannot be ended"));
            }
            // Death is quick, and nobody else can be waited for: look again soon.
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// An error when the grader has gone, or no longer wants the record.
    fn heed_lifeline(&self) -> io::Result<()> {
        let stdin = io::stdin();
        let mut lifeline = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut lifeline, PollTimeout::ZERO) {
            Ok(0) | Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
            Ok(_) => Err(io::Error::other("the run was given up")),
        }
    }

    /// Reads what the pipes hold, up to a little over the limit.
    fn read_output(&mut self) -> io::Result<()> {
        let limit = self.request.output_bytes;
        let mut buffer = vec![0; 64 * 1024];
        for (pipe, bytes) in self.output.iter_mut().zip(&mut self.bytes) {
            while let Some(source) = pipe {
                match source.read(&mut buffer) {
                    Ok(0) => *pipe = None,
                    Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // Nobody has the terminal open now.
                    Err(error) if error.raw_os_error() == Some(libc::EIO) => break,
                    Err(error) => return Err(error),
                }
                if bytes.len() > limit {
                    break;
                }
            }
        }
        Ok(())
    }

    fn output_is_too_long(&self) -> bool {
        self.bytes.iter().map(Vec::len).sum::<usize>() > self.request.output_bytes
    }
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}
