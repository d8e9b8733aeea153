//! What a student may see of a report: hidden cases without their names, arguments and texts.
//!
//! What was diagnosed stays, because it tells no secret and is what a student can act on.

use crate::course::Course;
use crate::verdict::{CaseVerdict, Finding, Report, Verdict};

/// The report for readers who do not know the hidden cases.
#[must_use]
pub fn concealed(report: &Report, course: &Course) -> Report {
    let exercises = report.exercises.iter();
    Report {
        exercises: exercises.map(|verdict| conceal(verdict, course)).collect(),
        ..report.clone()
    }
}

fn conceal(verdict: &Verdict, course: &Course) -> Verdict {
    let known = course
        .exercises()
        .find(|it| it.lab.folder == verdict.lab && it.name() == verdict.exercise);
    let cases = known.iter().flat_map(|it| &it.exercise.cases);
    let hidden: Vec<&str> = cases
        .filter(|case| case.hidden)
        .map(|case| case.name.as_ref().as_str())
        .collect();
    // A case without a finding has no name to be taken away.
    let shown = |name: &str| match hidden.iter().position(|it| *it == name) {
        Some(number) => format!("hidden-{}", number + 1),
        None => name.to_owned(),
    };
    let case = |case: &CaseVerdict| CaseVerdict {
        case: shown(&case.case),
        ..case.clone()
    };
    let finding = |finding: &Finding| {
        if !hidden.contains(&finding.case.as_str()) {
            return finding.clone();
        }
        Finding {
            case: shown(&finding.case),
            diagnosis: finding.diagnosis.clone(),
            message: "this case is not shown".to_owned(),
            place: String::new(),
            points_lost: finding.points_lost,
            difference: None,
        }
    };
    Verdict {
        cases: verdict.cases.iter().map(case).collect(),
        findings: verdict.findings.iter().map(finding).collect(),
        ..verdict.clone()
    }
}
