//! What can be typed. Nothing here reads a file or knows the course: [`super::request`] makes sense of it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::screen::Letters;

pub mod class;

/// Grades the programs of the course.
///
/// Without a command: grades the answers in this checkout, all of them or those named.
#[derive(Debug, Parser)]
#[command(
    name = "grader",
    bin_name = "cargo grade",
    disable_version_flag = true,
    args_conflicts_with_subcommands = true,
    after_help = EXAMPLES
)]
pub struct Arguments {
    /// Another thing to do than grading this checkout.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Labs (`02-pipes` or `pipes`) and exercises (`hello-pipe`) to grade; all if none is named.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,

    /// Grade the reference answers in place of yours.
    #[arg(long)]
    pub solutions: bool,

    /// Say the versions of the grader and of the course.
    #[arg(short = 'V', long)]
    pub version: bool,

    /// Use the letters of ASCII only, whatever the locale says.
    #[arg(long, global = true)]
    pub ascii: bool,

    /// How to grade, and where the report goes.
    #[command(flatten)]
    pub grading: Grading,
}

impl Arguments {
    /// Which letters may be used.
    #[must_use]
    pub fn letters(&self) -> Letters {
        if self.ascii {
            Letters::Ascii
        } else {
            Letters::OfTheLocale
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  cargo grade                         grade everything, see what is next
  cargo grade watch                   grade each time you save, on one screen
  cargo grade hello-pipe              grade one exercise
  cargo grade 02-pipes                grade one lab
  cargo grade hint hello-pipe         a nudge; `hint hello-pipe 3` says nearly all
  cargo grade timeline hello-pipe     what your processes did, as a picture
  cargo grade explain child-not-reaped
                                      what a diagnosis means
  cargo grade reset hello-pipe        begin an exercise again; your text is kept
  cargo grade --format json --output report.json

Exit codes: 0 all full points, 1 points missing, 2 wrong command line or faulty
lab description, 3 the grader could not work, 4 the submission cannot be graded.";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Grade one file as the answer to an exercise.
    #[command(after_help = "Example:\n  cargo grade answer hello-pipe ~/try/hello-pipe.rs")]
    Answer {
        /// The exercise that the file answers.
        exercise: String,
        /// The file.
        file: PathBuf,
        /// How to grade, and where the report goes.
        #[command(flatten)]
        grading: Grading,
    },
    /// Grade a folder that is laid out like the course.
    #[command(
        after_help = "Examples:\n  cargo grade submission ../alice --format json --output alice.json\n  cargo grade submission ../alice 02-pipes"
    )]
    Submission {
        /// The folder; only exercise files are taken from it.
        dir: PathBuf,
        /// Labs and exercises to grade; all if none is named.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// How to grade, and where the report goes.
        #[command(flatten)]
        grading: Grading,
    },
    /// Run your program in the sandbox and show what happened, process by process.
    #[command(
        after_help = "Examples:\n  cargo grade run hello-pipe\n  cargo grade run spawn-workers -- 7"
    )]
    Run {
        /// The exercise.
        exercise: String,
        /// The program's arguments.
        #[arg(last = true, value_name = "ARGS")]
        args: Vec<String>,
        /// How programs are run.
        #[command(flatten)]
        work: Work,
    },
    /// Draw a run: processes, waiting, zombies, forks, signals. Without a file, on the terminal.
    #[command(
        after_help = "Examples:\n  cargo grade timeline hello-pipe\n  cargo grade timeline hello-pipe --case 200-kib --html run.html\n  cargo grade timeline hello-pipe --trace run.json   (open it at ui.perfetto.dev)\n  cargo grade timeline hello-pipe --compare          (with the reference answer)"
    )]
    Timeline {
        /// The exercise.
        exercise: String,
        /// The case to run; by default the first in which something is found.
        #[arg(long, value_name = "NAME")]
        case: Option<String>,
        /// Write an SVG image.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
        /// Write a page that opens in any browser, without a network.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Write Chrome trace events, for ui.perfetto.dev.
        #[arg(long, value_name = "FILE")]
        trace: Option<PathBuf>,
        /// On the terminal, tell the run in words first: what each process wrote and how it ended.
        #[arg(long)]
        words: bool,
        /// After full points: the reference answer, and what the kernel saw otherwise of it than of yours.
        #[arg(long, conflicts_with_all = ["svg", "html", "trace", "words"])]
        compare: bool,
        /// How programs are run.
        #[command(flatten)]
        work: Work,
    },
    /// Grade on save: the exercises, the verdict, the timeline and the hints on one screen.
    ///
    /// The first time, what draws the screen is built.
    #[command(
        after_help = "Examples:\n  cargo grade watch\n  cargo grade watch hello-pipe\n  cargo grade watch --plain     (lines only: for screen readers, logs and pipes)"
    )]
    Watch {
        /// The exercise to begin with; by default the first that has no full points.
        exercise: Option<String>,
        /// Print each verdict below the one before, and redraw nothing.
        #[arg(long)]
        plain: bool,
    },
    /// Examine this machine: which protections runs have here, and what to do about missing ones.
    #[command(
        after_help = "The last line is one of full, reduced and none.\n\nExamples:\n  cargo grade doctor\n  cargo grade doctor --json"
    )]
    Doctor {
        /// JSON for programs.
        #[arg(long)]
        json: bool,
    },
    /// List the labs and exercises.
    #[command(after_help = "Examples:\n  cargo grade list\n  cargo grade list --format json")]
    List {
        /// A table for people, or JSON for programs.
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Show a hint: the first is a nudge, the third nearly the answer.
    #[command(
        after_help = "Examples:\n  cargo grade hint hello-pipe\n  cargo grade hint hello-pipe 2"
    )]
    Hint {
        /// The exercise.
        exercise: String,
        /// Which hint, 1 to 3.
        #[arg(default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
        step: u8,
    },
    /// Explain a diagnosis; without a name, list all of them.
    #[command(
        after_help = "Examples:\n  cargo grade explain\n  cargo grade explain write-end-left-open"
    )]
    Explain {
        /// The diagnosis, as a report names it.
        diagnosis: Option<String>,
        /// The exercise that got it: some labs have a text of their own for a diagnosis.
        exercise: Option<String>,
    },
    /// Put the original of an exercise back. What you wrote is kept in `backups/`.
    #[command(after_help = "Example:\n  cargo grade reset hello-pipe")]
    Reset {
        /// The exercise.
        exercise: String,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Make a student's copy of the course: no reference answers, no hidden cases.
    ///
    /// Into a copy that is there already, it brings what has changed, and keeps what the student wrote.
    #[command(after_help = "Example:\n  cargo grade export ../course-for-students")]
    Export {
        /// The copy's folder, outside of this checkout.
        dir: PathBuf,
    },
    /// Print the completions for a shell. They complete `grade`, a function that stands for `cargo grade`.
    #[command(
        after_help = "Examples:\n  cargo grade completions bash >> ~/.bashrc\n  cargo grade completions zsh > ~/.zfunc/_grade\n  cargo grade completions fish > ~/.config/fish/conf.d/grade.fish\n\nThen, in a new shell: grade hint hello-<Tab>"
    )]
    Completions {
        /// The shell.
        shell: ShellName,
    },
    /// Write the manual pages.
    #[command(
        after_help = "Example:\n  cargo grade man /tmp/man     (then: man -l /tmp/man/cargo-grade.1)"
    )]
    Man {
        /// The folder that they go to.
        dir: PathBuf,
    },
    /// Grade a class: one folder, git clone, zip or tar archive for each student becomes a gradebook and feedback.
    ///
    /// Results are kept in OUT as they come: after a crash or Ctrl-C the same command goes on, and what has not changed is not
    /// graded again.
    #[command(
        after_help = "Examples:\n  cargo grade class submissions --out grades --roster roster.csv 02-pipes\n  cargo grade class submissions --out grades --regrade ada --regrade hello-pipe\n\nOUT gets gradebook.csv, canvas.csv, moodle.csv, classroom.csv, class.html and feedback/.\nExit codes: 0 everybody has a result, 2 wrong command line or faulty course,\n3 some could not be graded for no fault of theirs: start it again."
    )]
    Class(class::Class),
    /// Put the parts of a class together that were graded with `--shard`.
    #[command(
        after_help = "Example:\n  cargo grade merge part-0 part-1 part-2 --out grades\n\nExit codes: 0 everybody has a result, 2 the parts do not fit together,\n3 a part is missing, results contradict each other, or some were not graded."
    )]
    Merge(class::Merge),
    /// Show the verdict and the timeline of a run that was kept, without running anything.
    #[command(
        after_help = "Example:\n  cargo grade explain-record grades/records/ada/hello-pipe.json"
    )]
    ExplainRecord(class::ExplainRecord),
    /// Begin a lab: its folders, its page of the book, and a first exercise that works.
    #[command(
        after_help = "Example:\n  cargo grade new-lab 14-sockets echo-server\n\nThe chapter \"A new exercise in 15 minutes\" of the book (docs/src/new-exercise.md) goes on from there."
    )]
    NewLab {
        /// The lab's folder: two digits and the topic.
        lab: String,
        /// Its first exercise; `hello-TOPIC` if none is named.
        exercise: Option<String>,
    },
    /// Begin an exercise of a lab: a small one that works, to be changed file by file.
    #[command(after_help = "Example:\n  cargo grade new-exercise 02-pipes tee-pipe")]
    NewExercise {
        /// The lab (`02-pipes` or `pipes`).
        lab: String,
        /// The exercise: small letters, words joined by hyphens.
        exercise: String,
    },
    /// Check the course itself: stubs, reference answers, variants and mistakes.
    #[command(
        after_help = "Examples:\n  cargo grade self-check 02-pipes --times 100 --load 4\n  cargo grade self-check 02-pipes --times 100 --repeat mistakes"
    )]
    SelfCheck {
        /// Labs and exercises to check; all if none is named.
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// How often programs are run.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        times: u32,
        /// Which programs are run so often; the others are run once.
        #[arg(long, value_enum, value_name = "WHICH", default_value_t = Repeated::Right)]
        repeat: Repeated,
        /// How many processes keep the processors busy meanwhile.
        #[arg(long, value_name = "L", default_value_t = 0)]
        load: usize,
        /// How programs are run.
        #[command(flatten)]
        work: Work,
    },
}

