//! Driver of `pipe-vs-shm`: the same bytes by two ways, and how long each takes.
//!
//! Usage: `pipe-vs-shm [BYTES]` (default 80000000, at most as many).
//!
//! What was measured goes to standard error, because it is different in every run. That the bytes took their way is
//! said on standard output.

use std::io;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};

use crate::notes::{Kept, share_zeros};
use crate::place::{Place, report_lack_of_room};
use crate::program::{Program, print_line};

const MOST: usize = 80_000_000;

/// The bytes repeat after so many: a prime number, so that a part that is out of place is a wrong part.
const PERIOD: usize = 65_521;

/// How much less than what the driver has seen may be measured: whoever counts in whole milliseconds cuts something off.
const TOLERANCE: Duration = Duration::from_millis(1);

/// What the driver has seen of one way.
#[derive(Default)]
struct Seen {
    made: AtomicU64,
    taken: AtomicU64,
    wrong: AtomicU64,
    early: AtomicU64,
    /// When the first byte was about to be made, and when the last one had been taken: nanoseconds of CLOCK_MONOTONIC.
    first_made: AtomicU64,
    last_taken: AtomicU64,
    maker: AtomicI32,
    taker: AtomicI32,
    /// When the first fork was over, the sooner of what parent and child say; 0 if nobody says it.
    forked: AtomicU64,
    /// Where the first and the last part were: when they were made, and when they were taken.
    places: [[AtomicU64; 4]; 4],
}

// SAFETY: it consists of atomics.
unsafe impl Kept for Seen {}

/// Where the end of a fork is noted.
static SEEN: AtomicPtr<Seen> = AtomicPtr::new(std::ptr::null_mut());

/// Called by fork(3) in the parent and in the child, when it is over. It does nothing that a signal handler may not do.
extern "C" fn note_fork() {
    // SAFETY: it is null, or refers to memory that stays mapped as long as the program runs.
    if let Some(seen) = unsafe { SEEN.load(Ordering::Relaxed).as_ref() } {
        let now = now();
        let is_sooner = |noted| (noted == 0 || now < noted).then_some(now);
        let _ = seen
            .forked
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_sooner);
    }
}

/// The bytes that are to go from one process to the other.
#[derive(Clone, Copy)]
pub struct Payload {
    bytes: usize,
    seen: &'static Seen,
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload of {} bytes", self.bytes)
    }
}

impl Payload {
    /// How many bytes there are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes the bytes that begin at position `from`. To be called by the producer, for one part after the other or for all at once.
    pub fn make(&self, from: usize, part: &mut [u8]) {
        if from == 0 {
            self.seen.first_made.store(now(), Ordering::Relaxed);
            self.seen.maker.store(getpid().as_raw(), Ordering::Relaxed);
            report_lack_of_room(part);
        }
        self.note_places(0, from, part);
        for (to, bytes) in pieces(from, part.len()) {
            part[to..to + bytes.len()].copy_from_slice(bytes);
        }
        self.seen
            .made
            .store((from + part.len()) as u64, Ordering::Release);
    }

    /// Takes the bytes that begin at position `from`. To be called by the consumer, for one part after the other or for all at once.
    pub fn take(&self, from: usize, part: &[u8]) {
        let end = (from + part.len()) as u64;
        if self.seen.made.load(Ordering::Acquire) < end {
            self.seen.early.fetch_add(1, Ordering::Relaxed);
        }
        self.note_places(2, from, part);
        let wrong =
            pieces(from, part.len()).filter(|(to, bytes)| part[*to..*to + bytes.len()] != **bytes);
        let wrong = wrong.count() as u64;
        self.seen.wrong.fetch_add(wrong, Ordering::Relaxed);
        self.seen
            .taken
            .fetch_add(part.len() as u64, Ordering::Relaxed);
        self.seen.taker.store(getpid().as_raw(), Ordering::Relaxed);
        self.seen.last_taken.store(now(), Ordering::Release);
    }

    /// Notes where the first and the last part are, counted from where the payload begins.
    fn note_places(&self, first: usize, from: usize, part: &[u8]) {
        let is_end = [from == 0, from + part.len() == self.bytes];
        for (slot, _) in self.seen.places[first..]
            .iter()
            .zip(is_end)
            .filter(|(_, is_end)| *is_end)
        {
            let Some(place) = Place::of(part) else {
                continue;
            };
            let begin = Place {
                offset: place.offset.wrapping_sub(from as u64),
                ..place
            };
            for (to, number) in slot.iter().zip(begin.to_numbers()) {
                to.store(number, Ordering::Relaxed);
            }
        }
    }
}

/// The bytes from a position on, in pieces of one period: where each piece goes, and what it is.
fn pieces(from: usize, length: usize) -> impl Iterator<Item = (usize, &'static [u8])> {
    static PATTERN: OnceLock<Vec<u8>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let mut state = 1_u32;
        let bytes = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
        bytes.take(PERIOD).collect()
    });
    let mut to = 0;
    std::iter::from_fn(move || {
        let begin = (from + to) % PERIOD;
        let bytes = &pattern[begin..PERIOD.min(begin + length - to)];
        let piece = (to, bytes);
        to += bytes.len();
        (!bytes.is_empty()).then_some(piece)
    })
}

