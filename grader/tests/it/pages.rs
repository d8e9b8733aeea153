//! The pages of `cargo grade explain`: each has everything that a student needs, in one form.
//!
//! CONTRIBUTING.md describes the form. The pages of labs that are added later are found here by themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// The sections of a page, in their order.
const SECTIONS: [&str; 5] = [
    "What happens",
    "In the timeline",
    "What to do",
    "Wrong and right",
    "Look it up",
];

/// Words in which the timeline itself speaks.
const TIMELINE_WORDS: [&str; 15] = [
    "lane",
    "runs",
    "waits",
    "zombie",
    "stopped",
    "forks",
    "reaps",
    "exec",
    "signal",
    "ends",
    "Left behind",
    "note",
    "timeline",
    "picture",
    "page",
];

/// Lines of a fragment: more is no fragment.
const LONGEST: usize = 20;

/// What a page lacks.
fn faults(page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut parts = page.split("\n## ");
    let head = parts.next().unwrap_or_default();
    if !head.starts_with("# ") || head.lines().filter(|line| !line.is_empty()).count() < 2 {
        faults.push("a title and what the mistake is".to_owned());
    }
    let sections: Vec<(&str, &str)> = parts
        .map(|part| part.split_once('\n').unwrap_or((part, "")))
        .collect();
    let headings: Vec<&str> = sections.iter().map(|(heading, _)| *heading).collect();
    if headings != SECTIONS {
        faults.push(format!("the sections {SECTIONS:?}, and has {headings:?}"));
        return faults;
    }
    let text = |heading: &str| {
        let section = sections.iter().find(|(it, _)| *it == heading);
        section.map_or("", |(_, text)| text.trim())
    };
    for heading in SECTIONS {
        if text(heading).is_empty() {
            faults.push(format!("a text under `{heading}`"));
        }
    }
    let picture = text("In the timeline");
    if !TIMELINE_WORDS.iter().any(|word| picture.contains(word)) {
        faults.push("a word of the timeline under `In the timeline`".to_owned());
    }
    let fragments = text("Wrong and right");
    for word in ["Wrong", "Right"] {
        if !has_fragment(fragments, word) {
            faults.push(format!(
                "`{word}`, and a fragment of at most {LONGEST} lines"
            ));
        }
    }
    if !has_man_page(text("Look it up")) {
        faults.push("a man page with its section, such as read(2)".to_owned());
    }
    faults
}

/// Whether there is a paragraph that begins with this word, and a short fenced fragment right behind it.
fn has_fragment(text: &str, word: &str) -> bool {
    let mut paragraphs = text.split("\n\n").skip_while(|it| !it.starts_with(word));
    paragraphs.next();
    let behind: Vec<&str> = paragraphs.collect();
    let behind = behind.join("\n\n");
    let mut lines = behind.lines();
    let is_fenced = lines.next().is_some_and(|it| it.starts_with("```"));
    let length = lines.position(|it| it == "```");
    is_fenced && length.is_some_and(|length| (1..=LONGEST).contains(&length))
}

/// Whether a name with a section in parentheses stands there: `proc_pid_fd(5)`.
fn has_man_page(text: &str) -> bool {
    text.match_indices('(').any(|(at, _)| {
        let name = text[..at].chars().next_back();
        let mut behind = text[at + 1..].chars();
        name.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
            && matches!(behind.next(), Some('1'..='8'))
            && behind.find(|it| !it.is_ascii_lowercase()) == Some(')')
    })
}

/// Every page of the course.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let labs = fs::read_dir(root.join("labs")).unwrap();
    let labs = labs.map(|lab| lab.unwrap().path().join("diagnoses"));
    let folders = labs.chain([root.join("grader/diagnoses")]);
    let files = folders
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten();
    let files = files.map(|file| file.unwrap().path());
    let mut pages: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_page_has_all_that_a_student_needs() {
    let pages = pages();
    assert!(pages.len() > 100, "{} pages", pages.len());
    let faulty: Vec<String> = pages
        .iter()
        .filter_map(|path| {
            let lacks = faults(&fs::read_to_string(path).unwrap());
            let text = format!("{} lacks {}", path.display(), lacks.join("; "));
            (!lacks.is_empty()).then_some(text)
        })
        .collect();
    assert_eq!(faulty, Vec::<String>::new(), "{}", faulty.join("\n"));
}

const PAGE: &str = "# It is wrong\n\nThis is why.\n\n## What happens\n\nA call.\n\n\
## In the timeline\n\nThe lane goes on.\n\n## What to do\n\nCall it.\n\n\
## Wrong and right\n\nWrong: it.\n\n```rust\na();\n\nb();\n```\n\nRight:\n\n```rust\nb();\n```\n\n\
## Look it up\n\nread(2)\n";

/// Checks that a page with this change lacks exactly what contains these words, or nothing.
#[track_caller]
fn check(from: &str, to: &str, lacks: Option<&str>) {
    assert!(PAGE.contains(from), "{from}");
    let faults = faults(&PAGE.replace(from, to));
    let fits = match lacks {
        None => faults.is_empty(),
        Some(words) => faults.len() == 1 && faults[0].contains(words),
    };
    assert!(fits, "{from:?} as {to:?}: {faults:?}");
}

#[test]
fn what_a_page_lacks_is_noticed() {
    check("# It", "# It", None);
    check("This is why.", "", Some("a title"));
    check(
        "## In the timeline",
        "## In the picture",
        Some("the sections"),
    );
    check("A call.", "", Some("a text under `What happens`"));
    check("The lane goes", "It goes", Some("a word of the timeline"));
    check("The lane goes on.", "A zombie stays.", None);
    check("Wrong: it.", "Not so:", Some("`Wrong`"));
    check("Right:", "So:", Some("`Right`"));
    check("Right:", "Right, with a reason:", None);
    check("a();\n\nb();\n", "", Some("`Wrong`"));
    check("a();\n", &"a();\n".repeat(LONGEST), Some("`Wrong`"));
    check("read(2)", "the book", Some("a man page"));
    check("read(2)", "f(x), (2), read(9)", Some("a man page"));
    check("read(2)", "`proc_pid_fd(5)`", None);
    check("read(2)", "strstr(3p)", None);
}