/// What goes with everything that grades.
#[derive(Debug, Args)]
pub struct Grading {
    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Write the report to a file in place of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How programs are run.
    #[command(flatten)]
    pub work: Work,
}

/// What goes with everything that runs programs.
#[derive(Debug, Args)]
pub struct Work {
    /// Build and run again what has not changed.
    #[arg(long)]
    pub no_cache: bool,
    /// The seed from which hidden arguments are drawn.
    #[arg(long, value_name = "TEXT", default_value = crate::course::DEFAULT_SEED)]
    pub seed: String,
    /// How many programs are run at once; one for each processor by default.
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Say on standard error where the time went.
    #[arg(long)]
    pub timings: bool,
}

/// The form in which a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people.
    Terminal,
    /// JSON for programs (forklings/report/v1).
    Json,
    /// JUnit XML: GitLab, Jenkins and others.
    Junit,
    /// GitHub Actions: notices in the log, a runner's result in the step's outputs, a summary.
    Github,
    /// Classroom 50's result.json; what is graded is read from its variables.
    Classroom50,
    /// Gradescope's results.json.
    Gradescope,
    /// PrairieLearn's results.json.
    Prairielearn,
    /// Common Test Report Format.
    Ctrf,
    /// Markdown: a comment on a submission.
    Markdown,
}

