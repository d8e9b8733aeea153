//! Driver of `download-monitor`: downloads that take as long as the driver wants, and what the monitor says of them.
//!
//! Usage: `download-monitor [CANCELED [NAME…]]` (default: `File2 File1 File2 File3`): the download to cancel, and the names of all, up to 16.
//!
//! The downloads end in the order of their names, and one that the monitor is to cancel never ends by itself. Between two orders
//! the driver waits until the world is as it is to be, without reaping anybody. So what the monitor
//! has to say does not depend on who runs when.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;
use std::rc::Rc;

use nix::unistd::{Pid, getpid};

use crate::program::{Program, print_line, say};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

/// The most downloads.
const MOST: usize = 16;

/// What the student writes: starts a process for each download, then follows the panel's orders until there is none.
/// Returns the exit codes in the order of the downloads, −n for signal n.
pub type MonitorDownloads = fn(downloads: &[Download], panel: &mut Panel) -> io::Result<Vec<i32>>;

/// One download: the work of one process.
pub struct Download {
    name: String,
    index: u32,
    site: Rc<Site>,
    /// The driver says here that everything is there.
    complete: Receiver,
}

/// What all processes of the program know.
#[derive(Debug)]
struct Site {
    driver: Pid,
    begun: Sender,
}

impl Download {
    /// What is downloaded.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Downloads, in the calling process, and returns when everything is there.
    pub fn run(&self) {
        if getpid() == self.site.driver {
            say(&format!(
                "{} is downloaded in no process of its own",
                self.name
            ));
            // There is nobody who could monitor it.
            // SAFETY: `_exit` ends this process without running anything else of it.
            unsafe { nix::libc::_exit(1) }
        }
        watch::end_with(self.site.driver);
        let pid = getpid().as_raw().cast_unsigned();
        if self.site.begun.send([self.index, pid, 0]).is_ok()
            && matches!(self.complete.receive(), Ok(Some(_)))
        {
            say(&format!("{} is complete", self.name));
        }
    }
}

/// What the user of the monitor wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Show of each download whether its process is alive.
    Look,
    /// Stop the download of this name, with SIGTERM, and no other.
    Cancel(String),
}

/// The monitor's panel: orders come from here, and answers are shown here.
pub struct Panel {
    script: Vec<Scene>,
    downloads: Vec<Running>,
    begun: Receiver,
    canceled: usize,
    /// Whether the order to cancel was the last one.
    is_canceling: bool,
    looks: u32,
}

/// What the driver knows of a download.
#[derive(Debug)]
struct Running {
    name: String,
    complete: Sender,
    /// Its process, once it has begun.
    process: Option<(Pid, OwnedFd)>,
    has_ended: bool,
}

/// What happens before an order, and the order.
#[derive(Debug, Clone, Copy)]
enum Scene {
    Look,
    /// This one gets complete, then there is a look.
    Complete(usize),
    Cancel,
}

impl Panel {
    /// Waits for the next order of the user; `None` when there is none any more. The first one comes when all downloads have begun.
    ///
    /// # Errors
    /// When the kernel refuses something to the driver.
    pub fn next_order(&mut self) -> io::Result<Option<Order>> {
        self.wait_for_all_to_begin()?;
        if std::mem::take(&mut self.is_canceling) && !self.has_the_right_one_ended()? {
            // Nothing that was planned makes sense any more. Those that are left go on to their end.
            self.script.clear();
            for download in &self.downloads {
                download.complete.send([0; 3])?;
            }
        }
        let Some(scene) = self.script.pop() else {
            return Ok(None);
        };
        match scene {
            Scene::Look => {}
            Scene::Complete(index) => {
                let download = &mut self.downloads[index];
                download.complete.send([0; 3])?;
                if let Some((pid, _)) = &download.process {
                    watch::wait_for_end(*pid);
                }
                download.has_ended = true;
            }
            Scene::Cancel => {
                self.is_canceling = true;
                let name = self.downloads[self.canceled].name.clone();
                print_line(&format!("the user cancels {name}"));
                return Ok(Some(Order::Cancel(name)));
            }
        }
        self.looks += 1;
        Ok(Some(Order::Look))
    }

    /// Shows the user whether the process of a download is alive.
    pub fn show(&self, name: &str, is_alive: bool) {
        let mut downloads = self.downloads.iter();
        let download = downloads.find(|download| download.name == name);
        let has_ended = download.is_none_or(|download| download.has_ended);
        let (is_alive, remark) = match (is_alive, has_ended) {
            (true, false) => ("alive", ""),
            (false, true) => ("not alive", ""),
            (true, true) => ("alive", ", although it has ended"),
            (false, false) => ("not alive", ", although it runs"),
        };
        print_line(&format!(
            "look {}: {name} is {is_alive}{remark}",
            self.looks
        ));
    }

