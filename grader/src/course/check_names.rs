//! What the types of `lab.toml` cannot say: names that are unique, well-formed and known, numbers that
//! make sense. Every fault is shown with its line and a caret, as a wrong field is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr as _;

use nix::sys::signal::Signal;
use toml::Spanned;

use super::evidence::Evidence;
use super::intervention::{Action, Intervention};
use super::{Case, Course, CourseError, Exercise, Lab, is_kebab_case, read_text};

/// A fault and where it is in the file.
type Fault = (Range<usize>, String);

/// Checks every lab's description, the names across labs included.
pub(super) fn check(course: &Course) -> Result<(), CourseError> {
    let mut seen = BTreeMap::new();
    for lab in &course.labs {
        check_lab(course, lab, &mut seen).map_err(|fault| show(lab, &fault))?;
    }
    Ok(())
}

fn check_lab<'a>(
    course: &Course,
    lab: &'a Lab,
    seen: &mut BTreeMap<&'a str, &'a str>,
) -> Result<(), Fault> {
    for exercise in &lab.description.exercises {
        let name = &exercise.name;
        kebab_case(name)?;
        if let Some(other) = seen.insert(name.as_ref(), &lab.folder) {
            let text = format!("the exercise `{}` is in {other} already", name.as_ref());
            return Err((name.span(), text));
        }
        for other in &exercise.after {
            // A prerequisite that is not in this copy of the course is no fault: labs can be copied out.
            kebab_case(other)?;
            let position = |name: &str| course.exercises().position(|it| it.name() == name);
            if position(other.as_ref()) >= position(name.as_ref())
                && position(other.as_ref()).is_some()
            {
                let text = format!("`{}` does not come before this exercise", other.as_ref());
                return Err((other.span(), text));
            }
        }
        if let Some(file) = &exercise.file {
            check_file(file)?;
        }
        check_exercise(exercise)?;
    }
    Ok(())
}

/// A file is a Rust file in a folder: every other one is called after its exercise.
fn check_file(file: &Spanned<String>) -> Result<(), Fault> {
    let parts = file.as_ref().split_once('/');
    let is_good = parts.is_some_and(|(folder, name)| {
        is_kebab_case(folder) && name.strip_suffix(".rs").is_some_and(is_kebab_case)
    });
    if is_good {
        return Ok(());
    }
    let text = format!(
        "`{}` is no Rust file in a folder, such as `shell/pipes.rs`",
        file.as_ref()
    );
    Err((file.span(), text))
}

fn check_exercise(exercise: &Exercise) -> Result<(), Fault> {
    for diagnosis in &exercise.diagnoses {
        kebab_case(diagnosis)?;
    }
    for evidence in &exercise.evidence {
        check_evidence(evidence)?;
        if evidence.as_ref().needs_stop() {
            return Err((evidence.span(), NEEDS_STOP.to_owned()));
        }
    }
    if exercise.cases.is_empty() {
        return Err((exercise.name.span(), "this exercise has no case".to_owned()));
    }
    let mut names = Vec::new();
    for case in &exercise.cases {
        if names.contains(&case.name.as_ref()) {
            return Err((case.name.span(), "an earlier case has this name".to_owned()));
        }
        names.push(case.name.as_ref());
        check_case(case)?;
    }
    check_pure(exercise)
}

/// What a function of arguments is worth shows only where nobody knows the arguments in advance.
fn check_pure(exercise: &Exercise) -> Result<(), Fault> {
    let is_drawn = |case: &Case| case.is_drawn() && case.output.snapshot;
    let states_evidence = |case: &Case| exercise.evidence(case).next().is_some();
    let text = if !exercise.pure {
        return Ok(());
    } else if exercise.cases.iter().any(states_evidence) {
        "this exercise is `pure` and states evidence: one of them is enough"
    } else if !exercise.cases.iter().any(is_drawn) {
        "this exercise is `pure`, and no case draws its arguments and compares the output"
    } else {
        return Ok(());
    };
    Err((exercise.name.span(), text.to_owned()))
}

const NEEDS_STOP: &str =
    "`cpu_ms_while_stopped` goes with an intervention of the same case that does `stop`";

