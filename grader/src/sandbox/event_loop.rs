//! The event loop of one run: everything from the program's start to the end of the last process.
//!
//! It sleeps in `wait(2)`, where every stop and every end of a process of the run is reported; a clock interrupts it for
//! what nobody reports: output, limits, the lifeline. It waits for the *program*, not for the end of its output: an orphan
//! that keeps standard output open is granted a grace, then ended.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::family;
use super::group::Group;
use super::hang::{BETWEEN_LOOKS, Watcher};
use super::hardening::Reach;
use super::limits;
use super::request::RunRequest;
use super::terminal::Typist;
use super::tick;
use crate::record::{Alive, Ending, Exit, Limit, Unreaped};
use crate::trace::Recorder;
use crate::trace::stop::{self, CpuTime, Report, Until};

/// How long processes that the program left behind may go on, where it should have left none.
const GRACE: Duration = Duration::from_millis(500);

/// How long the end of all processes may take.
pub(super) const TEARDOWN: Duration = Duration::from_secs(10);

/// A run under way.
pub(super) struct Watch<'a> {
    request: &'a RunRequest,
    /// Who types, where the run has a terminal.
    typist: Option<Typist>,
    /// Standard output and standard error, until their end of file.
    output: [Option<File>; 2],
    pub(super) bytes: [Vec<u8>; 2],
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
    pub(super) orphans: Vec<Unreaped>,
    /// With a trace: what was seen.
    pub(super) recorder: Option<Recorder>,
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

impl<'a> Watch<'a> {
    /// Watches over the program, which has been started.
    ///
    /// # Errors
    /// When its terminal cannot be used.
    pub(super) fn new(
        request: &'a RunRequest,
        reach: Reach,
        group: Option<&'a Group>,
        program: i32,
        output: [OwnedFd; 2],
        recorder: Option<Recorder>,
    ) -> io::Result<Self> {
        let typist = match &request.typed {
            Some(keys) => Some(Typist::new(&output[0], program, keys)?),
            None => None,
        };
        Ok(Self {
            request,
            typist,
            output: output.map(|pipe| Some(File::from(pipe))),
            bytes: [Vec::new(), Vec::new()],
            program,
            reach,
            group,
            ended: None,
            cpu: Duration::ZERO,
            orphans: Vec::new(),
            recorder,
            hangs: Watcher::default(),
        })
    }

    /// Waits until the program has ended, hangs or exceeds a limit.
    pub(super) fn until_ended(&mut self, started: Instant) -> io::Result<(Ending, Vec<Alive>)> {
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
            let family = || family::descendants(own_pid());
            if self.hangs.approach(deadline, deadline - started, family) {
                let alive = self.hangs.describe(&family(), self.recorder.as_ref());
                return Ok((exceeded(Limit::Time), alive));
            }
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
    pub(super) fn finish(&mut self, ending: Ending) -> io::Result<Ending> {
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
