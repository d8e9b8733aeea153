//! Additions to files that are there: each goes where its author would have put it.

/// A text with another behind it, on a line of its own.
pub(super) fn at_the_end(text: &str, addition: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{end}{addition}")
}

/// A library with one more module: in the last group of public modules, which is sorted, as rustfmt wants it.
pub(super) fn module(library: &str, module: &str) -> String {
    let line = format!("pub mod {module};");
    let is_module = |line: &&str| line.starts_with("pub mod ") && line.ends_with(';');
    let mut lines: Vec<&str> = library.lines().collect();
    let Some(last) = lines.iter().rposition(is_module) else {
        return at_the_end(library, &format!("\n{line}\n"));
    };
    let group = lines[..=last].iter().rev();
    let first = last + 1 - group.take_while(|line| is_module(line)).count();
    let behind = lines[first..=last].iter().position(|it| **it > *line);
    lines.insert(behind.map_or(last + 1, |it| first + it), &line);
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// A lab's README with one more exercise: a row in its table, and a section behind those of the others.
pub(super) fn section(readme: &str, exercise: &str, section: &str) -> String {
    let row = format!(
        "| [`{exercise}`](src/bin/{exercise}.rs) | core | 15 | a child does the work, and its exit code tells the result |"
    );
    let mut lines: Vec<&str> = readme.lines().collect();
    if let Some(table) = lines.iter().position(|it| it.starts_with("| exercise |")) {
        let rows = lines[table..].iter();
        let end = table + rows.take_while(|it| it.starts_with('|')).count();
        lines.insert(end, &row);
    }
    // What is said at the end of a chapter stays at its end.
    let is_exercise = |it: &&str| it.starts_with("## `");
    let last = lines.iter().rposition(is_exercise).unwrap_or(0);
    let mut behind = lines[last..].iter();
    let end = behind.position(|it| it.starts_with("## ") && !is_exercise(it));
    let end = end.map_or(lines.len(), |it| last + it);
    let (before, after) = lines.split_at(end);
    let before = before.join("\n");
    let after = after.join("\n");
    let before = before.trim_end();
    if after.is_empty() {
        format!("{before}\n{section}")
    } else {
        format!("{before}\n{section}\n{after}\n")
    }
}

/// The book's list with one more chapter behind the last lab.
pub(super) fn chapter(summary: &str, title: &str, folder: &str) -> String {
    let line = format!("- [{title}](labs/{folder}.md)");
    let mut lines: Vec<&str> = summary.lines().collect();
    let last = lines.iter().rposition(|it| it.contains("](labs/"));
    lines.insert(last.map_or(lines.len(), |it| it + 1), &line);
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_goes_into_the_last_group_in_order() {
        let library =
            "//! x\n\npub mod program;\n\nmod own;\n\npub mod a;\npub mod c;\n\npub use a::A;\n";
        let expected = "//! x\n\npub mod program;\n\nmod own;\n\npub mod a;\npub mod b;\npub mod c;\n\npub use a::A;\n";
        assert_eq!(module(library, "b"), expected);
        assert_eq!(module("pub mod a;\n\n", "b"), "pub mod a;\npub mod b;\n");
        assert_eq!(module("//! x\n", "b"), "//! x\n\npub mod b;\n");
    }

    #[test]
    fn an_exercise_comes_behind_the_others_and_before_the_end_of_the_chapter() {
        let readme = "# L\n\n| exercise | |\n| --- | --- |\n| [`a`](x) | |\n\n## `a`\n\nA.\n\n### How\n\n## What next\n\nGo.\n";
        let text = section(readme, "b", "\n## `b`\n\nB.\n");
        let order = [
            "| [`a`]",
            "| [`b`]",
            "## `a`",
            "### How",
            "\n\n## `b`\n\nB.\n\n## What next\n\nGo.\n",
        ];
        let places: Vec<usize> = order.iter().map(|it| text.find(it).expect(it)).collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(section("# L\n", "b", "\n## `b`\n"), "# L\n\n## `b`\n");
    }

    #[test]
    fn a_chapter_comes_behind_the_last_lab() {
        let summary = "# S\n\n- [A](labs/a.md)\n\n---\n\n[W](writing.md)\n";
        assert_eq!(
            chapter(summary, "B", "b"),
            "# S\n\n- [A](labs/a.md)\n- [B](labs/b.md)\n\n---\n\n[W](writing.md)\n"
        );
    }
}
