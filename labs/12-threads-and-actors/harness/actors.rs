//! Driver of `actors`: tells actors something, asks them, and stops them.
//!
//! Usage: `actors [STEP…]` (default `alice+5 bob+7 alice? bob?`; at most 8 actors). A STEP is `NAME+NUMBER`, which tells an actor to add
//! the number to its total, `NAME?`, which asks it for the total, `NAME!`, which tells it to crash, or `NAME!?`, which asks it to.
//! Actors are spawned in the order of their first steps, before the first step, and stopped in the same order after the last one.
//!
//! No actor receives its first message before the main process waits for something. So whatever comes behind it is in the mailbox
//! by then, every time.

mod behavior;

use std::io;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid};

use crate::program::{Program, print_line};
use crate::rest::{Rest, children_of, first_thread, until_at_rest};
use crate::shared::share;
pub use behavior::Behavior;
use behavior::{MOST, Page};

/// What the student writes: actors, each a process with a mailbox. They are numbered from 0, in the order in which they are spawned.
pub trait ActorSystem {
    /// A system without actors.
    fn new() -> Self;

    /// Starts the next actor: a process that passes each message from its mailbox to `behavior.receive`.
    ///
    /// # Errors
    /// When it cannot be started.
    fn spawn(&mut self, behavior: Behavior) -> io::Result<()>;

    /// Puts a message into the mailbox of an actor, and does not wait for anything else.
    ///
    /// # Errors
    /// When the actor is no longer there.
    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()>;

    /// The same, and waits for the answer to this message.
    ///
    /// # Errors
    /// When the actor ends without an answer, or is no longer there.
    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String>;

    /// Lets an actor end as soon as its mailbox is empty, and reaps it.
    ///
    /// # Errors
    /// When it has crashed.
    fn stop(&mut self, actor: usize) -> io::Result<()>;
}

/// What an actor is told or asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Tell(String),
    Ask,
    /// Asks for an answer that never comes, because the actor has taken the question and crashed.
    AskInVain,
}

impl Step {
    fn message(&self) -> &str {
        match self {
            Self::Tell(message) => message,
            Self::Ask => "total",
            Self::AskInVain => "crash",
        }
    }
}

#[derive(Debug, Default)]
struct Plan {
    names: Vec<String>,
    /// The number of an actor, and what it is told.
    steps: Vec<(usize, Step)>,
}

impl Plan {
    fn of_arguments() -> Option<Self> {
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        if words.is_empty() {
            words = ["alice+5", "bob+7", "alice?", "bob?"]
                .map(String::from)
                .into();
        }
        let mut plan = Self::default();
        for word in words {
            let (name, step) = if let Some(name) = word.strip_suffix("!?") {
                (name, Step::AskInVain)
            } else if let Some(name) = word.strip_suffix('?') {
                (name, Step::Ask)
            } else if let Some(name) = word.strip_suffix('!') {
                (name, Step::Tell("crash".into()))
            } else {
                let (name, number) = word.split_once('+')?;
                let number: u32 = number.parse().ok()?;
                (name, Step::Tell(format!("add {number}")))
            };
            let actor = plan.number(name);
            plan.steps.push((actor, step));
        }
        (plan.names.len() <= MOST).then_some(plan)
    }

