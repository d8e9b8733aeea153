//! What is to be done, made of what was typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::CommandFactory as _;

use super::args::{self, Arguments, Command, Format, Grading, ListFormat, Work};
use super::doctor::Form;
use super::failure::Failure;
use crate::grade::{CacheUse, Options};
use crate::report::terminal::Subject;
use crate::self_check::{Repeated, SelfCheckOptions};
use crate::submission::Answers;

/// One thing to do.
#[derive(Debug)]
pub enum Request {
    /// Grade answers and report.
    Grade(Grade),
    /// Check the course itself.
    SelfCheck(SelfCheck),
    /// Begin a lab or an exercise.
    Skeleton(Skeleton),
    /// Run a program and tell what happened.
    Run(Run),
    /// Draw a run.
    Timeline(Timeline),
    /// Grade on save.
    Watch {
        /// The arguments of the program that does it.
        arguments: Vec<String>,
    },
    /// Write shell completions or manual pages.
    Manual {
        /// The arguments of the program that does it.
        arguments: Vec<String>,
    },
    /// Grade a class, or do something with one that was graded: another program reads the same words.
    Class,
    /// Say the versions.
    Version,
    /// Examine this machine.
    Doctor(Form),
    /// List what there is.
    List(ListFormat),
    /// Show a hint.
    Hint {
        /// The exercise's name.
        exercise: String,
        /// The hint's place in the exercise's list.
        step: usize,
    },
    /// Explain one diagnosis, or list all.
    Explain {
        /// The diagnosis' name.
        diagnosis: Option<String>,
        /// The exercise whose lab may have a text of its own.
        exercise: Option<String>,
    },
    /// Make or update a student's copy.
    Export {
        /// The copy's folder.
        dir: PathBuf,
    },
    /// Put a stub back.
    Reset {
        /// The exercise's name.
        exercise: String,
        /// Whether to ask before.
        consent: Consent,
    },
}

/// Whether to say on standard error where the time went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timings {
    /// It is said.
    Shown,
    /// It is not.
    Hidden,
}

/// Whether a command that overwrites asks before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// The person said yes already.
    Given,
    /// The person is to be asked.
    Wanted,
}

/// Grading: whose answers, which of them, how, and where the report goes.
#[derive(Debug)]
pub struct Grade {
    /// Where the answers come from.
    pub answers: Answers,
    /// Labs and exercises; all if there is none.
    pub names: Vec<String>,
    /// How to grade.
    pub options: Options,
    /// The form of the report.
    pub format: Format,
    /// The file that the report goes to, standard output if there is none.
    pub output: Option<PathBuf>,
    /// Whether to say where the time went.
    pub timings: Timings,
}

/// One run by hand.
#[derive(Debug)]
pub struct Run {
    /// The exercise's name.
    pub exercise: String,
    /// The program's arguments.
    pub args: Vec<String>,
    /// How to build and run.
    pub options: Options,
    /// Whether to say where the time went.
    pub timings: Timings,
}

/// A picture of one run, and where it goes: to the terminal where there is no file.
#[derive(Debug)]
pub struct Timeline {
    /// The exercise's name.
    pub exercise: String,
    /// The case's name; without one, the first case in which something is found.
    pub case: Option<String>,
    /// The file for the SVG image.
    pub svg: Option<PathBuf>,
    /// The file for the page.
    pub html: Option<PathBuf>,
    /// The file for the trace events.
    pub trace: Option<PathBuf>,
    /// Whether the terminal shows the run in words, too.
    pub words: bool,
    /// Whether the reference answer is shown, and how its run differs, in place of the picture.
    pub compare: bool,
    /// How to build and run.
    pub options: Options,
    /// Whether to say where the time went.
    pub timings: Timings,
}

/// A check of the course: of which exercises, and how.
#[derive(Debug)]
pub struct SelfCheck {
    /// Labs and exercises; all if there is none.
    pub names: Vec<String>,
    /// How to check.
    pub options: SelfCheckOptions,
}

/// A lab or an exercise to begin.
#[derive(Debug, PartialEq, Eq)]
pub struct Skeleton {
    /// Which of the two.
    pub kind: SkeletonKind,
    /// The lab: the folder of a new one, or any name of one that is there.
    pub lab: String,
    /// The exercise.
    pub exercise: String,
}

