//! The class on one page: how points are spread, who had trouble with what, which mistakes are common. It needs no network, reads well
//! with the keyboard and on paper, and says everything by words as well as by color.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use grader::check::near::{Limit, Near};
use grader::course::Course;
use grader::verdict::{Finding, LayerState, Status, Verdict};

use super::html::{escaped, head};
use crate::class::{Class, called, state_words};
use crate::store::{Outcome, file_name};

/// Columns of the distribution.
const COLUMNS: u32 = 10;

/// Examples of a mistake that are named.
const EXAMPLES: usize = 3;

/// Diagnoses of runs that a limit has ended or held.
const LIMITS: [&str; 8] = [
    "disk-full",
    "endless-output",
    "file-too-large",
    "out-of-cpu-time",
    "out-of-descriptors",
    "out-of-memory",
    "out-of-time",
    "too-many-processes",
];

/// Runs that came near a limit: by exercise, case and limit, with who made them.
pub(super) type NearRuns<'a> = BTreeMap<(&'a str, String, Limit), Vec<(&'a Outcome, Near)>>;

/// The page.
pub(super) fn render(class: &Class, near: &NearRuns<'_>, course: &Course) -> String {
    let mut text = head("Class");
    text.push_str("<h1>Class</h1>\n<nav><a href=\"#points\">Points</a> <a href=\"#map\">Exercises and students</a> <a href=\"#mistakes\">Common mistakes</a> <a href=\"#limits\">Limits</a> <a href=\"#near\">Nearly</a> <a href=\"#unseen\">Not observed</a></nav>\n");
    let _ = writeln!(text, "<p>{}</p>", numbers(class));
    text.push_str(&distribution(class));
    text.push_str(&map(class));
    text.push_str(&mistakes(class, course));
    text.push_str(&limits(class));
    text.push_str(&nearly(near));
    text.push_str(&workflows(class));
    text.push_str(&unseen(class));
    text.push_str("</main></body></html>\n");
    text
}

fn numbers(class: &Class) -> String {
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in &class.outcomes {
        *states.entry(state_words(&outcome.state)).or_default() += 1;
    }
    let states: Vec<String> = states
        .iter()
        .map(|(words, count)| format!("{count} {words}"))
        .collect();
    format!("{} students: {}.", class.outcomes.len(), states.join(", "))
}

/// How many students have how many tenths of the points: bars, and the same numbers as text.
fn distribution(class: &Class) -> String {
    let max: u32 = class.manifest.exercises.iter().map(|it| it.points).sum();
    let mut counts = vec![0_usize; usize::try_from(COLUMNS).unwrap_or(1)];
    for points in class.outcomes.iter().filter_map(|it| class.total(it)) {
        let column = (points * COLUMNS / max.max(1)).min(COLUMNS - 1);
        counts[usize::try_from(column).unwrap_or(0)] += 1;
    }
    let most = counts.iter().max().copied().unwrap_or(0).max(1);
    let mut text = format!(
        "<section id=\"points\"><h2>Points</h2>\n<table class=\"bars\"><caption>Students by points, of {max}</caption>\n\
         <thead><tr><th scope=\"col\">Points</th><th scope=\"col\">Students</th></tr></thead><tbody>\n"
    );
    for (column, count) in (0..COLUMNS).zip(counts) {
        let from = (column * max).div_ceil(COLUMNS);
        let to = match column + 1 {
            COLUMNS => max,
            next => (next * max).div_ceil(COLUMNS).saturating_sub(1),
        };
        if from > to {
            continue;
        }
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{from}–{to}</th><td><span class=\"bar\" style=\"width:{}%\"></span> {count}</td></tr>",
            count * 80 / most
        );
    }
    text + "</tbody></table></section>\n"
}