    fn wait_for_all_to_begin(&mut self) -> nix::Result<()> {
        while self.downloads.iter().any(|it| it.process.is_none()) {
            let Some([index, pid, _]) = self.begun.receive()? else {
                return Ok(());
            };
            // It waits for the driver's word, so it has not ended and the number is its own.
            let pid = Pid::from_raw(pid.cast_signed());
            let pidfd = watch::pidfd(pid)?;
            if let Some(download) = self.downloads.get_mut(index as usize) {
                download.process = Some((pid, pidfd));
            }
        }
        Ok(())
    }

    /// After the order to cancel: waits until some download has ended, and says whether it was the one.
    fn has_the_right_one_ended(&mut self) -> nix::Result<bool> {
        let all = self.downloads.iter().enumerate();
        let running: Vec<(usize, &(Pid, OwnedFd))> = all
            .filter(|(_, it)| !it.has_ended)
            .filter_map(|(index, it)| Some((index, it.process.as_ref()?)))
            .collect();
        let pidfds: Vec<BorrowedFd<'_>> = running.iter().map(|(_, it)| it.1.as_fd()).collect();
        let first = watch::first_readable(&pidfds, None)?.map(|at| running[at]);
        let ended = first.map(|(index, (pid, _))| {
            watch::wait_for_end(*pid);
            index
        });
        if let Some(ended) = ended {
            self.downloads[ended].has_ended = true;
            if ended != self.canceled {
                let name = &self.downloads[ended].name;
                print_line(&format!("{name} was stopped, and nobody wanted that"));
            }
        }
        Ok(ended == Some(self.canceled))
    }
}

// A `todo!` that prints them is to name them, not to list what belongs to the driver.
impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Download").field(&self.name).finish()
    }
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panel").finish_non_exhaustive()
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(monitor: MonitorDownloads) -> ExitCode {
    let Some((canceled, names)) = parse() else {
        eprintln!(
            "usage: download-monitor [CANCELED [NAME…]] (CANCELED is one of up to {MOST} different NAMEs)"
        );
        return ExitCode::from(2);
    };
    match lead(monitor, canceled, &names) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn lead(monitor: MonitorDownloads, canceled: usize, names: &[String]) -> nix::Result<ExitCode> {
    let program = Program::begin();
    print_line(&format!("the monitor is [pid {}]", getpid()));
    let (begun, begins) = wire()?;
    let site = Rc::new(Site {
        driver: getpid(),
        begun: begins,
    });
    let mut downloads = Vec::new();
    let mut running = Vec::new();
    for (index, name) in (0_u32..).zip(names) {
        let (complete, completes) = wire()?;
        downloads.push(Download {
            name: name.clone(),
            index,
            site: Rc::clone(&site),
            complete,
        });
        running.push(Running {
            name: name.clone(),
            complete: completes,
            process: None,
            has_ended: false,
        });
    }
    let mut panel = Panel {
        script: script(canceled, names.len()),
        downloads: running,
        begun,
        canceled,
        is_canceling: false,
        looks: 0,
    };

    let codes = monitor(&downloads, &mut panel);

    Ok(program.end("monitor_downloads", codes, |codes| {
        for (name, code) in names.iter().zip(codes) {
            let unwanted = if code < 0 && *name != names[canceled] {
                ": it was stopped, and nobody wanted that"
            } else {
                ""
            };
            print_line(&format!("{name}: exit code {code}{unwanted}"));
        }
    }))
}

/// What is to happen, the last first: the download that is canceled is so after one that has ended, where there is another.
fn script(canceled: usize, count: usize) -> Vec<Scene> {
    let mut others = (0..count).filter(|index| *index != canceled);
    let mut script = vec![Scene::Look];
    script.extend(others.next().map(Scene::Complete));
    script.extend([Scene::Cancel, Scene::Look]);
    script.extend(others.map(Scene::Complete));
    script.reverse();
    script
}

/// The place of the download to cancel, and the names of all.
fn parse() -> Option<(usize, Vec<String>)> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        arguments = ["File2", "File1", "File2", "File3"]
            .map(String::from)
            .into();
    }
    let canceled = arguments.remove(0);
    let is_new = |(at, name): (usize, &String)| !arguments[..at].contains(name);
    let all_differ = arguments.iter().enumerate().all(is_new);
    let place = arguments.iter().position(|name| *name == canceled)?;
    (all_differ && arguments.len() <= MOST).then_some((place, arguments))
}
