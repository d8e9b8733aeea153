use super::*;
use crate::roster::Student;
use crate::store::{RESULT_SCHEMA, State};

const DEADLINES: &str = "free_days = 3\npercent_per_day = 15\nlast_day = 5\ngrace_minutes = 10\n[due]\n\
    \"02-pipes\" = \"2026-10-08T12:00:00+02:00\"\n\"01-fork\" = \"2026-10-01T12:00:00+02:00\"\n";

fn outcome(times: &[(&str, &str)]) -> Outcome {
    Outcome {
        schema: RESULT_SCHEMA.to_owned(),
        student: Student {
            id: "Ada".to_owned(),
            ..Student::default()
        },
        is_enrolled: true,
        entries: Vec::new(),
        commit: None,
        times: times
            .iter()
            .map(|(lab, time)| ((*lab).to_owned(), seconds(time).unwrap()))
            .collect(),
        workflow: Vec::new(),
        state: State::Graded,
        notes: Vec::new(),
        verdicts: Vec::new(),
    }
}

fn policy() -> Policy {
    Policy {
        deadlines: Some(deadlines(DEADLINES).unwrap()),
        ..Policy::default()
    }
}

#[track_caller]
fn check(times: &[(&str, &str)], expected: [Lateness; 3]) {
    let found = policy().lateness(&outcome(times), &["02-pipes", "01-fork", "03-x"]);
    let found = ["01-fork", "02-pipes", "03-x"].map(|lab| found[lab]);
    assert_eq!(found, expected);
}

const fn days(days: u32, free: u32) -> Lateness {
    Lateness::Days { days, free }
}

#[test]
fn free_days_go_to_the_lab_that_was_due_first() {
    use Lateness::{NotDue, TooLate, Unknown};
    // In time to the last second of the grace, and a day late one second after it.
    check(
        &[
            ("01-fork", "2026-10-01T10:10:00Z"),
            ("02-pipes", "2026-10-08T10:10:01Z"),
        ],
        [days(0, 0), days(1, 1), NotDue],
    );
    check(
        &[
            ("01-fork", "2026-10-03T10:11:00Z"),
            ("02-pipes", "2026-10-11T10:00:00Z"),
        ],
        [days(3, 3), days(3, 0), NotDue],
    );
    check(
        &[
            ("01-fork", "2026-10-03T10:00:00Z"),
            ("02-pipes", "2026-10-11T10:00:00Z"),
        ],
        [days(2, 2), days(3, 1), NotDue],
    );
    // What is too late takes no free day from the others.
    check(
        &[
            ("01-fork", "2026-10-06T10:10:01Z"),
            ("02-pipes", "2026-10-10T10:00:00Z"),
        ],
        [TooLate { days: 6 }, days(2, 2), NotDue],
    );
    check(
        &[("01-fork", "2026-10-06T10:10:00Z")],
        [days(5, 3), Unknown, NotDue],
    );
}

#[test]
fn each_further_day_costs_its_share_and_whole_points_are_left() {
    let policy = policy();
    let left = |points, lateness| policy.reduced(points, lateness);
    assert_eq!(left(10, days(0, 0)), 10);
    assert_eq!(left(10, days(3, 3)), 10);
    // 85 percent of 10 are 8.5, of 7 are 5.95.
    assert_eq!(left(10, days(3, 2)), 9);
    assert_eq!(left(7, days(3, 2)), 6);
    assert_eq!(left(60, days(5, 0)), 15);
    assert_eq!(left(0, days(5, 0)), 0);
    assert_eq!(left(60, Lateness::TooLate { days: 6 }), 0);
    assert_eq!(left(60, Lateness::Unknown), 60);
}

#[test]
fn a_table_of_times_is_believed_more_than_git() {
    let mut policy = policy();
    policy.times =
        times("submitted,ID,lab\n2026-10-02T10:00:00Z,ada,\n2026-10-09T10:00:00Z,ada,02-pipes\n")
            .unwrap();
    let labs = ["01-fork", "02-pipes"];
    let found = policy.lateness(&outcome(&[("01-fork", "2026-09-01T00:00:00Z")]), &labs);
    assert_eq!(found["01-fork"], days(1, 1));
    assert_eq!(found["02-pipes"], days(1, 1));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let graded = [Graded {
        lab: "02-pipes".to_owned(),
        exercise: "framing".to_owned(),
        points: 10,
    }];
    let said = |lines: &str| {
        let text = format!("id,name,points,reason\n{lines}\n");
        format!("{:#}", overrides(&text, &graded).unwrap_err())
    };
    assert!(said("ada,framin,1,x").contains("line 2: framin is no exercise"));
    assert!(said("ada,framing,11,x").contains("only 10 points"));
    assert!(said("ada,framing,-1,x").contains("no number"));
    assert!(said("ada,framing,1,").contains("needs its reason"));
    assert!(said("ada,framing,1,x\nAda,framing,2,x").contains("line 3"));
    let text = "reason,points,name,id\nsick,10,02-pipes,ada\n";
    let changed = overrides(text, &graded).unwrap();
    assert_eq!(changed.len(), 1);
    let said = |text: &str| format!("{:#}", deadlines(text).unwrap_err());
    assert!(
        said("percent_per_day = 10\nlast_day = 1\ndues = 1\n[due]\n").contains("unknown field")
    );
    assert!(
        said("percent_per_day = 1\nlast_day = 1\n[due]\na = \"2026-10-01 12:00\"\n")
            .contains("no time")
    );
    assert!(format!("{:#}", times("id\nada\n").unwrap_err()).contains("column submitted"));
}
