//! The event loop of one run, in the runner's own process.
//!
//! It waits for the *program*, not for the end of its output: an orphan that keeps standard output open is
//! granted a grace, then ended.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::family::{self, Ended};
use super::hang::{self, AllAsleep, BETWEEN_LOOKS, PATIENCE};
use super::leftovers::{self, Before};
use super::request::RunRequest;
use super::spawn;
use crate::record::{Alive, Ending, Limit, RECORD_VERSION, Record, Unreaped, Usage};

/// How long processes that the program left behind may go on, where it should have left none.
const GRACE: Duration = Duration::from_millis(500);

/// How long the end of all processes may take.
const TEARDOWN: Duration = Duration::from_secs(10);

/// The longest request: arguments and standard input of a case.
const LONGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The runner's `main`: reads a request, writes a record.
#[must_use]
pub fn main() -> ExitCode {
    spawn::close_inherited();
    // Whoever ignores SIGCHLD is not told how its children end.
    spawn::default_signals();
    let done = read_request().and_then(|request| {
        let record = run(&request)?;
        let mut stdout = io::stdout().lock();
        serde_json::to_writer(&mut stdout, &record)?;
        stdout.flush()
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The grader reads this as the reason for which there is no record.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads one line from standard input, byte by byte: what follows is the lifeline's end of file.
fn read_request() -> io::Result<RunRequest> {
    let mut line = Vec::new();
    let mut byte = [0];
    let stdin = io::stdin();
    loop {
        match nix::unistd::read(stdin.as_fd(), &mut byte) {
            Ok(1) if byte[0] == b'\n' => break,
            Ok(1) if line.len() < LONGEST_REQUEST => line.push(byte[0]),
            Err(Errno::EINTR) => {}
            Ok(_) => return Err(io::Error::other("the request is not one line")),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(serde_json::from_slice(&line)?)
}

/// Runs the program to its end and everything else of the run to its.
fn run(request: &RunRequest) -> io::Result<Record> {
    family::adopt_orphans()?;
    let before = Before::look();
    let record = watch(request, &before);
    if record.is_err() {
        // Whatever is wrong, nothing of the run survives it.
        family::end_all(Instant::now() + TEARDOWN, |_, _| {})?;
        let _ = before.collect(&request.folder);
    }
    record
}

fn watch(request: &RunRequest, before: &Before) -> io::Result<Record> {
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGCHLD);
    mask.thread_block()?;
    let child_ended = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let started = Instant::now();
    let mut child = spawn::start(request).map_err(|error| {
        let program = request.program.display();
        io::Error::new(error.kind(), format!("start {program}: {error}"))
    })?;
    let program = i32::try_from(child.id()).map_err(io::Error::other)?;
    let output = [
        child
            .stdout
            .take()
            .map(|pipe| File::from(OwnedFd::from(pipe))),
        child
            .stderr
            .take()
            .map(|pipe| File::from(OwnedFd::from(pipe))),
    ];
    for pipe in output.iter().flatten() {
        fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    }
    let mut watch = Watch {
        request,
        child_ended,
        output,
        bytes: [Vec::new(), Vec::new()],
        program,
        ended: None,
        cpu_time: None,
        orphans: Vec::new(),
        last_look: None,
    };
    let (ending, alive) = watch.until_ended(started)?;
    let wall = started.elapsed();
    let ending = watch.finish(ending)?;
    let [stdout, stderr] = watch.bytes;
    Ok(Record {
        version: RECORD_VERSION,
        ending,
        stdout,
        stderr,
        traced: false,
        events_cut: false,
        processes: Vec::new(),
        objects: Vec::new(),
        events: Vec::new(),
        unreaped: watch.orphans,
        alive,
        leftovers: before.collect(&request.folder),
        unobserved: leftovers::unobserved(),
        usage: Usage {
            wall_us: microseconds(wall),
            teardown_us: microseconds(started.elapsed().saturating_sub(wall)),
        },
    })
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A run under way.
struct Watch<'a> {
    request: &'a RunRequest,
    child_ended: SignalFd,
    /// Standard output and standard error, until their end of file.
    output: [Option<File>; 2],
    bytes: [Vec<u8>; 2],
    program: i32,
    /// How the program itself ended.
    ended: Option<Ended>,
    /// The CPU time that it had used by then.
    cpu_time: Option<Duration>,
    orphans: Vec<Unreaped>,
    /// The last look at which all slept, and since when nothing has changed.
    last_look: Option<(AllAsleep, Instant)>,
}

/// Who goes on when the program has ended.
enum Left {
    Nobody,
    Somebody,
}

impl Watch<'_> {
    /// Waits until the program has ended, hangs or exceeds a limit.
    fn until_ended(&mut self, started: Instant) -> io::Result<(Ending, Vec<Alive>)> {
        let deadline = started + Duration::from_millis(self.request.wall_ms);
        let mut next_look = started + BETWEEN_LOOKS;
        loop {
            let now = Instant::now();
            self.wait(deadline.min(next_look))?;
            self.reap()?;
            let exceeded = |limit| Ending::Exceeded { limit };
            if self.output_is_too_long() {
                return Ok((exceeded(Limit::Output), Vec::new()));
            }
            if let Some(ended) = self.ended {
                return Ok((self.ending(ended), Vec::new()));
            }
            if now >= deadline {
                let alive = hang::describe(&family::descendants(own_pid()));
                return Ok((exceeded(Limit::Time), alive));
            }
            if now >= next_look {
                next_look = now + BETWEEN_LOOKS;
                let family = family::descendants(own_pid());
                if family.len() > self.request.processes {
                    return Ok((exceeded(Limit::Processes), Vec::new()));
                }
                if self.sleeps_for_good(&family, now) {
                    return Ok((Ending::Hung, hang::describe(&family)));
                }
            }
        }
    }

    /// Collects what is still to come of the run, ends every process of it, and says how the run ended.
    fn finish(&mut self, ending: Ending) -> io::Result<Ending> {
        if matches!(ending, Ending::Exited { .. } | Ending::Signaled { .. }) {
            self.grant_grace()?;
        }
        let program = self.program;
        let orphans = &mut self.orphans;
        family::end_all(Instant::now() + TEARDOWN, |pid, _| {
            if pid != program {
                orphans.push(Unreaped {
                    pid,
                    still_running: true,
                });
            }
        })?;
        // All writers are dead: what they wrote is in the pipes, and then comes the end of file.
        self.read_output()?;
        // Whether the end or the last bytes are seen first is chance.
        Ok(match ending {
            Ending::Exited { .. } | Ending::Signaled { .. } if self.output_is_too_long() => {
                Ending::Exceeded {
                    limit: Limit::Output,
                }
            }
            ending => ending,
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
            self.read_output()?;
            let now = Instant::now();
            if matches!(self.reap()?, Left::Nobody) || now >= deadline || self.output_is_too_long()
            {
                return Ok(());
            }
            if now >= next_look {
                next_look = now + BETWEEN_LOOKS;
                if self.sleeps_for_good(&family::descendants(own_pid()), now) {
                    return Ok(());
                }
            }
            self.wait(deadline.min(next_look))?;
        }
    }

    /// Waits for output, a child's end, the lifeline's end or `until`, and takes the output.
    fn wait(&mut self, until: Instant) -> io::Result<()> {
        let stdin = io::stdin();
        let mut sources = vec![
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.child_ended.as_fd(), PollFlags::POLLIN),
        ];
        let pipes = self.output.iter().flatten();
        sources.extend(pipes.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)));
        let left = until.saturating_duration_since(Instant::now());
        // Rounded up: a timeout of 0 would spin through the last millisecond.
        let left =
            PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
        match poll(&mut sources, left) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let lifeline = sources[0].any().unwrap_or(false);
        if lifeline {
            // The grader has gone, or no longer wants the record.
            return Err(io::Error::other("the run was given up"));
        }
        while matches!(self.child_ended.read_signal(), Ok(Some(_))) {}
        self.read_output()
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

    /// Reaps all that have ended, the program and those that it left behind.
    fn reap(&mut self) -> io::Result<Left> {
        loop {
            match family::ended_child() {
                Ok(Some(pid)) if pid == self.program => {
                    self.cpu_time = family::cpu_time(pid);
                    self.ended = Some(family::reap(pid)?);
                }
                Ok(Some(pid)) => {
                    family::reap(pid)?;
                    self.orphans.push(Unreaped {
                        pid,
                        still_running: false,
                    });
                }
                Ok(None) => return Ok(Left::Somebody),
                Err(Errno::ECHILD) => return Ok(Left::Nobody),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn ending(&self, ended: Ended) -> Ending {
        let allowed = Duration::from_secs(self.request.cpu_seconds);
        let used_up = self.cpu_time.is_some_and(|used| used >= allowed);
        match ended {
            Ended::Code(code) => Ending::Exited { code },
            Ended::Signal(libc::SIGXCPU) => Ending::Exceeded { limit: Limit::Cpu },
            // A program that does not die of SIGXCPU goes on to the hard limit: `setrlimit(2)`.
            Ended::Signal(libc::SIGKILL) if used_up => Ending::Exceeded { limit: Limit::Cpu },
            Ended::Signal(signal) => Ending::Signaled { signal },
        }
    }

    /// Whether two looks in a row have seen all processes asleep for good.
    fn sleeps_for_good(&mut self, family: &[i32], now: Instant) -> bool {
        let Some(look) = hang::look(family) else {
            self.last_look = None;
            return false;
        };
        match &self.last_look {
            Some((last, since)) if *last == look => !look.may_time_out || now - *since >= PATIENCE,
            _ => {
                self.last_look = Some((look, now));
                false
            }
        }
    }
}

fn own_pid() -> i32 {
    nix::unistd::getpid().as_raw()
}