/// A line for each student, a cell for each exercise, darker where more points are missing.
fn map(class: &Class) -> String {
    let mut text = "<section id=\"map\"><h2>Exercises and students</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Points by student and exercise\"><table class=\"map\"><thead><tr><th scope=\"col\">Student</th><th scope=\"col\">Points</th>".to_owned();
    for graded in &class.manifest.exercises {
        let _ = write!(
            text,
            "<th scope=\"col\"><span>{}</span></th>",
            escaped(&graded.exercise)
        );
    }
    text.push_str("</tr></thead><tbody>\n");
    for outcome in &class.outcomes {
        let total = class
            .total(outcome)
            .map_or("–".to_owned(), |it| it.to_string());
        let _ = write!(
            text,
            "<tr><th scope=\"row\"><a href=\"feedback/{}.html\">{}</a></th><td>{total}</td>",
            escaped(&file_name(&outcome.student.id)).replace('%', "%25"),
            escaped(&called(&outcome.student))
        );
        for mark in class.marks(outcome) {
            let verdict = verdict_of(outcome, &mark.graded.exercise);
            let (grade, words) = match (mark.points, verdict.map(|it| it.status)) {
                (None, _) => ("none".to_owned(), "not graded".to_owned()),
                (_, Some(Status::NotAttempted)) => ("blank".to_owned(), "not attempted".to_owned()),
                (_, Some(Status::NotObserved)) => ("none".to_owned(), "not observed".to_owned()),
                (Some(points), _) => {
                    let fifth = (points * 4).div_ceil(mark.max_points.max(1)).min(4);
                    let first = verdict.and_then(|it| it.findings.first());
                    let words = first.map_or("passed", |it| it.diagnosis.as_str());
                    (format!("g{fifth}"), words.to_owned())
                }
            };
            let points = mark.points.map_or("–".to_owned(), |it| it.to_string());
            let _ = write!(
                text,
                "<td class=\"{grade}\" title=\"{}\">{points}</td>",
                escaped(&words)
            );
        }
        text.push_str("</tr>\n");
    }
    text.push_str("<tr class=\"mean\"><th scope=\"row\">Mean</th><td></td>");
    for (at, graded) in class.manifest.exercises.iter().enumerate() {
        let points: Vec<u32> = class
            .outcomes
            .iter()
            .filter_map(|outcome| class.marks(outcome)[at].points)
            .collect();
        let tenths = match u32::try_from(points.len()) {
            Ok(count) if count > 0 => points.iter().sum::<u32>() * 10 / count,
            _ => 0,
        };
        let _ = write!(
            text,
            "<td>{}.{} / {}</td>",
            tenths / 10,
            tenths % 10,
            graded.points
        );
    }
    text + "</tr></tbody></table></div></section>\n"
}

fn verdict_of<'a>(outcome: &'a Outcome, exercise: &str) -> Option<&'a Verdict> {
    let mut verdicts = outcome.verdicts.iter().map(|judged| &judged.verdict);
    verdicts.find(|it| it.exercise == exercise)
}

/// A mistake: diagnosis and exercise.
type Mistake<'a> = (&'a str, &'a str);

/// Who made it, each with the finding that shows it.
type Made<'a> = Vec<(&'a Outcome, &'a Finding)>;

/// The mistakes that are wanted, the most common first.
fn common<'a>(class: &'a Class, is_wanted: impl Fn(&str) -> bool) -> Vec<(Mistake<'a>, Made<'a>)> {
    let mut found: BTreeMap<Mistake<'a>, Made<'a>> = BTreeMap::new();
    for outcome in &class.outcomes {
        for judged in &outcome.verdicts {
            let verdict = &judged.verdict;
            // A mistake is counted once for a student, however many cases show it.
            let mut seen: Vec<&str> = Vec::new();
            for finding in &verdict.findings {
                if is_wanted(&finding.diagnosis) && !seen.contains(&finding.diagnosis.as_str()) {
                    seen.push(&finding.diagnosis);
                    let key = (finding.diagnosis.as_str(), verdict.exercise.as_str());
                    found.entry(key).or_default().push((outcome, finding));
                }
            }
        }
    }
    let mut ordered: Vec<_> = found.into_iter().collect();
    // The most common first; the sort keeps names in order where counts are equal.
    ordered.sort_by_key(|(_, students)| std::cmp::Reverse(students.len()));
    ordered
}

fn mistakes(class: &Class, course: &Course) -> String {
    let mut text = "<section id=\"mistakes\"><h2>Common mistakes</h2>\n<table><thead><tr><th scope=\"col\">Students</th><th scope=\"col\">Mistake</th><th scope=\"col\">Exercise</th><th scope=\"col\">Examples</th></tr></thead><tbody>\n".to_owned();
    for ((diagnosis, exercise), students) in common(class, |_| true) {
        let lab = course.exercise(exercise).ok().map(|it| it.lab);
        let title = course
            .diagnosis(lab, diagnosis)
            .map_or(String::new(), |it| it.title);
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}<br><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            students.len(),
            escaped(&title),
            escaped(diagnosis),
            escaped(exercise),
            examples(&students)
        );
    }
    text + "</tbody></table></section>\n"
}

