//! The public JSON report: [`Report`] as it is, indented, with a newline at the end.

use crate::verdict::Report;

/// The report as JSON. The same report gives the same bytes.
///
/// # Errors
/// When a value cannot be written as JSON; no field of a report is of such a type.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{CaseVerdict, Finding, REPORT_SCHEMA, Status, Verdict};

    #[test]
    fn a_report_reads_back_as_it_was() {
        let report = Report {
            schema: REPORT_SCHEMA.to_owned(),
            points: 2,
            max_points: 5,
            layers: Vec::new(),
            exercises: vec![Verdict {
                lab: "02-pipes".to_owned(),
                exercise: "hello-pipe".to_owned(),
                file: None,
                status: Status::Failed,
                points: 2,
                max_points: 5,
                cases: vec![CaseVerdict {
                    case: "greeting".to_owned(),
                    points: 2,
                    max_points: 5,
                }],
                findings: vec![Finding {
                    case: "greeting".to_owned(),
                    diagnosis: "write-end-left-open".to_owned(),
                    message: "it hangs".to_owned(),
                    place: String::new(),
                    points_lost: 3,
                    difference: None,
                }],
                compiler: None,
                points_elsewhere: 0,
            }],
            notes: Vec::new(),
        };
        let text = render(&report).unwrap();
        assert!(text.starts_with("{\n  \"schema\": \"forklings/report/v1\",\n"));
        assert!(text.ends_with("}\n"));
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
