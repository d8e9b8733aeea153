//! The exercise to act on: its first finding in full, the others as one line each.

use super::Page;
use crate::report::difference;
use crate::report::layout::{self, LongWords};
use crate::report::markdown;
use crate::report::style::{Role, points};
use crate::report::visible;
use crate::verdict::{Finding, Status, Verdict};

/// Lines of the compiler's message that are shown.
const COMPILER_LINES: usize = 120;

/// Other findings that are listed.
const OTHERS: usize = 8;

/// Letters of a finding's message that are shown.
const MESSAGE: usize = 2000;

pub(super) fn render(verdict: &Verdict, page: Page<'_>) -> String {
    if verdict.status == Status::DoesNotCompile {
        return compiler(verdict, page);
    }
    let Some((first, others)) = verdict.findings.split_first() else {
        return lost_points(verdict, page);
    };
    let mut parts = vec![heading(verdict, first, page)];
    parts.push(title(verdict, first, page));
    parts.extend(message(first, page));
    parts.extend(place(first, page));
    parts.extend(difference_of(first, page));
    parts.extend(cure(verdict, first, page));
    parts.extend(also_found(verdict, first, others, page));
    parts.join("\n\n")
}

/// The exercise and the case, with what the case shows.
fn heading(verdict: &Verdict, finding: &Finding, page: Page<'_>) -> String {
    let style = page.style;
    let name = style.paint(Role::Strong, &verdict.exercise);
    if finding.case.is_empty() {
        return name;
    }
    let case = format!("case {}", visible::line(&finding.case, style));
    let case = style.paint(Role::Strong, &case);
    let shows = page.exercise(verdict).and_then(|it| {
        let mut cases = it.exercise.cases.iter();
        cases
            .find(|case| *case.name.as_ref() == finding.case)
            .map(|case| visible::own(&case.shows, style))
    });
    let text = match shows {
        Some(shows) => format!("{name}, {case}: {shows}"),
        None => format!("{name}, {case}"),
    };
    page.prose(&text, 0)
}

/// What is wrong, as the diagnosis says it, with its name and price.
fn title(verdict: &Verdict, finding: &Finding, page: Page<'_>) -> String {
    let style = page.style;
    let lost = match finding.points_lost {
        0 => String::new(),
        lost => format!(", costs {}", points(lost)),
    };
    let name = visible::line(&finding.diagnosis, style);
    let text = match page.texts.get(&verdict.lab, &finding.diagnosis) {
        Some(diagnosis) => {
            let title = markdown::inline(&diagnosis.title, style);
            format!("{} ({name}{lost})", style.paint(Role::Bad, &title))
        }
        None => format!("{}{lost}", style.paint(Role::Bad, &name)),
    };
    page.prose(&text, 2)
}

/// What was expected and seen in this run, as a sentence that begins like one.
fn message(finding: &Finding, page: Page<'_>) -> Option<String> {
    let text = foreign(&finding.message, page);
    let first = text.chars().next()?;
    let text = format!("{}{}", first.to_uppercase(), &text[first.len_utf8()..]);
    Some(layout::paragraph(
        &text,
        page.style.columns(),
        2,
        LongWords::Cut,
    ))
}

/// Where to look. A command line is something to type.
fn place(finding: &Finding, page: Page<'_>) -> Option<String> {
    let text = foreign(&finding.place, page);
    let (label, text) = match text.strip_prefix("run it: ") {
        Some(command) => ("Run it:", command),
        None => ("Where:", text.as_str()),
    };
    let first = format!("  {} ", page.style.paint(Role::Strong, label));
    let rest = " ".repeat(layout::width(&first));
    let columns = page.style.columns();
    (!text.is_empty()).then(|| layout::hanging(text, columns, &first, &rest, LongWords::Cut))
}

/// Text that may come from a student's program, visible and not without end.
fn foreign(text: &str, page: Page<'_>) -> String {
    let text = text.trim_end();
    match text.char_indices().nth(MESSAGE) {
        Some((end, _)) => visible::lines(&text[..end], page.style) + page.style.ellipsis(),
        None => visible::lines(text, page.style),
    }
}

