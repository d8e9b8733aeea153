//! The small part of Markdown that diagnoses use, laid out for a terminal: headings, paragraphs, lists, code.
//!
//! What is not of that part is shown as it is written.

use super::layout::{self, LongWords};
use super::style::{Role, Style};
use super::visible;

/// A part of a text that is laid out by itself.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(String),
    Paragraph(String),
    Item { mark: String, text: String },
    Code(Vec<String>),
}

/// The text laid out behind `indent` spaces, without a newline at the end.
#[must_use]
pub fn render(markdown: &str, style: Style, indent: usize) -> String {
    let mut shown = String::new();
    let mut before: Option<Block> = None;
    for block in blocks(markdown) {
        match (&before, &block) {
            (None, _) => {}
            (Some(Block::Item { .. }), Block::Item { .. }) => shown.push('\n'),
            _ => shown.push_str("\n\n"),
        }
        shown.push_str(&show(&block, style, indent));
        before = Some(block);
    }
    shown
}

/// A line of text with its code and its strong words painted. Without colors, code keeps its backticks.
#[must_use]
pub fn inline(text: &str, style: Style) -> String {
    let text = visible::own(text, style);
    let mut shown = String::new();
    let mut parts = text.split('`').peekable();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        let closed = parts.peek().is_some();
        if is_code && closed && style.colors {
            shown.push_str(&style.paint(Role::Code, part));
        } else if is_code {
            shown.push('`');
            shown.push_str(part);
            if closed {
                shown.push('`');
            }
        } else {
            shown.push_str(&strong(part, style));
        }
        is_code = !is_code;
    }
    shown
}

/// Strong and emphasized words, without their asterisks. An asterisk that marks nothing stays.
fn strong(text: &str, style: Style) -> String {
    marked(
        text,
        "**",
        &|part| marked(part, "*", &str::to_owned, style),
        style,
    )
}

fn marked(text: &str, mark: &str, plain: &dyn Fn(&str) -> String, style: Style) -> String {
    let parts: Vec<&str> = text.split(mark).collect();
    let touches = |part: &&str| !part.is_empty() && part.trim() == *part;
    let sound = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(touches);
    if !sound {
        return plain(text);
    }
    let shown = parts.iter().enumerate().map(|(index, part)| {
        if index % 2 == 1 {
            style.paint(Role::Strong, part)
        } else {
            plain(part)
        }
    });
    shown.collect()
}

fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut code: Option<Vec<String>> = None;
    let mut open = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            match code.take() {
                Some(lines) => blocks.push(Block::Code(lines)),
                None => code = Some(Vec::new()),
            }
            open = false;
        } else if let Some(code) = &mut code {
            code.push(line.to_owned());
        } else if line.trim().is_empty() {
            open = false;
        } else if let Some(heading) = heading(line) {
            blocks.push(Block::Heading(heading.to_owned()));
            open = false;
        } else if let Some((mark, text)) = item(line) {
            blocks.push(Block::Item {
                mark,
                text: text.to_owned(),
            });
            open = true;
        } else if let (true, Some(Block::Paragraph(text) | Block::Item { text, .. })) =
            (open, blocks.last_mut())
        {
            text.push(' ');
            text.push_str(line.trim());
        } else {
            blocks.push(Block::Paragraph(line.trim().to_owned()));
            open = true;
        }
    }
    // A block of code that is never closed reaches to the end.
    blocks.extend(code.map(Block::Code));
    blocks
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    (1..=6).contains(&level).then(|| text.strip_prefix(' '))?
}

/// The mark and the text of a list's item: `- text`, `1. text`, indented or not.
fn item(line: &str) -> Option<(String, &str)> {
    let text = line.trim_start();
    let margin = &line[..line.len() - text.len()];
    let (mark, rest) = text.split_once(' ')?;
    let numbered = mark
        .strip_suffix('.')
        .is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()));
    (numbered || mark == "-" || mark == "*").then(|| (format!("{margin}{mark} "), rest.trim()))
}

fn show(block: &Block, style: Style, indent: usize) -> String {
    let columns = style.columns();
    let margin = " ".repeat(indent);
    match block {
        Block::Heading(text) => {
            let text = style.paint(Role::Strong, &visible::own(text, style));
            layout::paragraph(&text, columns, indent, LongWords::Keep)
        }
        Block::Paragraph(text) => {
            layout::paragraph(&inline(text, style), columns, indent, LongWords::Keep)
        }
        Block::Item { mark, text } => {
            let first = format!("{margin}{mark}");
            let rest = " ".repeat(first.len());
            layout::hanging(
                &inline(text, style),
                columns,
                &first,
                &rest,
                LongWords::Keep,
            )
        }
        Block::Code(lines) => {
            let lines: Vec<String> = lines
                .iter()
                .map(|line| visible::own(line, style))
                .map(|line| format!("{margin}    {}", style.paint(Role::Code, &line)))
                .map(|line| line.trim_end().to_owned())
                .collect();
            lines.join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# A title with `code`\n\nA sentence that is long enough to be wrapped.\nAnother **one**.\n\n## Lists\n\n1. first item, which goes on and on and on and on\n   in the next line\n2. second `a*b`\n- a\n- b\n\n```rust\nfn main() {\n    body();\n\n}\n```\n\nwaitpid(2), pipe(7)\n";

    #[test]
    fn a_text_is_laid_out() {
        let style = Style {
            width: 44,
            ..Style::plain()
        };
        insta::assert_snapshot!(render(TEXT, style, 2), @"
        A title with `code`

        A sentence that is long enough to be
        wrapped. Another one.

        Lists

        1. first item, which goes on and on and on
           and on in the next line
        2. second `a*b`
        - a
        - b

            fn main() {
                body();

            }

        waitpid(2), pipe(7)
        ");
    }

    #[test]
    fn colors_take_the_place_of_marks() {
        let style = Style {
            colors: true,
            ..Style::plain()
        };
        assert_eq!(
            inline("a `b` **c**", style),
            "a \u{1b}[36mb\u{1b}[0m \u{1b}[1mc\u{1b}[0m"
        );
        let plain = Style::plain();
        assert_eq!(inline("a `b` **c** `d", plain), "a `b` c `d");
        assert_eq!(inline("in *every* process", plain), "in every process");
        for text in ["2 ** 3", "2 * 3 * 4", "**", "a*"] {
            assert_eq!(inline(text, plain), text);
        }
    }

    #[test]
    fn code_that_is_never_closed_reaches_to_the_end() {
        assert_eq!(blocks("```\nx"), [Block::Code(vec!["x".to_owned()])]);
        assert_eq!(
            blocks("#no heading"),
            [Block::Paragraph("#no heading".to_owned())]
        );
    }
}
