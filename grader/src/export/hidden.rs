//! A lab's description without its hidden cases, otherwise letter by letter the same.

use crate::course::LabDescription;

/// How a case begins in `lab.toml`.
const CASE: &str = "[[exercise.case]]";

/// How an exercise begins, which ends the last case of the one before.
const EXERCISE: &str = "[[exercise]]";

/// The text without the cases that `description`, which was made of it, calls hidden. `None` where a case is not
/// written as a table of its own.
pub(super) fn without_hidden(text: &str, description: &LabDescription) -> Option<String> {
    let cases = description.exercises.iter().flat_map(|it| &it.cases);
    let hidden: Vec<bool> = cases.map(|case| case.hidden).collect();
    if !hidden.contains(&true) {
        return Some(text.to_owned());
    }
    let mut kept = String::with_capacity(text.len());
    let mut case = 0;
    let mut keeps = true;
    for line in text.split_inclusive('\n') {
        let header = line.trim();
        if header.starts_with(CASE) {
            keeps = !*hidden.get(case)?;
            case += 1;
        } else if header.starts_with(EXERCISE) {
            keeps = true;
        }
        if keeps {
            kept.push_str(line);
        }
    }
    let is_right = |cut: &LabDescription| {
        let mut cases = cut.exercises.iter().flat_map(|it| &it.cases);
        let shown = hidden.iter().filter(|hidden| !**hidden).count();
        cases.clone().count() == shown && cases.all(|case| !case.hidden)
    };
    let parsed: LabDescription = toml::from_str(&kept).ok()?;
    (case == hidden.len() && is_right(&parsed)).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = \"x\"\nsummary = \"x\"\n";
    const EXERCISE: &str = "\n[[exercise]]\nname = \"NAME\"\ntitle = \"x\"\nlevel = \"core\"\nminutes = 1\nhints = [\"\", \"\", \"\"]\ndiagnoses = []\n";

    fn exercise(name: &str) -> String {
        EXERCISE.replace("NAME", name)
    }

    fn case(name: &str, more: &str) -> String {
        format!(
            "\n# A word on {name}.\n[[exercise.case]]\nname = \"{name}\"\nshows = \"s\"\npoints = 1\n{more}"
        )
    }

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let description = toml::from_str(text).unwrap();
        assert_eq!(without_hidden(text, &description).as_deref(), expected);
    }

    #[test]
    fn without_hidden_cases_nothing_changes() {
        let text = [HEAD, &exercise("a"), &case("one", "")].concat();
        check(&text, Some(&text));
    }

    #[test]
    fn hidden_cases_go_with_all_their_tables() {
        let secret = case(
            "secret",
            "hidden = true\n[[exercise.case.evidence]]\nforked = { count = 1 }\n",
        );
        let last = case("last", "hidden = true\n");
        let (one, two) = (case("one", ""), case("two", ""));
        let (a, b) = (exercise("a"), exercise("b"));
        let text = [HEAD, &a, &one, &secret, &two, &b, &one, &last].concat();
        let description = toml::from_str(&text).unwrap();
        let cut = without_hidden(&text, &description).unwrap();
        assert!(
            !cut.contains("name = \"secret\"") && !cut.contains("forked"),
            "{cut}"
        );
        assert!(!cut.contains("name = \"last\""), "{cut}");
        let cut: LabDescription = toml::from_str(&cut).unwrap();
        let names = cut.exercises.iter().flat_map(|it| &it.cases);
        let names: Vec<&str> = names.map(|case| case.name.as_ref().as_str()).collect();
        assert_eq!(names, ["one", "two", "one"]);
    }

    #[test]
    fn cases_in_another_form_are_not_guessed_at() {
        let inline = "case = [{ name = \"c\", shows = \"s\", points = 1, hidden = true }]\n";
        check(&[HEAD, &exercise("a"), inline].concat(), None);
    }
}
