use grader::verdict::{Status, Verdict};

use super::*;
use crate::git::Commit;
use crate::roster;
use crate::shard::Shard;
use crate::store::{CLASS_SCHEMA, Graded, Judged, Manifest, RESULT_SCHEMA, State};

const ROSTER: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Identifier,Email,github,02-pipes (77)\n\
    \"Lovelace, Ada\",101,s1,ada,A,Participant 12,ada@x.org,ada-l,\n\
    =1+1,102,s2,alan,B,Participant 13,alan@x.org,at,\n\
    Kurt,103,s3,kurt,B,Participant 14,kurt@x.org,kg,\n";

/// A class in which one has points, one was refused, and one could not be graded though an exercise of his has a verdict.
fn class() -> Class {
    let roster = roster::read(ROSTER.as_bytes()).unwrap();
    let exercises = [
        ("02-pipes", "hello-pipe", 4),
        ("02-pipes", "framing", 6),
        ("05-fifos", "log", 5),
    ];
    let exercises: Vec<Graded> = exercises
        .into_iter()
        .map(|(lab, exercise, points)| Graded {
            lab: lab.to_owned(),
            exercise: exercise.to_owned(),
            points,
        })
        .collect();
    let verdict = |at: usize, points| Judged {
        key: String::new(),
        verdict: Verdict {
            file: None,
            lab: exercises[at].lab.clone(),
            exercise: exercises[at].exercise.clone(),
            status: Status::Failed,
            points,
            max_points: exercises[at].points,
            cases: Vec::new(),
            findings: Vec::new(),
            compiler: None,
            points_elsewhere: 0,
        },
    };
    let reason = "x".to_owned();
    let states = [
        (
            State::Graded,
            vec![verdict(0, 4), verdict(1, 3), verdict(2, 0)],
        ),
        (
            State::Refused {
                reason: reason.clone(),
            },
            Vec::new(),
        ),
        (State::NotGraded { reason }, vec![verdict(0, 4)]),
    ];
    let outcomes = roster
        .students
        .iter()
        .zip(states)
        .map(|(student, (state, verdicts))| Outcome {
            schema: RESULT_SCHEMA.to_owned(),
            student: student.clone(),
            is_enrolled: true,
            entries: vec![format!("{}.zip", student.id)],
            commit: (student.id == "ada").then(|| Commit {
                id: "c".to_owned(),
                time: 1_780_000_000,
            }),
            times: Default::default(),
            workflow: Vec::new(),
            state,
            notes: Vec::new(),
            verdicts,
        });
    let outcomes: Vec<Outcome> = outcomes.collect();
    Class {
        manifest: Manifest {
            schema: CLASS_SCHEMA.to_owned(),
            exercises,
            seed: String::new(),
            shard: Shard::WHOLE,
            layers: Vec::new(),
            columns: roster.columns,
            students: Vec::new(),
        },
        outcomes,
        policy: Default::default(),
    }
}

fn text(table: anyhow::Result<Vec<u8>>) -> String {
    String::from_utf8(table.unwrap()).unwrap()
}

#[test]
fn who_is_not_graded_has_empty_cells_and_who_is_refused_has_zeros() {
    insta::assert_snapshot!(text(gradebook(&class())), @r#"
    id,name,section,status,points,max_points,02-pipes/hello-pipe,02-pipes/framing,05-fifos/log
    ada,"Lovelace, Ada",A,graded,7,15,4,3,0
    alan,'=1+1,B,refused,0,15,0,0,0
    kurt,Kurt,B,not graded,,15,,,
    "#);
}

#[test]
fn platforms_get_their_own_columns_back() {
    insta::assert_snapshot!(text(canvas(&class())), @r#"
    Student,ID,SIS User ID,SIS Login ID,Section,02-pipes (77),05-fifos
        Points Possible,,,,,10,5
    "Lovelace, Ada",101,s1,ada,A,7,0
    '=1+1,102,s2,alan,B,0,0
    Kurt,103,s3,kurt,B,,
    "#);
    insta::assert_snapshot!(text(moodle(&class())), @r#"
    Identifier,Full name,ID number,Email address,02-pipes,05-fifos
    Participant 12,"Lovelace, Ada",,ada@x.org,7,0
    Participant 13,'=1+1,,alan@x.org,0,0
    Participant 14,Kurt,,kurt@x.org,,
    "#);
    let mut one_lab = class();
    one_lab.manifest.exercises.pop();
    insta::assert_snapshot!(text(moodle(&one_lab)), @r#"
    Identifier,Full name,ID number,Email address,Grade,Maximum grade
    Participant 12,"Lovelace, Ada",,ada@x.org,7,10
    Participant 13,'=1+1,,alan@x.org,0,10
    Participant 14,Kurt,,kurt@x.org,,10
    "#);
}

#[test]
fn classroom_gets_a_line_for_each_student_and_lab() {
    insta::assert_snapshot!(text(classroom(&class())), @r#"
    assignment_name,assignment_url,starter_code_url,github_username,roster_identifier,student_repository_name,student_repository_url,submission_timestamp,points_awarded,points_available
    02-pipes,,,ada-l,Participant 12,ada.zip,,2026-05-28T20:26:40Z,7,10
    02-pipes,,,at,Participant 13,alan.zip,,,0,10
    02-pipes,,,kg,Participant 14,kurt.zip,,,,10
    05-fifos,,,ada-l,Participant 12,ada.zip,,2026-05-28T20:26:40Z,0,5
    05-fifos,,,at,Participant 13,alan.zip,,,0,5
    05-fifos,,,kg,Participant 14,kurt.zip,,,,5
    "#);
}