    fn number(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|it| it == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// What an actor receives, in this order.
    fn messages(&self, actor: usize) -> Vec<String> {
        let own = self.steps.iter().filter(|(number, _)| *number == actor);
        own.map(|(_, step)| step.message().to_owned()).collect()
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive<S: ActorSystem>() -> ExitCode {
    let program = Program::begin();
    let Some(plan) = Plan::of_arguments() else {
        eprintln!(
            "usage: actors [STEP…]: each NAME+NUMBER, NAME?, NAME! or NAME!?, with at most {MOST} names"
        );
        return ExitCode::from(2);
    };
    let page = match share::<Page>() {
        Ok(page) => page,
        Err(error) => {
            eprintln!("actors: no shared memory: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut lead = Lead {
        program,
        plan: &plan,
        page,
        system: S::new(),
        pids: Vec::new(),
        told: vec![0; plan.names.len()],
        asks_again: false,
    };
    let result = lead.play();
    let Lead { program, .. } = &lead;
    program.end("spawn", result, |()| lead.tell_of_faults())
}

struct Lead<'a, S> {
    program: Program,
    plan: &'a Plan,
    page: &'static Page,
    system: S,
    pids: Vec<Option<Pid>>,
    /// How many messages each actor has been told or asked.
    told: Vec<usize>,
    asks_again: bool,
}

impl<S: ActorSystem> Lead<'_, S> {
    fn play(&mut self) -> io::Result<()> {
        for (number, name) in self.plan.names.iter().enumerate() {
            let messages = self.plan.messages(number);
            let before = children_of(getpid());
            let behavior = Behavior::of(name, number, messages, self.page);
            let spawned = self.system.spawn(behavior);
            self.program.only_the_parent_returns_from("spawn");
            spawned?;
            let now = children_of(getpid());
            self.pids
                .push(now.into_iter().find(|pid| !before.contains(pid)));
        }
        // Whoever waits for a message should sleep.
        let actors: Vec<_> = self
            .pids
            .iter()
            .flatten()
            .copied()
            .map(first_thread)
            .collect();
        self.asks_again |= until_at_rest(|| actors.clone()) == Rest::Busy;
        let plan = self.plan;
        for (actor, step) in &plan.steps {
            self.told[*actor] += 1;
            match step {
                Step::Tell(message) => self.tell(*actor, message),
                Step::Ask | Step::AskInVain => self.ask(*actor, step),
            }
        }
        (0..plan.names.len()).for_each(|actor| self.stop(actor));
        Ok(())
    }

    fn name(&self, actor: usize) -> &str {
        &self.plan.names[actor]
    }

    fn tell(&mut self, actor: usize, message: &str) {
        let result = self.system.tell(actor, message);
        self.program.only_the_parent_returns_from("tell");
        // Nobody receives a first message before this process waits for something.
        let received = self.page.actors[actor].received.load(Ordering::SeqCst);
        if self.told[actor] == 1 && received > 0 {
            print_line(&format!(
                "waited: telling {} something took until it had been received",
                self.name(actor)
            ));
        }
        if let Err(error) = result {
            print_line(&format!("{} cannot be told anything", self.name(actor)));
            eprintln!("tell failed: {error}");
        }
    }

    fn ask(&mut self, actor: usize, step: &Step) {
        let result = self.system.ask(actor, step.message());
        self.program.only_the_parent_returns_from("ask");
        match result {
            Ok(answer) => {
                let name = self.name(actor);
                if *step == Step::AskInVain {
                    print_line(&format!(
                        "no answer: {name} crashed over this question, and `{answer}` was taken for the answer"
                    ));
                    return;
                }
                print_line(&format!("{name} was asked; {answer}"));
                let begin = format!("{name} answers message {}:", self.told[actor]);
                if !answer.starts_with(&begin) {
                    print_line(&format!(
                        "mixed up: this was message {} for {name}, and the answer is to another one",
                        self.told[actor]
                    ));
                }
            }
            Err(error) => {
                print_line(&format!(
                    "{} was asked, and did not answer",
                    self.name(actor)
                ));
                eprintln!("ask failed: {error}");
            }
        }
    }

    fn stop(&mut self, actor: usize) {
        let result = self.system.stop(actor);
        self.program.only_the_parent_returns_from("stop");
        let name = self.name(actor);
        if self.pids[actor].is_some_and(is_child) {
            print_line(&format!("{name} was stopped, but has not been waited for"));
            return;
        }
        let notes = &self.page.actors[actor];
        let received = notes.received.load(Ordering::SeqCst) as usize;
        let told = self.told[actor];
        let how = match &result {
            Ok(()) => "ended well",
            Err(_) => "crashed",
        };
        print_line(&format!(
            "{name} {how}, after {received} of {told} messages"
        ));
        let last = self.plan.messages(actor);
        let has_crashed = received > 0 && last.get(received - 1).is_some_and(|it| it == "crash");
        if result.is_ok() && has_crashed {
            print_line(&format!(
                "unnoticed: a signal ended {name}, and that was taken for a good end"
            ));
        } else if result.is_ok() && received < told {
            print_line(&format!(
                "dropped: {name} was stopped with messages in the mailbox"
            ));
        }
    }

    fn tell_of_faults(&self) {
        let all = &self.page.actors[..self.plan.names.len()];
        if all.iter().any(|it| it.is_mixed.load(Ordering::SeqCst)) {
            print_line(
                "mixed up: an actor received what was no message to it, or not the next one",
            );
        }
        let pids: Vec<i32> = all.iter().map(|it| it.pid.load(Ordering::SeqCst)).collect();
        let is_own = |(place, pid): (usize, &i32)| {
            *pid == 0 || (*pid != getpid().as_raw() && !pids[..place].contains(pid))
        };
        if !pids.iter().enumerate().all(is_own) {
            print_line("made up: not each actor was a process of its own");
        }
        if self.asks_again || self.page.asks_again.load(Ordering::SeqCst) {
            print_line(
                "asks again: a process with nothing to do asks again and again instead of waiting",
            );
        }
    }
}

/// Whether this is a child that nobody has waited for.
fn is_child(pid: Pid) -> bool {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(pid), look) != Err(Errno::ECHILD)
}
