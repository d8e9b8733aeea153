//! Driver of `broken-barrier`: members that meet in rounds, until one of them dies or does not come in time.
//!
//! Usage: `broken-barrier [MEMBERS ROUNDS [killed MEMBER ROUND | late MEMBER ROUND [HURRIED]]]` (default `3 3 killed 2 2`; up to 8
//! members, 9 rounds).
//!
//! The one that is killed dies when all others have passed the round before. The one that is late comes when all others have given
//! up, so with `late` there is a deadline, for all members or for one that is HURRIED; otherwise there is none.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

use crate::notes::Notes;
use crate::program::{Program, print_line, say};

static NOTES: Notes = Notes::new();

/// Notes: a member has passed a round, or found it broken.
const PASSED: u64 = 0;
const BROKEN: u64 = 1000;

const MOST_MEMBERS: usize = 8;
const MOST_ROUNDS: usize = 9;

/// How long a member waits for the others. On a busy machine, too, who is not late comes sooner.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long the driver waits for the members. Without a deadline nobody ever gives up.
const PATIENCE: Duration = Duration::from_secs(6);

/// Between two looks at the others.
const PAUSE: Duration = Duration::from_millis(20);

/// Members, and the rounds in which they meet.
#[derive(Debug)]
pub struct Meeting {
    members: Vec<Member>,
    rounds: usize,
}

impl Meeting {
    /// The members.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// How many rounds there are, from 1.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }
}

/// One member: the work of one process.
#[derive(Debug)]
pub struct Member {
    number: usize,
    members: usize,
    accident: Option<Accident>,
    deadline: Option<Duration>,
}

/// What happens to a member, and in which round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accident {
    Killed(usize),
    Late(usize),
}

impl Member {
    /// How long this member waits for the others, if not for ever. Another one may have more time.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Does the work of a round. It can take long, and not everybody survives it.
    pub fn work(&self, round: usize) {
        match self.accident {
            Some(Accident::Killed(when)) if when == round => {
                self.wait_for_the_others(PASSED, round - 1);
                // No process ignores it, and there is no process to come back to.
                let _ = kill(getpid(), Signal::SIGKILL);
            }
            Some(Accident::Late(when)) if when == round => self.wait_for_the_others(BROKEN, round),
            _ => {}
        }
    }

    /// All members have come: the next round can begin.
    pub fn pass(&self, round: usize) {
        say(&format!("member {} has passed round {round}", self.number));
        NOTES.add(PASSED + self.code(round));
    }

    /// Somebody does not come: this member gives up.
    pub fn give_up(&self, round: usize) {
        say(&format!("member {} gives up in round {round}", self.number));
        NOTES.add(BROKEN + self.code(round));
    }

    fn code(&self, round: usize) -> u64 {
        (round * 10 + self.number) as u64
    }

    /// Waits until all others have come so far.
    fn wait_for_the_others(&self, what: u64, round: usize) {
        let begin = Instant::now();
        while round > 0 && begin.elapsed() < PATIENCE {
            let notes = NOTES.all();
            let has_come = |number: usize| {
                let code = what + (round * 10 + number) as u64;
                number == self.number || notes.iter().any(|note| note.deed == code)
            };
            if (1..=self.members).all(has_come) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// What the student writes: a process for each member, and a barrier between them that can break.
pub type Meet = fn(meeting: &Meeting) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(meet: Meet) -> ExitCode {
    let program = Program::begin();
    let Some(meeting) = meeting(std::env::args().skip(1).collect()) else {
        eprintln!(
            "usage: broken-barrier [MEMBERS ROUNDS [killed MEMBER ROUND | late MEMBER ROUND [HURRIED]]]: up to {MOST_MEMBERS} members, {MOST_ROUNDS} rounds"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = NOTES.begin() {
        eprintln!("broken-barrier: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let members = meeting.members.len();
    print_line(&format!("{members} members, {} rounds", meeting.rounds));
    let result = meet(&meeting);
    program.end("meet", result, |()| {
        print_line("the meeting is over");
        for number in without_own_process(members) {
            print_line(&format!(
                "made up: member {number} had no process of its own"
            ));
        }
    })
}

fn meeting(args: Vec<String>) -> Option<Meeting> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let words = if words.is_empty() {
        vec!["3", "3", "killed", "2", "2"]
    } else {
        words
    };
    let number = |word: &str, most: usize| word.parse().ok().filter(|it| (1..=most).contains(it));
    let (count, rounds) = (
        number(words.first()?, MOST_MEMBERS)?,
        number(words.get(1)?, MOST_ROUNDS)?,
    );
    let (who, accident, hurried) = match words.get(2..)? {
        [] => (0, None, None),
        ["killed", who, round] => {
            let accident = Accident::Killed(number(round, rounds)?);
            (number(who, count)?, Some(accident), None)
        }
        ["late", who, round, hurried @ ..] => {
            let accident = Accident::Late(number(round, rounds)?);
            let hurried = match hurried {
                [] => 1..=count,
                [hurried] => {
                    let hurried = number(hurried, count)?;
                    hurried..=hurried
                }
                _ => return None,
            };
            (number(who, count)?, Some(accident), Some(hurried))
        }
        _ => return None,
    };
    let is_hurried = |member: usize| hurried.as_ref().is_some_and(|it| it.contains(&member));
    let member = |member: usize| Member {
        number: member,
        members: count,
        accident: accident.filter(|_| member == who),
        deadline: is_hurried(member).then_some(DEADLINE),
    };
    Some(Meeting {
        members: (1..=count).map(member).collect(),
        rounds,
    })
}

/// The members that have said nothing in a process of their own, though they came so far.
fn without_own_process(members: usize) -> Vec<usize> {
    let notes = NOTES.all();
    let mut taken = BTreeSet::from([getpid()]);
    let mut without = Vec::new();
    for number in 1..=members {
        let is_own = |code: u64| code % 10 == number as u64;
        match notes.iter().find(|note| is_own(note.deed)) {
            Some(note) if !taken.insert(note.pid) => without.push(number),
            _ => {}
        }
    }
    without
}
