//! The course checked against itself: what is not as it should be, in words.

use super::exit::Exit;
use super::failure::Failure;
use super::grade::select;
use super::progress::Bar;
use super::request;
use super::screen::Screen;
use crate::course::Course;
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style, count};
use crate::report::visible;
use crate::sandbox::interrupt;
use crate::self_check::{self, Fault, Miss, SelfCheck};

/// Lines of one fault that are shown; a difference of outputs can be long.
const FAULT_LINES: usize = 60;

pub(super) fn run(
    course: &Course,
    request: &request::SelfCheck,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let selection = select(course, &request.names)?;
    interrupt::remember_requests();
    let bar = Bar::new(screen);
    let result = self_check::self_check(course, &selection, &request.options, &bar)?;
    drop(bar);
    screen.print(&render(&result, course.has_solutions(), screen.stdout))?;
    Ok(if result.faults.is_empty() {
        Exit::Success
    } else {
        Exit::PointsMissing
    })
}

fn render(result: &SelfCheck, has_solutions: bool, style: Style) -> String {
    let mut parts: Vec<String> = result.faults.iter().map(|it| fault(it, style)).collect();
    if !result.misses.is_empty() {
        let mut lines = vec!["Mistakes that are listed as not told yet:".to_owned()];
        lines.extend(result.misses.iter().map(|it| miss(it, style)));
        parts.push(lines.join("\n"));
    }
    if !has_solutions {
        parts.push("There is no solutions/ here: only the stubs were checked.".to_owned());
    }
    let programs = count(result.programs, "program", "programs");
    let verdicts = count(result.verdicts, "verdict", "verdicts");
    let (role, outcome) = match result.faults.len() {
        0 => (Role::Good, "all as it should be".to_owned()),
        faults => (Role::Bad, count(faults, "fault", "faults")),
    };
    let outcome = style.paint(role, &outcome);
    parts.push(format!("{outcome}: {programs}, {verdicts}"));
    parts.join("\n\n") + "\n"
}

/// The subject, and under it what is wrong: prose in its first line, and a difference or a compiler's message as it is.
fn fault(fault: &Fault, style: Style) -> String {
    let subject = style.paint(Role::Bad, &visible::line(&fault.subject, style));
    let mut lines = fault.message.lines();
    let first = visible::line(lines.next().unwrap_or_default(), style);
    let mut shown = vec![
        subject,
        layout::paragraph(&first, style.columns(), 2, LongWords::Cut),
    ];
    let rest: Vec<&str> = lines.collect();
    let kept = rest.iter().take(FAULT_LINES);
    shown.extend(kept.map(|line| format!("    {}", visible::line(line, style))));
    if rest.len() > FAULT_LINES {
        let more = rest.len() - FAULT_LINES;
        shown.push(format!(
            "    {} {}",
            style.ellipsis(),
            count(more, "line more", "lines more")
        ));
    }
    shown.join("\n")
}

fn miss(miss: &Miss, style: Style) -> String {
    let Miss {
        exercise,
        mistake,
        instead,
        because,
    } = miss;
    let text = visible::own(
        &format!("{exercise}/{mistake}: {instead}; {because}"),
        style,
    );
    layout::hanging(&text, style.columns(), "  - ", "    ", LongWords::Keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_come_first_and_the_sum_last() {
        let result = SelfCheck {
            programs: 7,
            verdicts: 1,
            faults: vec![Fault {
                subject: "solutions/02-pipes/src/bin/hello-pipe.rs".to_owned(),
                message: "a right answer gets 4 of 10 points\nexpected:\na\nseen:\n\u{1b}[2J"
                    .to_owned(),
            }],
            misses: vec![Miss {
                exercise: "hello-pipe".to_owned(),
                mistake: "descriptor-closed-twice".to_owned(),
                instead: "passes".to_owned(),
                because: "it needs a record of close(2)".to_owned(),
            }],
        };
        insta::assert_snapshot!(render(&result, true, Style::plain()), @r"
        solutions/02-pipes/src/bin/hello-pipe.rs
          a right answer gets 4 of 10 points
            expected:
            a
            seen:
            \u{1b}[2J

        Mistakes that are listed as not told yet:
          - hello-pipe/descriptor-closed-twice: passes; it needs a record of close(2)

        1 fault: 7 programs, 1 verdict
        ");
        let text = render(&SelfCheck::default(), false, Style::plain());
        assert!(
            text.ends_with("all as it should be: 0 programs, 0 verdicts\n"),
            "{text}"
        );
    }
}