fn difference_of(finding: &Finding, page: Page<'_>) -> Option<String> {
    let difference = finding.difference.as_ref()?;
    let shown = difference::render(difference, page.style, 4);
    if shown.is_empty() {
        return None;
    }
    let heading = page.style.paint(Role::Strong, "Expected (-) and seen (+)");
    Some(format!("  {heading}\n{shown}"))
}

fn cure(verdict: &Verdict, finding: &Finding, page: Page<'_>) -> Option<String> {
    let diagnosis = page.texts.get(&verdict.lab, &finding.diagnosis)?;
    let heading = page.style.paint(Role::Strong, "What to do");
    let cure = markdown::render(&diagnosis.cure, page.style, 4);
    Some(format!("  {heading}\n{cure}"))
}

/// The other findings, those of one diagnosis together, in the order of the report.
fn also_found(
    verdict: &Verdict,
    first: &Finding,
    others: &[Finding],
    page: Page<'_>,
) -> Option<String> {
    let style = page.style;
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in others {
        let known = groups
            .iter_mut()
            .find(|(name, _)| *name == finding.diagnosis);
        match known {
            Some((_, cases)) if cases.contains(&finding.case.as_str()) => {}
            Some((_, cases)) => cases.push(&finding.case),
            None => groups.push((&finding.diagnosis, vec![&finding.case])),
        }
    }
    if groups.is_empty() {
        return None;
    }
    let mut lines = vec![format!("  {}", style.paint(Role::Strong, "Also found"))];
    for (name, cases) in groups.iter().take(OTHERS) {
        let cases: Vec<&str> = cases
            .iter()
            .copied()
            .filter(|case| !case.is_empty())
            .collect();
        let cases = visible::line(&cases.join(", "), style);
        let what = if *name == first.diagnosis {
            format!("the same ({})", visible::line(name, style))
        } else {
            let shown = visible::line(name, style);
            page.texts.get(&verdict.lab, name).map_or_else(
                || shown.clone(),
                |it| format!("{} ({shown})", markdown::inline(&it.title, style)),
            )
        };
        let text = if cases.is_empty() {
            what
        } else {
            format!("{cases}: {what}")
        };
        lines.push(layout::hanging(
            &text,
            style.columns(),
            "    - ",
            "      ",
            LongWords::Cut,
        ));
    }
    if groups.len() > OTHERS {
        lines.push(format!(
            "    {} {} more",
            style.ellipsis(),
            groups.len() - OTHERS
        ));
    }
    Some(lines.join("\n"))
}

/// The compiler's own message, line by line as it is.
fn compiler(verdict: &Verdict, page: Page<'_>) -> String {
    let style = page.style;
    let name = style.paint(Role::Strong, &verdict.exercise);
    let text = verdict.compiler.as_deref().unwrap_or_default();
    let mut lines = vec![format!("{name} does not compile:"), String::new()];
    let all: Vec<&str> = text.trim_end().lines().collect();
    let shown = all.iter().take(COMPILER_LINES);
    lines.extend(shown.map(|line| visible::line(&line.replace('\t', "    "), style)));
    if all.len() > COMPILER_LINES {
        let more = all.len() - COMPILER_LINES;
        lines.push(format!("{} {more} lines more", style.ellipsis()));
    }
    lines.join("\n")
}

/// What there is to say where no finding says why points are missing.
fn lost_points(verdict: &Verdict, page: Page<'_>) -> String {
    let name = page.style.paint(Role::Strong, &verdict.exercise);
    let cases: Vec<String> = verdict
        .cases
        .iter()
        .filter(|case| case.points < case.max_points)
        .map(|case| {
            let name = visible::line(&case.case, page.style);
            format!("{name} ({} of {})", case.points, points(case.max_points))
        })
        .collect();
    if cases.is_empty() {
        return page.prose(
            &format!(
                "{name} has {} of {}",
                verdict.points,
                points(verdict.max_points)
            ),
            0,
        );
    }
    page.prose(&format!("{name} misses points in: {}", cases.join(", ")), 0)
}
