//! Verdicts put together: from what was found in each case, or without any run.

use super::kept::Kept;
use crate::check::{self, FAKED_OUTPUT, Rank, Ranked};
use crate::course::{Case, Exercise, ExerciseRef};
use crate::verdict::{CaseVerdict, Finding, Status, Verdict};

/// What was found in one case.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) case: String,
    pub(super) points: u32,
    pub(super) checked: check::Checked,
    /// What is kept of the run.
    pub(super) kept: Option<Kept>,
}

/// The verdict on an answer that ran.
pub(super) fn verdict(
    exercise: ExerciseRef<'_>,
    has_references: bool,
    found: Vec<Found>,
) -> Verdict {
    let mut empty = without_points(exercise, has_references, Status::Passed);
    let mut ranked = Vec::new();
    empty.cases = Vec::new();
    let mut is_unseen = false;
    for case in found {
        let points = case.checked.points(case.points);
        is_unseen |= case.checked.not_observed.is_some();
        empty.cases.push(CaseVerdict {
            case: case.case,
            points: points.earned,
            max_points: points.max,
        });
        ranked.extend(case.checked.found);
    }
    check::presume_earlier_cases(&mut ranked);
    if exercise.exercise.pure {
        let place = exercise.relative_path().display().to_string();
        let unconfirmed = unconfirmed(exercise.exercise, place, &empty.cases);
        // In front: of the findings of its rank it is the cause.
        ranked.splice(0..0, unconfirmed);
    }
    // A stable sort: findings of one rank stay in the order of `lab.toml`.
    ranked.sort_by_key(|it| it.rank);
    if let Some(faked) = ranked
        .iter_mut()
        .find(|it| it.finding.diagnosis == FAKED_OUTPUT)
    {
        // Who fakes one case has not done the exercise: what the others would have earned is lost with it.
        for case in &mut empty.cases {
            faked.finding.points_lost += std::mem::take(&mut case.points);
        }
    }
    empty.points = empty.cases.iter().map(|case| case.points).sum();
    empty.max_points = empty.cases.iter().map(|case| case.max_points).sum();
    empty.findings = ranked.into_iter().map(|it| it.finding).collect();
    if empty.points < empty.max_points {
        empty.status = Status::Failed;
    } else if is_unseen {
        empty.status = Status::NotObserved;
    }
    empty
}

/// Of an exercise that is `pure`: the finding on an answer that is right where everybody can read the arguments, and in none of the
/// cases that draw them. Where all the rest is right nothing else explains that, and it comes first.
fn unconfirmed(exercise: &Exercise, place: String, verdicts: &[CaseVerdict]) -> Option<Ranked> {
    let is_drawn = |verdict: &&CaseVerdict| {
        let mut cases = exercise.cases.iter();
        cases.any(|it| it.is_drawn() && it.output.snapshot && *it.name.as_ref() == verdict.case)
    };
    let (drawn, fixed): (Vec<_>, Vec<_>) = verdicts.iter().partition(is_drawn);
    let first = drawn.first()?;
    if drawn.iter().any(|it| it.points > 0) || fixed.iter().all(|it| it.points == 0) {
        return None;
    }
    let is_all_right = fixed.iter().all(|it| it.points == it.max_points);
    let message = "the output is right where everybody can read the arguments in lab.toml, and in no case that draws them at random: so nothing shows that it was computed";
    Some(Ranked {
        rank: if is_all_right {
            Rank::Absent
        } else {
            Rank::Output
        },
        finding: Finding {
            case: first.case.clone(),
            diagnosis: FAKED_OUTPUT.to_owned(),
            message: message.to_owned(),
            place,
            points_lost: 0,
            difference: None,
        },
    })
}

fn without_points(exercise: ExerciseRef<'_>, has_references: bool, status: Status) -> Verdict {
    let cases: Vec<CaseVerdict> = runnable(exercise, has_references)
        .map(|case| CaseVerdict {
            case: case.name.as_ref().clone(),
            points: 0,
            max_points: case.points,
        })
        .collect();
    let max_points: u32 = cases.iter().map(|case| case.max_points).sum();
    Verdict {
        lab: exercise.lab.folder.clone(),
        exercise: exercise.name().to_owned(),
        file: exercise
            .exercise
            .file
            .as_ref()
            .map(|it| it.as_ref().clone()),
        status,
        points: 0,
        max_points,
        cases,
        findings: Vec::new(),
        compiler: None,
        points_elsewhere: exercise.exercise.max_points() - max_points,
    }
}

/// The verdict on a stub that was not touched, or is not there.
pub(super) fn not_attempted(exercise: ExerciseRef<'_>, has_references: bool) -> Verdict {
    without_points(exercise, has_references, Status::NotAttempted)
}

