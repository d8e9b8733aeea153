//! JUnit XML, as GitLab, Jenkins and others read it: a suite for each lab, a test case for each exercise.
//!
//! There is no official schema. A test case's class and name together are unique, which GitLab relies on. Points are properties.

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::plain;
use super::style::status_words;
use crate::verdict::{Report, Status, Verdict};

/// The report as XML.
///
/// # Errors
/// When it cannot be written as XML; characters that XML forbids are left out.
pub fn render(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut document = quick_junit::Report::new("forklings");
    let mut suites: Vec<TestSuite> = Vec::new();
    for verdict in &report.exercises {
        if suites
            .last()
            .is_none_or(|suite| suite.name.as_str() != verdict.lab)
        {
            suites.push(TestSuite::new(&verdict.lab));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(case(verdict));
        }
    }
    document.add_test_suites(suites);
    let mut text = document.to_string()?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn case(verdict: &Verdict) -> TestCase {
    let status = match verdict.status {
        Status::Passed => TestCaseStatus::success(),
        Status::NotObserved => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(plain::explain(verdict));
            skipped
        }
        Status::Failed | Status::NotAttempted | Status::DoesNotCompile => {
            let kind = match verdict.findings.first() {
                Some(first) => first.diagnosis.as_str(),
                None => status_words(verdict.status),
            };
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type(kind);
            failure.set_message(plain::headline(verdict));
            failure.set_description(plain::explain(verdict));
            failure
        }
    };
    let mut case = TestCase::new(&verdict.exercise, status);
    case.set_classname(&verdict.lab);
    case.add_property(Property::new("points", verdict.points.to_string()));
    case.add_property(Property::new("max_points", verdict.max_points.to_string()));
    case
}
