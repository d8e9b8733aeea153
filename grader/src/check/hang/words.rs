//! What each thread does, in a sentence. Threads of which the same is to be said share one.

use super::names::{Names, list, signal};
use super::{LATELY, history};
use crate::record::Record;
use crate::record::alive::{
    Alive, Awaited, Descriptor, Does, Enders, Kind, Peer, SharedWord, Thread, Timeout, Wait, Which,
};

/// Waiting for more than so many things is not told one by one.
const MOST_AWAITED: usize = 4;

/// What is to be said of one thread: `[pid 2]`, `waits`, `in read(3) for …`.
struct Said {
    subject: String,
    verb: &'static str,
    rest: String,
}

/// A sentence for each thread, in the order of the processes.
pub(super) fn sentences(record: &Record, names: &Names<'_>) -> Vec<String> {
    let mut groups: Vec<(Vec<String>, &'static str, String)> = Vec::new();
    for process in &record.alive {
        for said in of_process(process, record, names) {
            // What is said of "itself" is said of one.
            let is_same = |it: &&mut (Vec<String>, &str, String)| {
                it.1 == said.verb && it.2 == said.rest && !said.rest.contains(" itself")
            };
            match groups.iter_mut().find(is_same) {
                Some((subjects, ..)) => subjects.push(said.subject),
                None => groups.push((vec![said.subject], said.verb, said.rest)),
            }
        }
    }
    let sentence = |(subjects, verb, rest): &(Vec<String>, &str, String)| {
        let verb = match (subjects.len(), *verb) {
            (1, verb) => verb.to_owned(),
            (_, "is") => "are".to_owned(),
            (_, "goes") => "go".to_owned(),
            (_, verb) => verb.trim_end_matches('s').to_owned(),
        };
        format!("{} {verb} {rest}.", list(subjects, "and"))
    };
    groups.iter().map(sentence).collect()
}

fn of_process(process: &Alive, record: &Record, names: &Names<'_>) -> Vec<Said> {
    let name = names.process(process.pid);
    let several = process.threads.len() > 1;
    let threads = process.threads.iter().enumerate();
    let said = threads.map(|(at, thread)| {
        let (verb, rest) = does(process, thread, record, names);
        let subject = if several {
            format!("{name} (thread {})", at + 1)
        } else {
            name.clone()
        };
        Said {
            subject,
            verb,
            rest,
        }
    });
    said.collect()
}

fn does(
    process: &Alive,
    thread: &Thread,
    record: &Record,
    names: &Names<'_>,
) -> (&'static str, String) {
    match &thread.does {
        Does::Run { in_kernel } => ("runs", runs(process, *in_kernel, record, names)),
        Does::Wake => ("goes", wakes(process, record, names)),
        Does::Stand => ("is", stands(process, record, names)),
        Does::Wait(wait) if wait.awaited.is_empty() => {
            let time = match wait.timeout {
                Some(Timeout::Milliseconds(milliseconds)) => length(milliseconds),
                _ => "a time".to_owned(),
            };
            ("sleeps", format!("in {} for {time}", wait.call))
        }
        Does::Wait(wait) => ("waits", waits(process, wait, record, names)),
    }
}

fn runs(process: &Alive, in_kernel: bool, record: &Record, names: &Names<'_>) -> String {
    let calls = lately(process, record, names);
    match (calls.is_empty(), in_kernel) {
        (false, _) => format!("without a rest, and calls {calls} again and again"),
        (true, true) => "without a rest, in system calls that do not wait".to_owned(),
        (true, false) => "without a rest, in its own code: a loop that does not end".to_owned(),
    }
}

fn wakes(process: &Alive, record: &Record, names: &Names<'_>) -> String {
    let calls = lately(process, record, names);
    if calls.is_empty() {
        "on and on: it sleeps and wakes again and again".to_owned()
    } else {
        format!("on and on: it calls {calls} again and again")
    }
}

/// The calls that a process makes all the time.
fn lately(process: &Alive, record: &Record, names: &Names<'_>) -> String {
    let calls = names
        .id(process.pid)
        .map(|id| history::calls_lately(record, id, LATELY))
        .unwrap_or_default();
    let calls: Vec<String> = calls.iter().map(|call| format!("`{call}`")).collect();
    list(&calls, "and")
}

fn stands(process: &Alive, record: &Record, names: &Names<'_>) -> String {
    let came = names
        .id(process.pid)
        .and_then(|id| history::stopped_by(record, id));
    let Some(came) = came else {
        return "stopped by a signal; only SIGCONT lets it go on".to_owned();
    };
    let from = match came.from {
        Some(from) if Some(from) == names.id(process.pid) => ", which it sent itself".to_owned(),
        Some(from) => format!(", which [pid {}] sent", from + 1),
        None => String::new(),
    };
    let by = signal(came.signal);
    format!("stopped by {by}{from}; only SIGCONT lets it go on")
}

fn waits(process: &Alive, wait: &Wait, record: &Record, names: &Names<'_>) -> String {
    let call = match (wait.descriptor, &wait.awaited[..]) {
        (_, [Awaited::Opening { path, .. }]) => {
            format!("{}(\"{}\")", wait.call, super::names::file_name(path))
        }
        (Some(number), _) => format!("{}({number})", wait.call),
        (None, _) => wait.call.clone(),
    };
    let time = match wait.timeout {
        None => String::new(),
        Some(Timeout::Milliseconds(milliseconds)) => {
            format!(", at most {},", length(milliseconds))
        }
        Some(Timeout::Unknown) => ", for a limited time,".to_owned(),
    };
    let speaker = Speaker {
        process,
        record,
        names,
    };
    let shown = wait.awaited.iter().take(MOST_AWAITED);
    let mut parts: Vec<String> = shown.map(|awaited| speaker.awaited(awaited)).collect();
    if wait.awaited.len() > MOST_AWAITED {
        parts.push(format!("{} more things", wait.awaited.len() - MOST_AWAITED));
    }
    let separator = if parts.len() > 1 { ", or" } else { "" };
    let (last, first) = parts
        .split_last()
        .map_or((String::new(), &[][..]), |(last, first)| {
            (last.clone(), first)
        });
    let mut text = format!("in {call}{time} ");
    for part in first {
        text.push_str(&format!("{part}{separator} "));
    }
    text + &last
}

/// Says what a process waits for, with the preposition before.
struct Speaker<'a> {
    process: &'a Alive,
    record: &'a Record,
    names: &'a Names<'a>,
}

