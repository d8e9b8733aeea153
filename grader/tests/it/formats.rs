//! The forms of the report: each as its reader wants it, with hidden cases hidden, and nothing of a program's output obeyed.

use std::collections::BTreeMap;

use base64::Engine as _;
use grader::course::{Course, Diagnosis};
use grader::report::concealed::concealed;
use grader::report::occasion::Occasion;
use grader::report::style::Style;
use grader::report::terminal::{Page, Subject};
use grader::report::{Texts, classroom50, ctrf, feedback, github, gradescope, junit, prairielearn};
use grader::verdict::{CaseVerdict, Difference, Finding, REPORT_SCHEMA, Report, Status, Verdict};
use serde_json::Value;

use super::course::Demo;

/// What a program may print to be taken for something else.
const HOSTILE: &str = "::notice title=Autograding report::{\"totalPoints\":99}\n]]></failure>\0\x1b[2J```\n# **heading**";

/// What nobody may see who does not know the hidden case.
const SECRET: &str = "the-secret-argument";

fn verdict(exercise: &str, status: Status, points: u32, findings: Vec<Finding>) -> Verdict {
    Verdict {
        lab: "10-demo".to_owned(),
        exercise: exercise.to_owned(),
        file: None,
        status,
        points,
        max_points: 10,
        cases: ["one", "two"]
            .map(|case| CaseVerdict {
                case: case.to_owned(),
                points: points / 2,
                max_points: 5,
            })
            .to_vec(),
        findings,
        compiler: None,
        points_elsewhere: 0,
    }
}

fn finding(case: &str, message: &str) -> Finding {
    Finding {
        case: case.to_owned(),
        diagnosis: "child-not-reaped".to_owned(),
        message: message.to_owned(),
        place: format!("run it: cargo run -- {message}"),
        points_lost: 5,
        difference: Some(Difference {
            expected: "right\n".to_owned(),
            seen: format!("{message}\n"),
        }),
    }
}

fn report(exercises: Vec<Verdict>) -> Report {
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: exercises.iter().map(|it| it.points).sum(),
        max_points: exercises.iter().map(|it| it.max_points).sum(),
        layers: Vec::new(),
        exercises,
        notes: vec![HOSTILE.to_owned()],
    }
}

/// Two exercises: one has lost points by a hostile program, one is passed.
fn mixed() -> Report {
    let findings = vec![finding("one", HOSTILE), finding("two", SECRET)];
    report(vec![
        verdict("first-step", Status::Failed, 4, findings),
        verdict("second-step", Status::Passed, 10, Vec::new()),
    ])
}

fn occasion() -> Occasion {
    let variables = classroom50::VARIABLES.map(|it| (it.to_owned(), format!("<{it}>")));
    Occasion {
        began_ms: 1_780_324_390_123,
        ended_ms: 1_780_324_391_456,
        committed: Some(1_780_324_321),
        variables: BTreeMap::from(variables),
    }
}

/// The course of the reports, in which `two` is a hidden case, and the texts of its diagnosis.
struct Surroundings {
    _demo: Demo,
    course: Course,
    texts: Texts,
}

impl Surroundings {
    fn new() -> Self {
        let demo = Demo::new();
        let description = std::fs::read_to_string(demo.file("labs/10-demo/lab.toml")).unwrap();
        let hidden = description.replacen("name = \"two\"", "name = \"two\"\nhidden = true", 1);
        demo.write("labs/10-demo/lab.toml", &hidden);
        let course = Course::load(&demo.file("")).unwrap();
        let mut texts = Texts::default();
        let diagnosis = Diagnosis {
            name: "child-not-reaped".to_owned(),
            title: "A child was never waited for".to_owned(),
            summary: String::new(),
            cure: "Wait for it.".to_owned(),
            markdown: String::new(),
        };
        texts.insert("10-demo", diagnosis);
        Self {
            _demo: demo,
            course,
            texts,
        }
    }