/// Nanoseconds of the clock that is the same in all processes.
fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// What the student writes, for each of the two ways: let a child make the payload and this process take it, and
/// return how long that took.
pub type Transport = fn(payload: Payload) -> io::Result<Duration>;

/// Runs the exercise.
#[must_use]
pub fn drive(through_pipe: Transport, through_memory: Transport) -> ExitCode {
    let program = Program::begin();
    let Some(bytes) = bytes(std::env::args().skip(1)) else {
        eprintln!("usage: pipe-vs-shm [BYTES]: a number from 1 to {MOST}");
        return ExitCode::from(2);
    };
    // SAFETY: the function fits what is asked for, and stays. A refusal (ENOMEM) leaves the time of the fork unknown.
    unsafe { nix::libc::pthread_atfork(None, Some(note_fork), Some(note_fork)) };
    for (way, function, transport) in [
        (Way::Pipe, "through_pipe", through_pipe),
        (Way::Memory, "through_memory", through_memory),
    ] {
        let seen = match share_zeros::<Seen>() {
            Ok(seen) => seen,
            Err(error) => {
                eprintln!("pipe-vs-shm: no shared memory: {error}");
                return ExitCode::FAILURE;
            }
        };
        SEEN.store(std::ptr::from_ref(seen).cast_mut(), Ordering::Relaxed);
        let begin = now();
        let result = transport(Payload { bytes, seen });
        let end = now();
        let whole = Duration::from_nanos(end.saturating_sub(begin));
        let forked = begin.max(seen.forked.load(Ordering::Relaxed));
        let longest = Duration::from_nanos(end.saturating_sub(forked));
        let code = program.end(function, result, |measured| {
            for line in report(way, bytes, seen, measured, [longest, whole], getpid()) {
                print_line(&line);
            }
        });
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    ExitCode::SUCCESS
}

fn bytes(mut args: impl Iterator<Item = String>) -> Option<usize> {
    let bytes = args.next().map_or(Some(MOST), |arg| arg.parse().ok())?;
    (args.next().is_none() && (1..=MOST).contains(&bytes)).then_some(bytes)
}

/// One of the two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Pipe,
    Memory,
}

/// What there is to say of one way. No more can be measured than `longest`, from the fork to the end of the function, nor than the `whole` of
/// that.
fn report(
    way: Way,
    bytes: usize,
    seen: &Seen,
    measured: Duration,
    [longest, whole]: [Duration; 2],
    main: Pid,
) -> Vec<String> {
    let name = match way {
        Way::Pipe => "the pipe",
        Way::Memory => "shared memory",
    };
    let number = |it: &AtomicU64| it.load(Ordering::Acquire);
    let (taken, wrong) = (number(&seen.taken), number(&seen.wrong));
    let is_whole = taken == bytes as u64 && wrong == 0;
    let state = if is_whole {
        "as they were made"
    } else {
        "not all as they were made"
    };
    let mut lines = vec![format!("{taken} bytes through {name}, {state}")];
    let maker = seen.maker.load(Ordering::Relaxed);
    if maker == 0 || maker == main.as_raw() || seen.taker.load(Ordering::Relaxed) != main.as_raw() {
        lines.push(format!(
            "made up: no bytes were made in another process and taken in this one, through {name}"
        ));
        return lines;
    }
    if number(&seen.early) > 0 {
        lines.push(format!(
            "too early: bytes were taken before they were made, through {name}"
        ));
    }
    let places = seen
        .places
        .each_ref()
        .map(|numbers| Place::from_numbers(numbers.each_ref().map(number)));
    let is_shared = places[1..]
        .iter()
        .all(|place| place.is_same_memory_as(&places[0]));
    if way == Way::Memory && !is_shared {
        lines.push(if is_whole {
            "copied: what was taken is not the memory in which it was made".to_owned()
        } else {
            "private: what was made is not in the memory of this process".to_owned()
        });
    }
    let least = number(&seen.last_taken).saturating_sub(number(&seen.first_made));
    let least = Duration::from_nanos(least);
    if measured + TOLERANCE < least || measured > whole + TOLERANCE {
        lines.push(format!(
            "not measured: the time for {name} is not the time that it took"
        ));
        eprintln!(
            "{name}: {measured:?} reported; between the first byte and the last {least:?} passed, in the whole function {whole:?}"
        );
    } else if measured > longest + TOLERANCE {
        lines.push(format!(
            "with the creation of a process: the clock for {name} ran before the producer was there"
        ));
        eprintln!("{name}: {measured:?} reported; since the fork {longest:?} have passed");
    } else {
        let rate = bytes as f64 / measured.as_secs_f64() / 1e9;
        eprintln!("{name}: {bytes} bytes in {measured:.1?}, {rate:.2} GB/s");
    }
    lines
}
