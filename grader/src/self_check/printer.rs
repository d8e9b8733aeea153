//! A program that prints what is expected, without doing anything for it.
//!
//! For each exercise that states evidence, or is `pure`, such a program is written here, from the snapshots; it must earn nothing.

use crate::course::{Case, DEFAULT_SEED, ExerciseRef};
use crate::sources::Sources;

/// The source of the printer for an exercise; `None` where printing is the work, and for an exercise without snapshots. In a copy
/// without reference answers (`has_references`) no case draws its arguments, so nothing tells a function from its printed values.
pub(super) fn source(exercise: ExerciseRef<'_>, has_references: bool) -> Option<Sources> {
    let states_evidence = |case: &Case| !case.evidence.is_empty();
    let description = exercise.exercise;
    let has_evidence =
        !description.evidence.is_empty() || description.cases.iter().any(states_evidence);
    if !(has_evidence || description.pure && has_references) {
        return None;
    }
    let mut arms = String::new();
    for case in description.cases.iter().filter(|case| case.has_snapshot()) {
        let output = exercise.snapshot(case).ok()?;
        let args = case.arguments(exercise.name(), DEFAULT_SEED);
        let stdin = &case.stdin;
        let ending = match &case.exit.signal {
            Some(_) => "std::process::abort()".to_owned(),
            None => format!("std::process::exit({})", case.exit.code.unwrap_or(0)),
        };
        arms.push_str(&format!(
            "    if args == &{args:?} as &[&str] && stdin == {stdin:?} {{\n        print!(\"{{}}\\n\", {output:?});\n        {ending};\n    }}\n"
        ));
    }
    if arms.is_empty() {
        return None;
    }
    let program = format!(
        "fn main() {{\n    let args: Vec<String> = std::env::args().skip(1).collect();\n    let stdin = if std::io::IsTerminal::is_terminal(&std::io::stdin()) {{ String::new() }} else {{ std::io::read_to_string(std::io::stdin()).unwrap_or_default() }};\n{arms}}}\n"
    );
    let file = exercise
        .folder()
        .map_or_else(|| exercise.file(), |folder| format!("{folder}/main.rs"));
    Some(Sources::one(file.into(), program))
}