/// What is to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkeletonKind {
    /// A lab with a first exercise.
    Lab,
    /// An exercise of a lab that is there.
    Exercise,
}

impl Request {
    /// What the arguments ask for.
    ///
    /// # Errors
    /// When they contradict themselves.
    pub fn of(arguments: Arguments) -> Result<Self, Failure> {
        let Arguments {
            command,
            names,
            solutions,
            version,
            ascii,
            grading,
        } = arguments;
        if version {
            return Ok(Self::Version);
        }
        let Some(command) = command else {
            refuse_commands(&names)?;
            let answers = if solutions {
                Answers::Solutions
            } else {
                Answers::Checkout
            };
            return Ok(Self::Grade(Grade::of(answers, names, grading)));
        };
        Ok(match command {
            Command::Answer {
                exercise,
                file,
                grading,
            } => {
                let names = vec![exercise.clone()];
                Self::Grade(Grade::of(Answers::File { exercise, file }, names, grading))
            }
            Command::Submission {
                dir,
                names,
                grading,
            } => Self::Grade(Grade::of(Answers::Folder(dir), names, grading)),
            Command::Run {
                exercise,
                args,
                work,
            } => Self::Run(Run {
                exercise,
                args,
                timings: Timings::of(&work),
                options: options(work),
            }),
            Command::Timeline {
                exercise,
                case,
                svg,
                html,
                trace,
                words,
                compare,
                work,
            } => Self::Timeline(Timeline {
                exercise,
                case,
                svg,
                html,
                trace,
                words,
                compare,
                timings: Timings::of(&work),
                options: options(work),
            }),
            Command::Watch { exercise, plain } => Self::Watch {
                arguments: [(plain, "--plain"), (ascii, "--ascii")]
                    .into_iter()
                    .filter(|(is_wanted, _)| *is_wanted)
                    .map(|(_, word)| word.to_owned())
                    .chain(exercise)
                    .collect(),
            },
            Command::Completions { shell } => Self::Manual {
                arguments: vec!["completions".to_owned(), shell.to_string()],
            },
            Command::Man { dir } => Self::Manual {
                arguments: vec!["man".to_owned(), dir.to_string_lossy().into_owned()],
            },
            Command::Class(_) | Command::Merge(_) | Command::ExplainRecord(_) => Self::Class,
            Command::Doctor { json } => Self::Doctor(if json { Form::Json } else { Form::Table }),
            Command::List { format } => Self::List(format),
            Command::Hint { exercise, step } => Self::Hint {
                exercise,
                step: usize::from(step),
            },
            Command::Explain {
                diagnosis,
                exercise,
            } => Self::Explain {
                diagnosis,
                exercise,
            },
            Command::Export { dir } => Self::Export { dir },
            Command::Reset { exercise, yes } => Self::Reset {
                exercise,
                consent: if yes { Consent::Given } else { Consent::Wanted },
            },
            Command::NewLab { lab, exercise } => {
                let topic = lab.split_once('-').map_or("", |(_, topic)| topic);
                let exercise = exercise.unwrap_or_else(|| format!("hello-{topic}"));
                Self::Skeleton(Skeleton {
                    kind: SkeletonKind::Lab,
                    lab,
                    exercise,
                })
            }
            Command::NewExercise { lab, exercise } => Self::Skeleton(Skeleton {
                kind: SkeletonKind::Exercise,
                lab,
                exercise,
            }),
            Command::SelfCheck {
                names,
                times,
                repeat,
                load,
                work,
            } => Self::SelfCheck(SelfCheck {
                names,
                options: SelfCheckOptions {
                    times,
                    repeated: repeat.into(),
                    load,
                    grading: options(work),
                    commands: command_names(),
                },
            }),
        })
    }
}

impl From<args::Repeated> for Repeated {
    fn from(asked: args::Repeated) -> Self {
        match asked {
            args::Repeated::Answers => Self::Answers,
            args::Repeated::Right => Self::Right,
            args::Repeated::Mistakes => Self::Mistakes,
            args::Repeated::All => Self::All,
        }
    }
}

impl Timings {
    fn of(work: &Work) -> Self {
        if work.timings {
            Self::Shown
        } else {
            Self::Hidden
        }
    }
}