/// The verdict on an answer that this host cannot run: it decides no points.
pub(super) fn not_possible(exercise: ExerciseRef<'_>, has_references: bool) -> Verdict {
    let mut verdict = without_points(exercise, has_references, Status::NotObserved);
    for case in &mut verdict.cases {
        case.max_points = 0;
    }
    verdict.max_points = 0;
    verdict
}

/// The verdict on a file that cannot be taken.
pub(super) fn refused(exercise: ExerciseRef<'_>, reason: String, has_references: bool) -> Verdict {
    let mut verdict = without_points(exercise, has_references, Status::Failed);
    verdict.findings.push(Finding {
        case: String::new(),
        diagnosis: "file-refused".to_owned(),
        message: reason,
        place: exercise.relative_path().display().to_string(),
        points_lost: verdict.max_points,
        difference: None,
    });
    verdict
}

/// The verdict on an answer that the compiler refuses.
pub(super) fn does_not_compile(
    exercise: ExerciseRef<'_>,
    has_references: bool,
    said: String,
) -> Verdict {
    let mut verdict = without_points(exercise, has_references, Status::DoesNotCompile);
    let summary = said.lines().next().unwrap_or_default().to_owned();
    let place = said
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("--> "))
        .map_or_else(
            || exercise.relative_path().display().to_string(),
            str::to_owned,
        );
    verdict.findings.push(Finding {
        case: String::new(),
        diagnosis: "does-not-compile".to_owned(),
        message: format!("the compiler refuses the answer: {summary}"),
        place,
        points_lost: verdict.max_points,
        difference: None,
    });
    verdict.compiler = Some(said);
    verdict
}

/// Whether a verdict could be another one on a machine that is less busy, or that can show more: such a verdict is not kept.
pub(super) fn depends_on_machine(verdict: &Verdict, full: u32) -> bool {
    // A runner can also be killed by a machine that has run out of memory.
    let may_differ =
        |it: &Finding| ["out-of-time", "runner-killed"].contains(&it.diagnosis.as_str());
    let worth: u32 = verdict.cases.iter().map(|case| case.max_points).sum();
    verdict.status == Status::NotObserved || worth < full || verdict.findings.iter().any(may_differ)
}

/// The cases that this copy of the course can run.
pub(super) fn runnable<'a>(
    exercise: ExerciseRef<'a>,
    has_references: bool,
) -> impl Iterator<Item = &'a Case> {
    let cases = exercise.exercise.cases.iter();
    cases.filter(move |case| has_references || !(case.is_drawn() && case.output.snapshot))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::LabDescription;

    /// What is said of an answer to an exercise with two fixed and two drawn cases that gets these points.
    #[track_caller]
    fn check(points: [u32; 4], expected: Option<Rank>) {
        let mut text = "title = \"T\"\nsummary = \"S\"\n[[exercise]]\nname = \"x\"\ntitle = \"x\"\nlevel = \"core\"\nminutes = 1\nhints = [\"\", \"\", \"\"]\ndiagnoses = []\npure = true\n".to_owned();
        for (name, drawn) in [
            ("small", ""),
            ("large", ""),
            ("any", "{n}"),
            ("many", "{n}"),
        ] {
            text.push_str(&format!(
                "[[exercise.case]]\nname = \"{name}\"\nshows = \"s\"\npoints = 2\nargs = [\"{drawn}\"]\n"
            ));
            if !drawn.is_empty() {
                text.push_str("draw = { n = { from = [1, 9] } }\n");
            }
        }
        let lab: LabDescription = toml::from_str(&text).unwrap();
        let exercise = &lab.exercises[0];
        let verdicts: Vec<CaseVerdict> = exercise
            .cases
            .iter()
            .zip(points)
            .map(|(case, points)| CaseVerdict {
                case: case.name.as_ref().clone(),
                points,
                max_points: 2,
            })
            .collect();
        let found = unconfirmed(exercise, "x.rs".to_owned(), &verdicts);
        assert_eq!(found.as_ref().map(|it| it.rank), expected, "{points:?}");
        if let Some(Ranked { finding, .. }) = found {
            assert_eq!((&*finding.case, &*finding.diagnosis), ("any", FAKED_OUTPUT));
        }
        // In a copy without reference answers no case draws, and nothing is said.
        assert!(unconfirmed(exercise, String::new(), &verdicts[..2]).is_none());
    }

    #[test]
    fn what_everybody_can_read_counts_with_a_case_that_draws() {
        check([2, 2, 2, 2], None);
        check([2, 2, 0, 2], None);
        check([2, 0, 2, 0], None);
        check([0, 0, 0, 0], None);
        check([2, 2, 0, 0], Some(Rank::Absent));
        check([0, 2, 0, 0], Some(Rank::Output));
    }
}