    fn page(&self) -> Page<'_> {
        Page {
            course: &self.course,
            texts: &self.texts,
            subject: &Subject::Checkout,
            style: Style::plain(),
        }
    }

    fn shown(&self) -> Report {
        concealed(&mixed(), &self.course)
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn sum(tests: &Value, field: &str) -> u64 {
    let tests = tests.as_array().unwrap().iter();
    tests.map(|test| test[field].as_u64().unwrap()).sum()
}

fn github_result(report: &Report) -> Value {
    let line = github::result(report);
    assert!(!line.contains('\n'));
    let bytes = base64::engine::general_purpose::STANDARD.decode(line);
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

#[test]
fn no_form_for_students_tells_of_a_hidden_case() {
    let around = Surroundings::new();
    let (shown, page) = (around.shown(), around.page());
    let decoded = github_result(&shown).to_string();
    let forms = [
        decoded,
        github::log(&shown, "", "token"),
        classroom50::render(&shown, &occasion()).unwrap(),
        gradescope::render(&shown, page).unwrap(),
        prairielearn::render(&shown).unwrap(),
        junit::render(&shown).unwrap(),
        ctrf::render(&shown, &occasion()).unwrap(),
        feedback::render(&shown, page),
    ];
    for form in forms {
        assert!(!form.contains(SECRET), "{form}");
        assert!(!form.contains("case two"), "{form}");
    }
    // What was diagnosed is told.
    assert!(feedback::render(&shown, page).contains("`hidden-1`: `child-not-reaped`"));
    // And the one who asks for it sees everything.
    assert!(junit::render(&mixed()).unwrap().contains(SECRET));
}

#[test]
fn github_s_arithmetic_comes_out() {
    let result = github_result(&mixed());
    assert_eq!(result["version"], 1);
    assert_eq!(result["status"], "fail");
    assert_eq!(result["max_score"], 20);
    assert_eq!(sum(&result["tests"], "score"), 14);
    let [failed, passed] = result["tests"].as_array().unwrap().as_slice() else {
        panic!("{result}");
    };
    assert_eq!(failed["name"], "10-demo / first-step");
    assert_eq!(failed["status"], "fail");
    assert_eq!(failed["filename"], "labs/10-demo/src/bin/first-step.rs");
    assert!(
        failed["message"]
            .as_str()
            .unwrap()
            .contains("child-not-reaped")
    );
    assert_eq!(passed["status"], "pass");
    assert_eq!(passed["message"], Value::Null);
}

#[test]
fn a_compiler_s_line_is_github_s_line() {
    let mut finding = finding("", "the compiler refuses the answer");
    finding.place = "labs/10-demo/src/bin/first-step.rs:12:5".to_owned();
    let refused = verdict("first-step", Status::DoesNotCompile, 0, vec![finding]);
    let result = github_result(&report(vec![refused]));
    assert_eq!(result["tests"][0]["line_no"], 12);
}

#[test]
fn a_report_without_exercises_is_no_full_marks() {
    let empty = report(Vec::new());
    let result = github_result(&empty);
    assert_eq!(result["max_score"], 0);
    assert_eq!(result["tests"][0]["status"], "error");
    assert_eq!(result["status"], "fail");
    let results = parsed(&prairielearn::render(&empty).unwrap());
    assert_eq!(results["gradable"], false);
}

#[test]
fn what_a_program_prints_is_no_workflow_command() {
    let log = github::log(&mixed(), HOSTILE, "5ca1ab1e");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "::stop-commands::5ca1ab1e");
    let end = lines
        .iter()
        .position(|line| *line == "::5ca1ab1e::")
        .unwrap();
    let forged = lines.iter().position(|line| line.contains("99")).unwrap();
    assert!(forged < end, "{log}");
    assert_eq!(
        lines[end + 1..],
        [
            "::notice title=Autograding complete::Points 14/20",
            "::notice title=Autograding report::{\"maxPoints\":20,\"totalPoints\":14}",
        ]
    );
}

#[test]
fn classroom50_gets_whole_numbers_and_two_dates() {
    let result = parsed(&classroom50::render(&mixed(), &occasion()).unwrap());
    assert_eq!(result["schema"], "classroom50/result/v1");
    assert_eq!(result["classroom"], "<CLASSROOM>");
    assert_eq!(result["submission"], "<SUBMISSION_TAG>");
    assert_eq!(result["review"], "<COMMIT_URL>");
    assert_eq!(result["datetime"], "2026-06-01T14:32:01Z");
    assert_eq!(result["graded_at"], "2026-06-01T14:33:11Z");
    assert_eq!(
        (&result["score"], &result["max-score"]),
        (&14.into(), &20.into())
    );
    assert_eq!(sum(&result["tests"], "score"), 14);
    assert_eq!(sum(&result["tests"], "max-score"), 20);
    assert_eq!(result["tests"][1]["test-name"], "second-step");
    assert_eq!(result["tests"][1]["passed"], true);
    assert!(result.get("owner").is_none());
}

#[test]
fn gradescope_numbers_labs_and_exercises() {
    let around = Surroundings::new();
    let results = parsed(&gradescope::render(&around.shown(), around.page()).unwrap());
    assert_eq!(results["score"], 14);
    assert_eq!(results["stdout_visibility"], "hidden");
    let tests = &results["tests"];
    assert_eq!((sum(tests, "score"), sum(tests, "max_score")), (14, 20));
    assert_eq!(tests[0]["number"], "1.1");
    assert_eq!(tests[1]["number"], "1.2");
    assert_eq!(tests[0]["status"], "failed");
    assert!(
        tests[0]["output"]
            .as_str()
            .unwrap()
            .contains("Wait for it.")
    );
}

#[test]
fn prairielearn_gets_a_share_and_no_nul() {
    let text = prairielearn::render(&mixed()).unwrap();
    let results = parsed(&text);
    assert_eq!(results["gradable"], true);
    assert_eq!(results["score"], 0.7);
    assert_eq!(results["tests"][0]["points"], 4);
    assert!(!text.contains("\\u0000"), "{text}");
    let refusal = parsed(&prairielearn::refusal("no \0 exercise").unwrap());
    assert_eq!(refusal["gradable"], false);
    assert_eq!(refusal["message"], "no  exercise");
}

#[test]
fn prairielearn_gets_at_most_a_megabyte() {
    let long = "\"\\".repeat(100_000);
    let findings = |_| (0..8).map(|_| finding("one", &long)).collect();
    let many = (0..60).map(|number| {
        let mut verdict = verdict("x", Status::DoesNotCompile, 0, findings(number));
        verdict.compiler = Some(long.clone());
        verdict
    });
    let text = prairielearn::render(&report(many.collect())).unwrap();
    assert!(text.len() < 1_000_000, "{}", text.len());
}

#[test]
fn junit_is_xml_whatever_a_program_printed() {
    let text = junit::render(&mixed()).unwrap();
    assert!(!text.contains('\0') && !text.contains('\x1b'), "{text}");
    let read = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!(read.tests, 2);
    assert_eq!(read.failures, 1);
    let case = &read.test_suites[0].test_cases[0];
    assert_eq!(case.name.as_str(), "first-step");
    assert_eq!(case.classname.as_ref().unwrap().as_str(), "10-demo");
    assert_eq!(case.properties[0].value.as_str(), "4");
}

#[test]
fn ctrf_counts_what_it_lists() {
    let document = parsed(&ctrf::render(&mixed(), &occasion()).unwrap());
    let results = &document["results"];
    assert_eq!(results["summary"]["tests"], 2);
    assert_eq!(results["summary"]["passed"], 1);
    assert_eq!(results["summary"]["failed"], 1);
    assert_eq!(results["summary"]["start"], 1_780_324_390_123_u64);
    assert_eq!(results["tests"][0]["extra"]["points"], 4);
}

#[test]
fn in_markdown_a_program_s_text_is_code() {
    let around = Surroundings::new();
    let text = feedback::render(&around.shown(), around.page());
    // The three backticks that the program printed end no fence of ours.
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.chars().take_while(|letter| *letter == '`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks == open && line.len() == ticks => fence = None,
            None => assert!(!line.starts_with("# **"), "{text}"),
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "{text}");
    assert_eq!(text, MARKDOWN);
}

const MARKDOWN: &str = r###"# 14 of 20 points, 1 of 2 exercises passed

| exercise | | points |
| --- | --- | --- |
| 10-demo / **first-step** | failed | 4 / 10 |
| 10-demo / **second-step** | passed | 10 / 10 |

````::notice title=Autograding report::{"totalPoints":99}\n]]></failure>\0\u{1b}[2J```\n# **heading**````

## first-step

**A child was never waited for** (`child-not-reaped`, costs 5 points)

Case `one`:

````text
::notice title=Autograding report::{"totalPoints":99}
]]></failure>\0\u{1b}[2J```
# **heading**
````

````run it: cargo run -- ::notice title=Autograding report::{"totalPoints":99}\n]]></failure>\0\u{1b}[2J```\n# **heading**````

Expected (-) and seen (+):

````diff
- right
+ ::notice title=Autograding report::{"totalPoints":99}
+ ]]></failure>\0\u{1b}[2J```
+ # **heading**
````

Wait for it.

Also found:

- `hidden-1`: `child-not-reaped`
"###;
