//! A kept run told again: for an appeal, on any machine, without running anything.

use std::fs;

use anyhow::{Context as _, anyhow};
use grader::cli::args::class as typed;
use grader::cli::exit::Exit;
use grader::course::Course;
use grader::grade::kept::{KEPT_SCHEMA, KeptRun};
use grader::report::difference;
use grader::report::style::Style;
use grader::report::visible;
use grader::timeline::{Heading, draw, html, terminal};

use crate::store::write_whole;
use crate::{Failure, say};

pub(crate) fn run(
    course: &Course,
    arguments: &typed::ExplainRecord,
    style: Style,
) -> Result<Exit, Failure> {
    let file = &arguments.file;
    let bytes = fs::read(file)
        .with_context(|| format!("read {}", file.display()))
        .map_err(Failure::usage)?;
    let kept: KeptRun = serde_json::from_slice(&bytes)
        .with_context(|| format!("understand {}", file.display()))
        .map_err(Failure::usage)?;
    if kept.schema != KEPT_SCHEMA {
        let said = anyhow!("{} is of the form {}", file.display(), kept.schema);
        return Err(Failure::usage(said).while_it("understand the record"));
    }
    let retold = kept.retell(course).map_err(Failure::usage)?;
    let heading = Heading {
        exercise: &kept.exercise,
        case: Some(&kept.case),
    };
    let picture = draw(heading, &retold.recorded.record, &retold.recorded.findings);
    if let Some(page) = &arguments.html {
        write_whole(page, html::render(&picture).as_bytes())
            .with_context(|| format!("write {}", page.display()))?;
        return Ok(Exit::Success);
    }
    let mut text = format!(
        "{} / {}, case {}: {} of {} points\n{}\n",
        kept.lab,
        kept.exercise,
        kept.case,
        retold.case.points,
        retold.case.max_points,
        visible::line(&kept.command, style),
    );
    for finding in &retold.recorded.findings {
        text.push_str(&format!(
            "\n{} (costs {}): {}\n",
            finding.diagnosis,
            finding.points_lost,
            visible::lines(&finding.message, style)
        ));
        if let Some(texts) = &finding.difference {
            text.push_str(&difference::render(texts, style, 2));
            text.push('\n');
        }
    }
    text.push('\n');
    text.push_str(&terminal::render(&picture, style));
    say(&text);
    Ok(Exit::Success)
}