impl Speaker<'_> {
    fn awaited(&self, awaited: &Awaited) -> String {
        let enders = self.process.enders(awaited, &self.record.alive);
        match awaited {
            Awaited::Data { descriptor } => match self.process.descriptor(*descriptor) {
                Some(it) => self.data(it, &enders),
                None => format!("for something to read from fd {descriptor}"),
            },
            Awaited::Room { descriptor } => match self.process.descriptor(*descriptor) {
                Some(it) => self.room(it, &enders),
                None => format!("for room in fd {descriptor}"),
            },
            Awaited::Opening { path, reads } => self.opening(path, *reads),
            Awaited::Acceptance { listener } => self.acceptance(listener.as_deref(), &enders),
            Awaited::Word {
                shared,
                private,
                before,
                now,
                owner,
            } => self.word(shared.as_ref(), *private, (*before, *now), *owner, &enders),
            Awaited::Child { which } => self.child(*which, &enders),
            Awaited::Vforked => {
                let who = self.known(&enders, "its child");
                format!("until {who}, which borrows its memory, executes a program or ends")
            }
            Awaited::Signal { signals } => self.signal(signals),
            Awaited::Lock { descriptor, .. } => self.lock(*descriptor, &enders),
            Awaited::SystemV { what } => format!("for {what}"),
            Awaited::Other => "for something outside the run".to_owned(),
        }
    }

    fn data(&self, it: &Descriptor, enders: &Enders) -> String {
        let object = self.names.object(it);
        let held = self.held(enders);
        match &it.kind {
            Kind::Pipe | Kind::Fifo => match held {
                Some(held) => {
                    let still = "whose write end is still open";
                    format!("for data or the end of {object}, {still} {held}")
                }
                None => format!("for data from {object}, which somebody outside the run writes"),
            },
            Kind::Socket { peer } => {
                self.socket(&format!("data or the end of {object}"), peer, enders)
            }
            Kind::Queue => match held {
                Some(held) => {
                    format!("for a message: {object} is empty, and open for sending {held}")
                }
                None => format!("for a message: {object} is empty, and nobody has it open to send"),
            },
            Kind::Event => match held {
                Some(held) => format!("for {object} to be counted up, which is open {held}"),
                None => format!("for {object} to be counted up, which nobody can"),
            },
            Kind::Signals { signals } => {
                format!("{} through a signalfd", self.signal(signals))
            }
            Kind::Process { pid } => {
                format!("for {} to end", self.names.other(*pid, self.process))
            }
            Kind::Timer { armed: true } => format!("for a timer (fd {})", it.number),
            Kind::Timer { armed: false } => {
                format!("for a timer that is not set (fd {})", it.number)
            }
            Kind::Set { watched } if watched.is_empty() => {
                "for nothing: the epoll set is empty".to_owned()
            }
            Kind::Set { watched } => {
                let shown = watched.iter().take(MOST_AWAITED);
                let parts: Vec<String> = shown.map(|it| self.awaited(it)).collect();
                let more = watched.len().saturating_sub(MOST_AWAITED);
                let text = list(&parts, "or");
                match more {
                    0 => text,
                    more => format!("{text}, or {more} more things"),
                }
            }
            Kind::Terminal => {
                "for a line from the terminal, where nothing is typed until the run has come further"
                    .to_owned()
            }
            Kind::File | Kind::Other => format!("for input from {object}"),
        }
    }

    fn room(&self, it: &Descriptor, enders: &Enders) -> String {
        let object = self.names.object(it);
        let held = self.held(enders);
        match &it.kind {
            Kind::Pipe | Kind::Fifo => match held {
                Some(held) => {
                    format!("for room in {object}, which is full; its read end is open {held}")
                }
                None => format!("for room in {object}, which somebody outside the run reads"),
            },
            Kind::Socket { peer } => self.socket(&format!("room in {object}"), peer, enders),
            Kind::Queue => match held {
                Some(held) => {
                    format!("for room: {object} is full, and open for receiving {held}")
                }
                None => {
                    format!("for room: {object} is full, and nobody has it open to receive")
                }
            },
            _ => match held {
                Some(held) => format!("for room in {object}, which is open {held}"),
                None => format!("for room in {object}"),
            },
        }
    }

    fn socket(&self, what: &str, peer: &Peer, enders: &Enders) -> String {
        match (peer, self.held(enders)) {
            (Peer::Listens, _) => "for a connection".to_owned(),
            (Peer::Anybody, _) => format!("for {what}, which is connected to nobody in particular"),
            (Peer::Unaccepted(_), Some(held)) => format!(
                "for {what}, whose connection nobody has accepted; the socket that listens is open {held}"
            ),
            (_, Some(held)) => format!("for {what}, whose other end is still open {held}"),
            (_, None) => format!("for {what}"),
        }
    }

    fn opening(&self, path: &str, reads: bool) -> String {
        let (own, other) = if reads {
            ("reading", "writing")
        } else {
            ("writing", "reading")
        };
        let too = self.record.alive.iter().filter(|it| {
            it.pid != self.process.pid
                && it.threads.iter().filter_map(Thread::wait).any(|wait| {
                    let awaited = Awaited::Opening {
                        path: path.to_owned(),
                        reads,
                    };
                    wait.awaited.contains(&awaited)
                })
        });
        let too: Vec<String> = too.map(|it| self.names.process(it.pid)).collect();
        let also = match &too[..] {
            [] => String::new(),
            [one] => format!("; {one} opens it for {own}, too"),
            _ => format!("; {} open it for {own}, too", list(&too, "and")),
        };
        format!("for a process that opens this FIFO for {other}: nobody does{also}")
    }

    fn acceptance(&self, listener: Option<&str>, enders: &Enders) -> String {
        match (listener, self.held(enders)) {
            (Some(_), Some(held)) => format!(
                "for its connection to be taken: the queue of the socket that listens is full; it is open {held}"
            ),
            _ => "for its connection to be taken".to_owned(),
        }
    }

    fn word(
        &self,
        shared: Option<&SharedWord>,
        private: bool,
        (before, now): (Option<u32>, Option<u32>),
        owner: Option<i32>,
        enders: &Enders,
    ) -> String {
        let mut text = match shared {
            None => "to be woken by another thread of the same process".to_owned(),
            Some(word) => format!(
                "to be woken from the word at offset {} of {}",
                word.offset,
                self.names.memory(&word.memory)
            ),
        };
        let others = match enders {
            Enders::These(enders) => enders.clone(),
            _ => Vec::new(),
        };
        match shared {
            None if others.is_empty() => text.push_str(", which has only one"),
            None => {}
            Some(_) if private => text.push_str(
                ", but as a private futex (FUTEX_PRIVATE_FLAG): no other process can wake it",
            ),
            Some(_) if others.is_empty() => text.push_str(", which no other process maps"),
            Some(_) => {
                let who = others
                    .iter()
                    .map(|it| self.names.other(it.pid, self.process));
                let who: Vec<String> = who.collect();
                let maps = if who.len() == 1 { "maps" } else { "map" };
                text.push_str(&format!(", which {} {maps}, too", list(&who, "and")));
            }
        }
        if let Some(owner) = owner.filter(|_| shared.is_some()) {
            text.push_str(&self.owner(owner));
        } else if let (Some(before), Some(now)) = (before, now)
            && before != now
        {
            text.push_str(&format!(
                "; the word was {before} when it went to sleep and is {now} now, so somebody changed it and woke nobody"
            ));
        }
        text
    }

    /// The thread that the word names as the owner of the lock.
    fn owner(&self, owner: i32) -> String {
        let alive = self.record.alive.iter();
        let mut alive = alive.filter(|it| it.threads.iter().any(|thread| thread.id == owner));
        match alive.next() {
            Some(it) => format!(
                "; the word says that {} has the lock",
                self.names.other(it.pid, self.process)
            ),
            None => match self.names.id(owner) {
                Some(id) => format!(
                    "; the word says that [pid {}] has the lock, and that has ended",
                    id + 1
                ),
                None => String::new(),
            },
        }
    }

    fn child(&self, which: Which, enders: &Enders) -> String {
        let children = self.known(enders, "a child");
        match (which, enders) {
            (Which::Pid(_), _) => format!("for {children} to end"),
            (_, Enders::These(these)) if these.len() == 1 => {
                format!("for its child {children} to end")
            }
            (_, Enders::These(_)) => format!("for one of its children to end: {children}"),
            _ => format!("for {children} to end"),
        }
    }

    fn signal(&self, signals: &[i32]) -> String {
        let names: Vec<String> = signals.iter().map(|number| signal(*number)).collect();
        let mut text = match &names[..] {
            [] => "for a signal".to_owned(),
            some => format!("for {}", list(some, "or")),
        };
        let id = self.names.id(self.process.pid);
        if let Some(came) = id.and_then(|id| history::last_signal(self.record, id, signals)) {
            let from = came
                .from
                .map_or(String::new(), |from| format!(" from [pid {}]", from + 1));
            let name = signal(came.signal);
            text.push_str(&format!(
                "; {name}{from} came before it waited, and is gone"
            ));
        }
        let pending: Vec<String> = self
            .process
            .pending
            .iter()
            .filter(|it| signals.is_empty() || signals.contains(it))
            .map(|it| signal(*it))
            .collect();
        if !pending.is_empty() {
            let it = list(&pending, "and");
            text.push_str(&format!("; {it} has been sent, but is blocked"));
        }
        text
    }

    fn lock(&self, descriptor: i32, enders: &Enders) -> String {
        let file = self.process.descriptor(descriptor);
        let file = file.map_or("a file".to_owned(), |it| self.names.object(it));
        match enders {
            Enders::These(enders) => {
                let held = self.names.holders("by", enders, self.process);
                format!("for the lock on {file}, which is held {held}")
            }
            _ => format!("for the lock on {file}"),
        }
    }

    /// The processes that could end a wait, by name.
    fn known(&self, enders: &Enders, otherwise: &str) -> String {
        match enders {
            Enders::These(enders) if !enders.is_empty() => {
                let who = enders.iter();
                let who = who.map(|it| self.names.other(it.pid, self.process));
                list(&who.collect::<Vec<_>>(), "and")
            }
            _ => otherwise.to_owned(),
        }
    }

    /// `in [pid 1] (fd 3)`, where somebody holds what is needed.
    fn held(&self, enders: &Enders) -> Option<String> {
        match enders {
            Enders::These(enders) if !enders.is_empty() => {
                Some(self.names.holders("in", enders, self.process))
            }
            _ => None,
        }
    }
}

/// A length of time, as a person would say it.
fn length(milliseconds: u64) -> String {
    match (milliseconds / 1000, milliseconds % 1000) {
        (seconds, 0) if seconds > 0 => format!("{seconds} s"),
        _ => format!("{milliseconds} ms"),
    }
}