fn check_case(case: &Case) -> Result<(), Fault> {
    let here = case.name.span();
    kebab_case(&case.name)?;
    if case.points == 0 {
        return Err((here, "this case is worth no points".to_owned()));
    }
    for (name, draw) in &case.draw {
        if draw.from[0] > draw.from[1] || draw.count[0] > draw.count[1] || draw.count[0] == 0 {
            return Err((here, format!("the draw `{name}` has an empty range")));
        }
        let placeholder = format!("{{{name}}}");
        if !case.args.iter().any(|arg| arg.contains(&placeholder)) {
            return Err((
                here,
                format!("no argument of this case uses `{placeholder}`"),
            ));
        }
    }
    if case.typed.is_some() && !case.stdin.is_empty() {
        let text = "this case has both `stdin` and `typed`: where keys are typed, standard input is a terminal";
        return Err((here, text.to_owned()));
    }
    if let Some(signal) = &case.exit.signal {
        if Signal::from_str(signal.as_ref()).is_err() {
            let text = "unknown signal: write it as in signal(7), such as SIGPIPE";
            return Err((signal.span(), text.to_owned()));
        }
        if case.exit.code.is_some() {
            let text = "a program ends by a code or by a signal, not by both";
            return Err((signal.span(), text.to_owned()));
        }
    }
    let stops = |it: &Spanned<Intervention>| matches!(it.as_ref().action, Action::Stop(_));
    for evidence in &case.evidence {
        check_evidence(evidence)?;
        if evidence.as_ref().needs_stop() && !case.interventions.iter().any(stops) {
            return Err((evidence.span(), NEEDS_STOP.to_owned()));
        }
    }
    for intervention in &case.interventions {
        if let Some(text) = intervention.as_ref().fault() {
            return Err((intervention.span(), text.to_owned()));
        }
    }
    let limits = &case.limits;
    let numbers = [
        limits.wall_seconds,
        limits.cpu_seconds,
        limits.output_kib,
        limits.processes,
        limits.descriptors,
        limits.file_mib,
    ];
    if numbers.contains(&0) {
        return Err((here, "a limit of this case is 0".to_owned()));
    }
    Ok(())
}

fn check_evidence(evidence: &Spanned<Evidence>) -> Result<(), Fault> {
    let stated = evidence.as_ref();
    if let Some(diagnosis) = &stated.diagnosis {
        kebab_case(diagnosis)?;
    }
    let text = match stated.claims().count() {
        0 => "this evidence states nothing: give one field beside `diagnosis`",
        1 => match stated.fault() {
            Some(fault) => fault,
            None => return Ok(()),
        },
        _ => "this evidence states several things: write an entry for each",
    };
    Err((evidence.span(), text.to_owned()))
}

fn kebab_case(name: &Spanned<String>) -> Result<(), Fault> {
    if is_kebab_case(name.as_ref()) {
        return Ok(());
    }
    let text = "names are lower-case words joined by hyphens, such as `hello-pipe`";
    Err((name.span(), text.to_owned()))
}

/// The fault in the form in which a wrong field is shown: the line, and a caret under the place.
fn show(lab: &Lab, (span, message): &Fault) -> CourseError {
    let path = lab.path.join("lab.toml");
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) => return error,
    };
    let fault = caret(&text, span, message);
    CourseError::Faulty { path, fault }
}