impl Grade {
    fn of(answers: Answers, names: Vec<String>, grading: Grading) -> Self {
        Self {
            answers,
            names,
            timings: Timings::of(&grading.work),
            options: options(grading.work),
            format: grading.format,
            output: grading.output,
        }
    }

    /// What the report says it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match &self.answers {
            Answers::Checkout => Subject::Checkout,
            Answers::Solutions => Subject::Solutions,
            Answers::File { file, .. } => Subject::Answer { file: file.clone() },
            Answers::Folder(folder) => Subject::Submission {
                folder: folder.clone(),
            },
        }
    }
}

fn options(work: Work) -> Options {
    let default = Options::default();
    Options {
        seed: work.seed,
        cache: if work.no_cache {
            CacheUse::BuildAgain
        } else {
            CacheUse::Use
        },
        jobs: work.jobs.map_or(default.jobs, NonZeroUsize::get),
        keep: default.keep,
    }
}

/// A command's name in the place of an exercise's: the command should have come first.
fn refuse_commands(names: &[String]) -> Result<(), Failure> {
    for name in names {
        if command_names().contains(name) {
            let error = anyhow::anyhow!("`{name}` is a command, and a command comes first");
            return Err(Failure::usage(error)
                .while_it("understand the command line")
                .hint(format!("`cargo grade {name} --help` shows how to use it")));
        }
    }
    Ok(())
}

/// The names of all commands.
#[must_use]
pub fn command_names() -> Vec<String> {
    let command = Arguments::command();
    let names = command.get_subcommands().map(|it| it.get_name().to_owned());
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn request(typed: &str) -> Result<Request, String> {
        let words = std::iter::once("grader").chain(typed.split_whitespace());
        let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
        Request::of(arguments)
            .map_err(|failure| failure.render(crate::report::style::Style::plain()))
    }

    #[test]
    fn names_are_graded() {
        let Request::Grade(grade) = request("hello-pipe --no-cache 01-fork --jobs 3").unwrap()
        else {
            panic!("not a grading");
        };
        assert_eq!(grade.names, ["hello-pipe", "01-fork"]);
        assert_eq!(grade.answers, Answers::Checkout);
        assert_eq!(grade.options.cache, CacheUse::BuildAgain);
        assert_eq!(grade.options.jobs, 3);
        assert_eq!(grade.options.seed, crate::course::DEFAULT_SEED);
    }

    #[test]
    fn a_command_comes_first() {
        assert!(matches!(
            request("list"),
            Ok(Request::List(ListFormat::Terminal))
        ));
        let said = request("hello-pipe list").unwrap_err();
        assert!(said.contains("`list` is a command"), "{said}");
        let said = request("--no-cache answer").unwrap_err();
        assert!(said.contains("`answer` is a command"), "{said}");
    }

    #[test]
    fn what_stands_behind_two_dashes_is_the_programs() {
        let Ok(Request::Run(run)) = request("run hello-pipe -- --jobs 3") else {
            panic!("not a run");
        };
        assert_eq!(run.args, ["--jobs", "3"]);
        assert!(request("run hello-pipe 3").is_err());
        let Ok(Request::Timeline(timeline)) = request("timeline x --case y --svg a --html b")
        else {
            panic!("not a timeline");
        };
        assert_eq!(timeline.case.as_deref(), Some("y"));
        assert_eq!((timeline.svg.is_some(), timeline.trace), (true, None));
    }

    #[test]
    fn a_lab_begins_with_an_exercise() {
        let begun = |typed| match request(typed) {
            Ok(Request::Skeleton(it)) => (it.kind, it.lab, it.exercise),
            other => panic!("{other:?}"),
        };
        let lab = |exercise: &str| (SkeletonKind::Lab, "14-sockets".into(), exercise.into());
        assert_eq!(begun("new-lab 14-sockets"), lab("hello-sockets"));
        assert_eq!(begun("new-lab 14-sockets echo"), lab("echo"));
        assert_eq!(
            begun("new-exercise pipes echo"),
            (SkeletonKind::Exercise, "pipes".into(), "echo".into())
        );
    }

    #[test]
    fn impossible_numbers_are_refused() {
        for typed in [
            "--jobs 0",
            "hint x 4",
            "hint x 0",
            "self-check --times 0",
            "self-check --repeat stubs",
            "--format xml",
        ] {
            assert!(request(typed).is_err(), "{typed}");
        }
    }
}