fn examples(students: &[(&Outcome, &Finding)]) -> String {
    let shown = students.iter().take(EXAMPLES).map(|(outcome, finding)| {
        format!(
            "<details><summary>{}</summary><p>{}</p></details>",
            escaped(&called(&outcome.student)),
            escaped(&finding.message)
        )
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn limits(class: &Class) -> String {
    let mut text = "<section id=\"limits\"><h2>Runs that reached a limit</h2>\n".to_owned();
    let found = common(class, |diagnosis| LIMITS.contains(&diagnosis));
    if found.is_empty() {
        return text + "<p>None did.</p></section>\n";
    }
    text.push_str("<ul>\n");
    for ((diagnosis, exercise), students) in found {
        let names: Vec<String> = students
            .iter()
            .map(|(it, _)| escaped(&called(&it.student)))
            .collect();
        let _ = writeln!(
            text,
            "<li>{} in {}: {}</li>",
            escaped(diagnosis),
            escaped(exercise),
            names.join(", ")
        );
    }
    text + "</ul></section>\n"
}

/// Limits that may be too tight for somebody. These are measured: nothing else of the page may be another the next time.
fn nearly(near: &NearRuns<'_>) -> String {
    let mut text = "<section id=\"near\"><h2>Runs that came near a limit</h2>\n<p>They needed half of it or more, as measured in this grading.</p>\n".to_owned();
    if near.is_empty() {
        return text + "<p>None did.</p></section>\n";
    }
    text.push_str("<table><thead><tr><th scope=\"col\">Runs</th><th scope=\"col\">Exercise</th><th scope=\"col\">Case</th><th scope=\"col\">Limit</th><th scope=\"col\">Most used</th><th scope=\"col\">By</th></tr></thead><tbody>\n");
    for ((exercise, case, limit), runs) in near {
        let mut runs: Vec<_> = runs.iter().collect();
        runs.sort_by_key(|(_, it)| std::cmp::Reverse(it.percent));
        let names = runs.iter().take(EXAMPLES);
        let names: Vec<String> = names
            .map(|(outcome, it)| {
                format!("{} ({}%)", escaped(&called(&outcome.student)), it.percent)
            })
            .collect();
        let most = runs.first().map_or((0, 0), |(_, it)| (it.most, it.percent));
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td><code>{limit}</code> {}</td><td>{}%</td><td>{}</td></tr>",
            runs.len(),
            escaped(exercise),
            escaped(case),
            most.0,
            most.1,
            names.join(", ")
        );
    }
    text + "</tbody></table></section>\n"
}

/// Repositories whose workflow is not the course's. It costs nothing: grades do not come from there.
fn workflows(class: &Class) -> String {
    let changed = class.outcomes.iter().filter(|it| !it.workflow.is_empty());
    let lines: Vec<String> = changed
        .map(|it| {
            let who = escaped(&called(&it.student));
            format!("<li>{who}: {}</li>\n", escaped(&it.workflow.join("; ")))
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "<section id=\"workflows\"><h2>Changed workflows</h2>\n<p>What these repositories report on a push says nothing; the points here do not come from there.</p>\n<ul>\n{}</ul></section>\n",
        lines.concat()
    )
}

fn unseen(class: &Class) -> String {
    let mut text = "<section id=\"unseen\"><h2>Not observed</h2>\n<ul>\n".to_owned();
    for layer in &class.manifest.layers {
        if layer.state != LayerState::Active {
            let _ = writeln!(
                text,
                "<li>The protection {} was not active.</li>",
                escaped(&layer.layer)
            );
        }
    }
    let mut notes: BTreeMap<&str, usize> = BTreeMap::new();
    for note in class.outcomes.iter().flat_map(|it| &it.notes) {
        *notes.entry(note).or_default() += 1;
    }
    for (note, count) in notes {
        let _ = writeln!(text, "<li>{} ({count} students)</li>", escaped(note));
    }
    let unseen = class.outcomes.iter().flat_map(|outcome| {
        let verdicts = outcome.verdicts.iter().map(|judged| &judged.verdict);
        let unseen = verdicts.filter(|it| it.status == Status::NotObserved);
        unseen.map(move |it| (outcome, it))
    });
    for (outcome, verdict) in unseen {
        let _ = writeln!(
            text,
            "<li>{} of {}: evidence could not be collected on this host.</li>",
            escaped(&verdict.exercise),
            escaped(&called(&outcome.student))
        );
    }
    if text.ends_with("<ul>\n") {
        text.push_str("<li>Everything was observed.</li>\n");
    }
    text + "</ul></section>\n"
}