/// Programs that a check of the course repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Repeated {
    /// The reference answers.
    Answers,
    /// The reference answers and their variants.
    Right,
    /// The mistakes.
    Mistakes,
    /// All of them.
    All,
}

/// Shells that complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
    /// Elvish.
    Elvish,
    /// PowerShell.
    Powershell,
}

impl std::fmt::Display for ShellName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |it| it.get_name()))
    }
}

/// The form in which the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A table for people.
    Terminal,
    /// JSON for programs.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    /// The commands that a text gives as examples, without what is said about them.
    fn examples(text: &str) -> Vec<String> {
        let lines = text
            .lines()
            .filter(|line| line.starts_with("  cargo grade"));
        let commands = lines.map(|line| line.trim().split("   ").next().unwrap_or_default());
        // What a shell does with the output is not the command's.
        let commands = commands.map(|it| it.split(['>', '|']).next().unwrap_or_default());
        commands.map(str::to_owned).collect()
    }

    #[test]
    fn help_teaches_by_examples_that_can_be_typed() {
        let all = Arguments::command();
        let help = |it: &clap::Command| {
            it.get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let mut texts = vec![(String::new(), help(&all))];
        let commands = all.get_subcommands();
        texts.extend(commands.map(|it| (it.get_name().to_owned(), help(it))));
        for (name, text) in texts {
            let examples = examples(&text);
            let own = format!("cargo grade {name}");
            assert!(
                examples.iter().any(|it| it.starts_with(own.trim())),
                "{name}: {text}"
            );
            for example in examples {
                let words = example.split_whitespace().skip(1);
                let read = Arguments::try_parse_from(words);
                assert!(read.is_ok(), "{example}: {read:?}");
            }
        }
    }
}
