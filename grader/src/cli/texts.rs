//! The texts of diagnoses, read before a report is rendered: rendering reads nothing.

use crate::course::Course;
use crate::report::Texts;
use crate::verdict::Report;

/// The texts of the diagnoses that the report speaks of. One that is missing or faulty costs the reader its text only.
#[must_use]
pub fn texts(course: &Course, report: &Report) -> Texts {
    let mut texts = Texts::default();
    for verdict in &report.exercises {
        let lab = course.labs.iter().find(|lab| lab.folder == verdict.lab);
        for finding in &verdict.findings {
            if texts.get(&verdict.lab, &finding.diagnosis).is_none()
                && let Ok(diagnosis) = course.diagnosis(lab, &finding.diagnosis)
            {
                texts.insert(&verdict.lab, diagnosis);
            }
        }
    }
    texts
}
