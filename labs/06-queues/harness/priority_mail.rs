//! Driver of `priority-mail`: letters of several classes, of which the most urgent is to be opened first.
//!
//! Usage: `priority-mail [CLASS...]` (default `5 1 3 1 9 3`): a letter of each class, from 1 (most urgent) to 9.

use std::io;
use std::process::ExitCode;

use nix::unistd::getpid;

use crate::program::{Program, print_line, say};
use crate::queue::{Name, UNAVAILABLE, refusal};
use crate::witness::Witness;

static WITNESS: Witness = Witness::new();

/// The least urgent class.
pub const LAST_CLASS: u32 = 9;

/// How many messages the queue is to hold: all letters and one more. Every user of Linux may have so many by default.
pub const CAPACITY: i64 = 10;

/// The size in bytes of a letter in the queue.
pub const LETTER_SIZE: usize = 8;

/// A letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// Its number, in the order in which the letters are sent.
    pub number: u32,
    /// How urgent it is: 1 is most urgent, [`LAST_CLASS`] least.
    pub class: u32,
}

impl Letter {
    /// What travels through the queue.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; LETTER_SIZE] {
        let mut bytes = [0; LETTER_SIZE];
        bytes[..4].copy_from_slice(&self.number.to_be_bytes());
        bytes[4..].copy_from_slice(&self.class.to_be_bytes());
        bytes
    }

    /// Reads a letter from its bytes.
    ///
    /// # Errors
    ///
    /// `InvalidData` if these are not the bytes of a letter.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes))
        };
        match (word(0), word(4), bytes.len()) {
            (Some(number), Some(class), LETTER_SIZE) => Ok(Self { number, class }),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// Opens a letter, in the process that received it.
pub fn open_letter(letter: Letter) {
    WITNESS.note(u64::from(letter.number));
    let Letter { number, class } = letter;
    say(&format!("opens letter {number} of class {class}"));
}

/// What the student writes: send the letters through the queue of this name to a reader, which opens them.
pub type Deliver = fn(queue: &str, letters: &[Letter]) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(deliver: Deliver) -> ExitCode {
    let program = Program::begin();
    let Some(letters) = letters() else {
        eprintln!(
            "usage: priority-mail [CLASS...]: at most 9 letters, of classes 1 to {LAST_CLASS}"
        );
        return ExitCode::from(2);
    };
    let name = match Name::new("priority-mail", CAPACITY, LETTER_SIZE as i64) {
        Ok(name) => name,
        Err(error) => {
            eprintln!("priority-mail: {}", refusal(error));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    if let Err(error) = WITNESS.begin() {
        eprintln!("priority-mail: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    for Letter { number, class } in &letters {
        print_line(&format!("letter {number} of class {class} is sent"));
    }
    let result = deliver(name.as_str(), &letters);
    program.only_the_parent_returns_from("deliver");
    if name.remove() == Ok(true) {
        print_line("left behind: the queue still had its name");
    }
    program.end("deliver", result, |()| judge(&letters))
}

fn letters() -> Option<Vec<Letter>> {
    let parse = |word: String| {
        let class = word.parse().ok()?;
        (1..=LAST_CLASS).contains(&class).then_some(class)
    };
    let classes: Vec<u32> = std::env::args().skip(1).map(parse).collect::<Option<_>>()?;
    let classes = match classes.len() {
        0 => vec![5, 1, 3, 1, 9, 3],
        1..=9 => classes,
        _ => return None,
    };
    let numbered = (1..).zip(classes);
    Some(
        numbered
            .map(|(number, class)| Letter { number, class })
            .collect(),
    )
}

/// Says whether the letters were opened in the wanted order, or the other way round.
fn judge(letters: &[Letter]) {
    let sightings = WITNESS.sightings();
    let opened: Vec<u64> = sightings.iter().map(|seen| seen.deed).collect();
    let numbers = |letters: &[Letter]| -> Vec<u64> {
        letters.iter().map(|it| u64::from(it.number)).collect()
    };
    let mut sorted = letters.to_vec();
    // Both sorts are stable: within a class the order of sending stays.
    sorted.sort_by_key(|letter| letter.class);
    let wanted = numbers(&sorted);
    sorted.sort_by_key(|letter| std::cmp::Reverse(letter.class));
    let reversed = numbers(&sorted);
    if opened == wanted {
        print_line("the most urgent letter was always opened first");
    } else if opened == reversed {
        print_line("reversed: the least urgent letter was always opened first");
    }
    if sightings.iter().any(|seen| seen.pid == getpid()) {
        print_line("made up: the letters were opened by the process that sent them");
    }
}
