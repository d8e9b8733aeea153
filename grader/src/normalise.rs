//! Program output as text that is equal for equal runs: an ordered list of small filters.
//!
//! 1. `readable`: bytes become text; what is not printable is shown, not interpreted.
//! 2. `processes`: lines are collected by process. Each process keeps the order of its lines.
//! 3. `number`: processes are put into one order, and their ids become `[pid 1]`, `[pid 2]`, ...
//!
//! Snapshots hold normalised text, and both sides of every comparison are normalised.

use std::borrow::Cow;
use std::collections::HashMap;

/// A line's mark and every mention of a process: `[pid 4711]`.
const MENTION: &str = "[pid ";

/// Normalises the output of one run.
#[must_use]
pub fn normalise(output: &[u8]) -> String {
    number(processes(&readable(output)))
}

/// Bytes as text. Invalid UTF-8 and control characters other than newline and tab become escapes such as `\x1b`.
#[must_use]
pub fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\n' | '\t' => text.push(letter),
                _ if letter.is_control() => text.extend(letter.escape_default()),
                _ => text.push(letter),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The text with every `[pid N]` replaced by `[pid]`: lines that differ only in process ids are equal.
#[must_use]
pub fn without_pids(text: &str) -> String {
    rewrite(text, |_| Cow::Borrowed("[pid]"))
}

/// The lines of one process, in their order; the first group is that of the lines without a mark.
fn processes(text: &str) -> Vec<String> {
    let mut groups = vec![String::new()];
    let mut place: HashMap<&str, usize> = HashMap::new();
    for line in text.lines() {
        let group = match mark(line) {
            None => 0,
            Some(pid) => *place.entry(pid).or_insert_with(|| {
                groups.push(String::new());
                groups.len() - 1
            }),
        };
        groups[group].push_str(line);
        groups[group].push('\n');
    }
    groups
}

/// The id of the process that a line belongs to, if it begins with a mark.
#[must_use]
pub fn mark(line: &str) -> Option<&str> {
    let (pid, rest) = line.strip_prefix(MENTION)?.split_once(']')?;
    (is_number(pid) && (rest.is_empty() || rest.starts_with(' '))).then_some(pid)
}

/// Joins the groups in an order that does not depend on how the processes were interleaved, and numbers
/// the ids by first appearance.
///
/// The unmarked lines come first. Of the other groups, the next is always the one that is smallest when
/// ids that have a number show it and the others do not: what is known about a process decides its place.
fn number(mut groups: Vec<String>) -> String {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut text = assign(&groups.remove(0), &mut numbers);
    while !groups.is_empty() {
        let shown = groups.iter().map(|group| show_known(group, &numbers));
        // Of equal ones the first: they differ only in processes about which nothing else is known.
        let next = shown
            .enumerate()
            .min_by(|(_, left), (_, right)| left.cmp(right))
            .map_or(0, |(index, _)| index);
        text.push_str(&assign(&groups.remove(next), &mut numbers));
    }
    text
}

fn assign(group: &str, numbers: &mut HashMap<String, usize>) -> String {
    rewrite(group, |pid| {
        let next = numbers.len() + 1;
        let number = *numbers.entry(pid.to_owned()).or_insert(next);
        Cow::Owned(format!("[pid {number}]"))
    })
}

fn show_known(group: &str, numbers: &HashMap<String, usize>) -> String {
    rewrite(group, |pid| match numbers.get(pid) {
        // Padded, so that the order of texts is the order of numbers.
        Some(number) => Cow::Owned(format!("[pid {number:06}]")),
        None => Cow::Borrowed("[pid ?]"),
    })
}

/// Replaces every mention of a process.
fn rewrite<'a>(text: &'a str, mut replace: impl FnMut(&'a str) -> Cow<'static, str>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(MENTION) {
        let (before, mention) = rest.split_at(start);
        result.push_str(before);
        let inside = &mention[MENTION.len()..];
        match inside.split_once(']') {
            Some((pid, after)) if is_number(pid) => {
                result.push_str(&replace(pid));
                rest = after;
            }
            _ => {
                result.push_str(MENTION);
                rest = inside;
            }
        }
    }
    result.push_str(rest);
    result
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: &str) {
        assert_eq!(normalise(output.as_bytes()), expected);
    }

    #[test]
    fn any_interleaving_gives_the_same_text() {
        let one = "start\n[pid 10] a\n[pid 11] x\n[pid 10] b\n[pid 11] y\nend\n";
        let other = "start\n[pid 31] x\n[pid 31] y\n[pid 30] a\nend\n[pid 30] b\n";
        let expected = "start\nend\n[pid 1] a\n[pid 1] b\n[pid 2] x\n[pid 2] y\n";
        check(one, expected);
        check(other, expected);
    }

    #[test]
    fn the_order_within_a_process_is_kept() {
        check("[pid 7] b\n[pid 7] a\n", "[pid 1] b\n[pid 1] a\n");
    }

    #[test]
    fn a_chain_of_processes_is_numbered_along_the_chain() {
        let expected = "root [pid 1]\n[pid 2] parent [pid 1]\n[pid 3] parent [pid 2]\n";
        check(
            "root [pid 5]\n[pid 7] parent [pid 6]\n[pid 6] parent [pid 5]\n",
            expected,
        );
        check(
            "root [pid 9]\n[pid 3] parent [pid 9]\n[pid 4] parent [pid 3]\n",
            expected,
        );
    }

    #[test]
    fn a_mention_by_the_parent_decides_the_number() {
        check(
            "5 by [pid 8], 6 by [pid 7]\n[pid 7] x\n[pid 8] x\n",
            "5 by [pid 1], 6 by [pid 2]\n[pid 1] x\n[pid 2] x\n",
        );
    }

    #[test]
    fn what_is_no_mark_stays() {
        check(
            "[pid x] a\n[pid 5]b\n[pid \n",
            "[pid x] a\n[pid 1]b\n[pid \n",
        );
    }

    #[test]
    fn unprintable_bytes_are_shown() {
        assert_eq!(
            readable(b"a\0\xff\x1b[31m\r\n"),
            "a\\u{0}\\xff\\u{1b}[31m\\r\n"
        );
    }

    #[test]
    fn a_missing_last_newline_is_forgiven() {
        check("a", "a\n");
        check("", "");
    }
}
