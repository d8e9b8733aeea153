//! The command line: what people type, and what they get.
//!
//! Owns arguments, the terminal, exit codes and files that are written on request. It grades nothing
//! itself. This module and `main` are the only ones that print.
//!
//! # Layout, in the order in which to read it
//!
//! - [`args`]: what can be typed, and nothing else.
//! - [`request`]: what is to be done, made of it.
//! - [`exit`]: the exit codes. [`failure`]: why there is no result, in words.
//! - [`screen`]: the terminal. [`progress`]: the bar on long work. [`texts`]: the texts of diagnoses.
//! - One module for each command; some commands are programs of their own (`neighbor`).

pub mod args;
pub mod exit;
pub mod failure;
pub mod progress;
pub mod request;
pub mod screen;
pub mod texts;

mod class;
pub mod doctor;
mod explain;
mod export;
mod grade;
mod hint;
mod list;
mod manual;
mod neighbor;
mod platform;
mod reset;
mod run;
mod self_check;
mod skeleton;
mod timeline;
mod version;
mod watch;

use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser as _;

use crate::course::Course;
use args::Arguments;
use exit::Exit;
use failure::Failure;
use request::Request;
use screen::Screen;

/// Does what the arguments ask for, and says what came of it. The first argument is the program's name.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let typed: Vec<OsString> = arguments.into_iter().collect();
    match Arguments::try_parse_from(&typed) {
        Ok(arguments) => {
            let screen = Screen::detect(arguments.letters());
            obey(arguments, &typed, &screen).unwrap_or_else(|failure| {
                complain(&failure, &screen);
                failure.exit
            })
        }
        Err(refusal) => {
            // Nobody is left to be told that the terminal has gone away.
            let _ = refusal.print();
            if refusal.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            }
        }
    }
}

fn obey(arguments: Arguments, typed: &[OsString], screen: &Screen) -> Result<Exit, Failure> {
    let request = Request::of(arguments)?;
    if let Request::Doctor(form) = request {
        // A machine is examined without a course too.
        return doctor::run(form, screen);
    }
    let here = std::env::current_dir()
        .map_err(|error| Failure::infrastructure(error).while_it("read the current folder"))?;
    if let Request::Version = request {
        // A grader says its version without a course too.
        return version::run(&here, screen);
    }
    let course = Course::find(&here)?;
    match request {
        Request::Grade(request) => grade::run(&course, &request, screen),
        Request::Run(request) => run::run(&course, &request, screen),
        Request::Timeline(request) => timeline::run(&course, &request, screen),
        Request::SelfCheck(request) => self_check::run(&course, &request, screen),
        Request::Skeleton(request) => skeleton::run(&course, &request, screen),
        Request::List(format) => list::run(&course, format, screen),
        Request::Hint { exercise, step } => hint::run(&course, &exercise, step, screen),
        Request::Explain {
            diagnosis,
            exercise,
        } => explain::run(&course, diagnosis.as_deref(), exercise.as_deref(), screen),
        Request::Watch { arguments } => watch::run(&course, &arguments),
        Request::Manual { arguments } => manual::run(&course, &arguments),
        Request::Class => class::run(&course, typed.get(1..).unwrap_or_default()),
        Request::Export { dir } => export::run(&course, &dir, screen),
        Request::Version => version::run(&here, screen),
        Request::Doctor(form) => doctor::run(form, screen),
        Request::Reset { exercise, consent } => reset::run(&course, &exercise, consent, screen),
    }
}

fn complain(failure: &Failure, screen: &Screen) {
    let text = failure.render(screen.stderr);
    // Nobody is left to be told that the terminal has gone away.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
