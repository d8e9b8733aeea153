//! What shells and `man` know of `cargo grade`: made of the command line's own definition, so that it cannot be out of date.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::builder::PossibleValuesParser;
use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use grader::cli::args::{Arguments, ShellName};
use grader::course::Course;

/// The function under which shells know the command: what comes behind `cargo` is cargo's to complete.
const FUNCTION: &str = "grade";

/// Positions in which the name of an exercise stands.
const EXERCISES: [&str; 2] = ["exercise", "names"];

/// Shell completions and manual pages.
#[derive(Debug, Parser)]
#[command(name = "grader-manual", bin_name = "cargo grade", version)]
struct Wanted {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: ShellName,
    },
    /// Write the manual pages.
    Man {
        /// The folder that they go to.
        dir: PathBuf,
    },
}

fn main() -> ExitCode {
    match make(Wanted::parse().what) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: failed to {error:#}"));
            ExitCode::from(3)
        }
    }
}

fn make(what: What) -> anyhow::Result<()> {
    match what {
        What::Completions { shell } => {
            let text = completions(shell);
            let written = std::io::stdout().lock().write_all(&text);
            written.context("write to standard output")
        }
        What::Man { dir } => {
            let pages = manual(&dir)?;
            let first = dir.join("cargo-grade.1");
            let said = format!(
                "{pages} pages; read the first one with: man -l {}\n",
                first.display()
            );
            let written = std::io::stdout().lock().write_all(said.as_bytes());
            written.context("write to standard output")
        }
    }
}

/// The completions, and the function that they complete.
fn completions(shell: ShellName) -> Vec<u8> {
    let mut command = command();
    let (generator, function) = match shell {
        ShellName::Bash => (Shell::Bash, "grade() { cargo grade \"$@\"; }"),
        ShellName::Zsh => (Shell::Zsh, "grade() { cargo grade \"$@\"; }"),
        ShellName::Fish => (Shell::Fish, "function grade; cargo grade $argv; end"),
        ShellName::Elvish => (Shell::Elvish, "fn grade {|@rest| cargo grade $@rest }"),
        ShellName::Powershell => (Shell::PowerShell, "function grade { cargo grade @args }"),
    };
    let mut text = Vec::new();
    clap_complete::generate(generator, &mut command, FUNCTION, &mut text);
    text.extend_from_slice(format!("\n{function}\n").as_bytes());
    text
}

/// The command line; inside of a course it knows the names of the exercises.
fn command() -> clap::Command {
    let mut command = Arguments::command();
    let here = std::env::current_dir().ok();
    let course = here.and_then(|here| Course::find(&here).ok());
    let Some(course) = course else {
        return command;
    };
    let exercises = course.exercises().map(|it| it.name().to_owned());
    let labs = course.labs.iter().map(|lab| lab.folder.clone());
    // They are needed until the program ends, which is soon.
    let mut names: Vec<&'static str> = exercises.chain(labs).map(|it| &*it.leak()).collect();
    names.sort_unstable();
    command = with_names(command, &names);
    let commands: Vec<String> = command
        .get_subcommands()
        .map(|it| it.get_name().to_owned())
        .collect();
    for name in commands {
        command = command.mut_subcommand(name, |it| with_names(it, &names));
    }
    command
}

fn with_names(command: clap::Command, names: &[&'static str]) -> clap::Command {
    command.mut_args(|argument| {
        if EXERCISES.contains(&argument.get_id().as_str()) {
            argument.value_parser(PossibleValuesParser::new(names.to_vec()))
        } else {
            argument
        }
    })
}

/// Writes a page for the command and for each of its commands, and returns how many these are.
fn manual(dir: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(dir).with_context(|| format!("make {}", dir.display()))?;
    let command = Arguments::command()
        .name("cargo-grade")
        .bin_name("cargo-grade");
    clap_mangen::generate_to(command, dir)
        .with_context(|| format!("write the pages into {}", dir.display()))?;
    let pages = std::fs::read_dir(dir).with_context(|| format!("read {}", dir.display()))?;
    Ok(pages.count())
}

#[expect(clippy::print_stderr, reason = "the program is the command line's")]
fn complain(text: &str) {
    eprintln!("{text}");
}
