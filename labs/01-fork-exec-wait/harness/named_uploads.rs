//! Driver of `named-uploads`: uploads that take their time, in processes that carry their names.
//!
//! Usage: `named-uploads [SEED [NAME…]]`: how long each upload takes is drawn from SEED (default 1); up to 16
//! NAMEs of visible ASCII characters (default upload-File1 to upload-File4).

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use nix::unistd::getpid;

use crate::evidence::{Ledger, has_children};
use crate::program::{Program, print_line, say};
use crate::seeded::Numbers;

/// The uploads of one run.
#[derive(Debug)]
pub struct Batch {
    uploads: Vec<Upload>,
    announced_early: Cell<bool>,
}

/// One upload: the work of one process.
#[derive(Debug)]
pub struct Upload {
    name: String,
    takes: Duration,
    index: usize,
    site: Rc<Site>,
}

/// What all processes of the program know.
#[derive(Debug)]
struct Site {
    ledger: Ledger,
    program_name: String,
}

impl Batch {
    /// The uploads, in the order in which they were asked for.
    #[must_use]
    pub fn uploads(&self) -> &[Upload] {
        &self.uploads
    }

    /// Tells the user that all uploads are done. When this is said, no uploader may be left: neither one
    /// that runs nor a zombie.
    pub fn announce(&self) {
        // An uploader cannot know: it has not been reaped itself.
        if self.uploads.iter().any(|it| !it.site.ledger.is_main()) {
            say("announced before every uploader had been reaped: it is one of them");
        }
        if has_children() {
            self.announced_early.set(true);
        }
        print_line(&format!("all {} uploads are done", self.uploads.len()));
    }
}

impl Upload {
    /// The name that the process is to have.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Uploads in the calling process, which must be one of its own and carry its name by now.
    pub fn run(&self) {
        if let Err(error) = self.site.ledger.note(self.index, 0) {
            eprintln!("[pid {}] cannot note its upload: {error}", getpid());
        }
        match process_name() {
            name if name == self.site.program_name => {
                say(&format!("starts {}, without a name of its own", self.name));
            }
            name => say(&format!("starts {}, as process {name}", self.name)),
        }
        // The upload itself: time passes on purpose, and nobody may rely on how much.
        std::thread::sleep(self.takes);
        say(&format!("has done {}", self.name));
    }
}

/// The name by which the kernel, ps(1) and top(1) know the calling process.
fn process_name() -> String {
    let name = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
    name.trim_end_matches('\n').to_owned()
}

/// What the student writes: a process with a name for each upload, and the announcement after all.
pub type UploadAll = fn(batch: &Batch) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(upload_all: UploadAll) -> ExitCode {
    let program = Program::begin();
    let Some((seed, names)) = seed_and_names(std::env::args().skip(1)) else {
        eprintln!("usage: named-uploads [SEED [NAME…]]: a number, and up to 16 names");
        return ExitCode::from(2);
    };
    let site = match Ledger::open() {
        Ok(ledger) => Rc::new(Site {
            ledger,
            program_name: process_name(),
        }),
        Err(error) => {
            eprintln!("named-uploads cannot make its ledger: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut numbers = Numbers::seeded(seed);
    let uploads: Vec<Upload> = names
        .into_iter()
        .enumerate()
        .map(|(index, name)| Upload {
            name,
            takes: Duration::from_millis(10 + numbers.below(40)),
            index,
            site: Rc::clone(&site),
        })
        .collect();
    let batch = Batch {
        uploads,
        announced_early: Cell::new(false),
    };
    let result = upload_all(&batch);
    program.end("upload_all", result, |()| {
        // An uploader that nobody has waited for may not have begun yet: nothing can be said of it.
        if !has_children() {
            if batch.announced_early.get() {
                print_line("that was announced before every uploader had been reaped");
            }
            let faked = site.ledger.tasks_without_own_process(batch.uploads.len());
            for index in faked.unwrap_or_default() {
                let name = batch.uploads[index].name();
                print_line(&format!("{name} had no process of its own"));
            }
        }
    })
}

fn seed_and_names(mut args: impl Iterator<Item = String>) -> Option<(u64, Vec<String>)> {
    let seed = match args.next() {
        Some(seed) => seed.parse().ok()?,
        None => 1,
    };
    let names: Vec<String> = args.collect();
    if names.is_empty() {
        let names = (1..=4).map(|number| format!("upload-File{number}"));
        return Some((seed, names.collect()));
    }
    let visible =
        |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    (names.len() <= 16 && names.iter().all(visible)).then_some((seed, names))
}