fn caret(text: &str, span: &Range<usize>, message: &str) -> String {
    let before = text.get(..span.start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    let column = before[start..].chars().count();
    let marked = text.get(span.clone()).unwrap_or_default();
    let carets = "^".repeat(marked.chars().take_while(|c| *c != '\n').count().max(1));
    let margin = " ".repeat(number.to_string().len());
    let indent = " ".repeat(column);
    format!(
        "line {number}, column {}\n{margin} |\n{number} | {line}\n{margin} | {indent}{carets}\n{message}",
        column + 1
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::LabDescription;

    /// The faults of a lab whose one exercise has this evidence.
    fn fault_of(evidence: &str) -> String {
        fault_of_exercise("", evidence)
    }

    fn fault_of_exercise(fields: &str, evidence: &str) -> String {
        let text = format!(
            r#"title = "T"
summary = "S"
[[exercise]]
name = "x"
title = "x"
level = "core"
minutes = 1
hints = ["", "", ""]
diagnoses = []{fields}
[[exercise.case]]
name = "c"
shows = "s"
points = 1
{evidence}
"#
        );
        let lab: LabDescription = match toml::from_str(&text) {
            Ok(lab) => lab,
            Err(error) => return error.to_string(),
        };
        match check_exercise(&lab.exercises[0]) {
            Ok(()) => String::new(),
            Err((span, message)) => caret(&text, &span, &message),
        }
    }

    #[track_caller]
    fn check(evidence: &str, parts: &[&str]) {
        let fault = fault_of(&format!("[[exercise.case.evidence]]\n{evidence}"));
        assert_eq!(fault.is_empty(), parts.is_empty(), "{fault}");
        for part in parts {
            assert!(fault.contains(part), "{fault}");
        }
    }

    #[test]
    fn evidence_states_exactly_one_thing() {
        check("forked = { count = 2 }\ndiagnosis = \"not-parallel\"", &[]);
        check("parallel = {}", &[]);
        check("", &["line 14, column 1", "^^^", "states nothing"]);
        check(
            "diagnosis = \"x\"",
            &["line 14, column 1", "^^^", "states nothing"],
        );
        check(
            "parallel = {}\nreaped = {}",
            &["line 14, column 1", "^^^", "several things"],
        );
    }

    #[test]
    fn wrong_evidence_is_shown_with_its_line() {
        check(
            "forkd = { count = 2 }",
            &["line 15, column 1", "unknown field `forkd`"],
        );
        check(
            "forked = { count = \"x\" }",
            &["line 15", "^", "is no count"],
        );
        check(
            "forked = { count = 1, by = \"you\" }",
            &["line 15, column 28", "names no process"],
        );
        check(
            "diagnosis = \"X\"\nparallel = {}",
            &["line 15, column 13", "joined by hyphens"],
        );
        check("zombies = {}", &["line 14", "neither"]);
        check("waiting = {}", &["line 14", "none of"]);
        let held = "waiting = { cpu_ms_while_stopped = 50 }";
        check(held, &["line 14", "an intervention of the same case"]);
        let stop = "at = { process = \"main/1\", call = \"write\" }\ndo = { stop = { ms = 500 } }";
        let stopped = format!("{held}\n[[exercise.case.intervention]]\n{stop}");
        check(&stopped, &[]);
        check("writes = { object = \"fifo\" }", &["line 14", "neither"]);
        check(
            "calls = { names = [\"read\"], error = \"EWHAT\", count = 0 }",
            &["line 14", "unknown error"],
        );
        check(
            "calls = { names = [\"raed\"], error = \"EAGAIN\", count = 0 }",
            &["line 14", "no call"],
        );
        let calls = |name: &str| format!("calls = {{ names = [\"{name}\"], count = 0 }}");
        check(&calls("nanosleep"), &[]);
        check(
            &calls("nanosleeep"),
            &["line 14", "no call that the recorder sees"],
        );
        check(&calls("pipe"), &[]);
        check(
            "order = { last = { does = \"call\" }, before_first = { does = \"exit\" } }",
            &["`call` goes with"],
        );
    }

    #[test]
    fn a_wrong_intervention_is_shown_with_its_line() {
        let at = "at = { process = \"main\", call = \"write\", nth = 0 }";
        let fault = fault_of(&format!(
            "[[exercise.case.intervention]]\n{at}\ndo = \"kill\""
        ));
        assert!(
            fault.contains("line 14") && fault.contains("counts from 1"),
            "{fault}"
        );
        assert_eq!(fault_of("sleeps = \"instant\""), "");
        assert_eq!(fault_of("timeouts = \"instant\""), "");
    }

    #[test]
    fn a_pure_exercise_draws_and_states_no_evidence() {
        let drawn = "args = [\"{n}\"]\ndraw = { n = { from = [1, 9] } }";
        let evidence = "[[exercise.case.evidence]]\nparallel = {}";
        let fault = |case: &str| fault_of_exercise("\npure = true", case);
        assert_eq!(fault(drawn), "");
        assert!(fault("").contains("no case draws"), "{}", fault(""));
        let not_compared = format!("{drawn}\noutput = {{ snapshot = false }}");
        assert!(fault(&not_compared).contains("no case draws"));
        let both = fault(&format!("{drawn}\n{evidence}"));
        assert!(
            both.contains("line 4") && both.contains("states evidence"),
            "{both}"
        );
        assert_eq!(fault_of(evidence), "");
    }

    #[test]
    fn a_caret_stands_under_the_fault() {
        let text = "title = \"T\"\nname = \"Bad\"\n";
        let shown = caret(text, &(19..24), "not so");
        assert_eq!(
            shown,
            "line 2, column 8\n  |\n2 | name = \"Bad\"\n  |        ^^^^^\nnot so"
        );
    }
}
