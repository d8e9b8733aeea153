//! From the text of a line to commands, arguments and redirections.
//!
//! The language is small: words, `'single'` and `"double"` quotes, `\` before a character, `$?`, `|`, `<`, `>`, `>>`, `2>`, `&` at
//! the end, and `#` before a comment.

use std::ffi::CString;
use std::mem::take;
use std::path::PathBuf;

/// A line: commands connected by pipes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The commands from left to right; there is at least one.
    pub commands: Vec<Command>,
    /// Whether the shell goes on at once (`&`), instead of waiting for the commands.
    pub background: bool,
    /// The line as it was typed, without the `&`.
    pub text: String,
}

/// One command of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// Its words, quotes removed: the name, then the arguments. There is at least one.
    pub words: Vec<String>,
    /// Where its descriptors lead, in the order in which that was typed.
    pub redirections: Vec<Redirection>,
}

/// A descriptor that does not lead where the shell's own leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The descriptor: 0, 1 or 2.
    pub descriptor: i32,
    /// Where it leads.
    pub target: Target,
}

/// A file that a descriptor leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `<`: it is read.
    Read(PathBuf),
    /// `>`: it is written, and empty at first.
    Write(PathBuf),
    /// `>>`: what is written comes behind what is there.
    Append(PathBuf),
}

impl Command {
    /// The command's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.words[0]
    }

    /// The arguments behind the name.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.words[1..]
    }

    /// The words as `execvp` wants them, the name being the first.
    #[must_use]
    pub fn argv(&self) -> Vec<CString> {
        let words = self.words.iter();
        // The parser accepts no NUL.
        words
            .map(|word| CString::new(word.as_str()).unwrap_or_default())
            .collect()
    }
}

/// Understands a line; `None` where there is nothing in it. `status` is what `$?` stands for.
///
/// # Errors
/// What is wrong with it, in words for the person who typed it.
pub fn parse(line: &str, status: i32) -> Result<Option<Line>, String> {
    let mut tokens = tokens(line, status)?;
    let background = matches!(tokens.last(), Some(Token::Background));
    if background {
        tokens.pop();
    }
    if tokens.is_empty() {
        return if background {
            Err("there is nothing before `&`".to_owned())
        } else {
            Ok(None)
        };
    }
    let mut commands = Vec::new();
    let mut command = Command::default();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => command.words.push(word),
            Token::Pipe => commands.push(whole(take(&mut command))?),
            Token::Redirect(descriptor, target) => {
                let Some(Token::Word(path)) = tokens.next() else {
                    return Err("a file must follow `<`, `>` or `>>`".to_owned());
                };
                command.redirections.push(Redirection {
                    descriptor,
                    target: target(path.into()),
                });
            }
            Token::Background => return Err("`&` must be the end of the line".to_owned()),
        }
    }
    commands.push(whole(command)?);
    let text = line.trim();
    let text = if background {
        text.trim_end_matches('&').trim_end()
    } else {
        text
    };
    Ok(Some(Line {
        commands,
        background,
        text: text.to_owned(),
    }))
}

fn whole(command: Command) -> Result<Command, String> {
    if command.words.is_empty() {
        return Err("a command is missing".to_owned());
    }
    Ok(command)
}

#[derive(Debug)]
enum Token {
    Word(String),
    Pipe,
    Background,
    Redirect(i32, fn(PathBuf) -> Target),
}

fn tokens(line: &str, status: i32) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    // The word so far: quotes may have made an empty one.
    let mut word: Option<String> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\0' => return Err("a line must not contain NUL".to_owned()),
            ' ' | '\t' => tokens.extend(word.take().map(Token::Word)),
            '#' if word.is_none() => break,
            '|' | '&' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(if letter == '|' {
                    Token::Pipe
                } else {
                    Token::Background
                });
            }
            '<' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Redirect(0, Target::Read));
            }
            '>' => {
                // A number right before it is no argument, but the descriptor.
                let descriptor = match word.as_deref() {
                    Some("2") => 2,
                    Some("1") => 1,
                    _ => {
                        tokens.extend(word.take().map(Token::Word));
                        1
                    }
                };
                word = None;
                let appends = letters.next_if_eq(&'>').is_some();
                let target = if appends {
                    Target::Append
                } else {
                    Target::Write
                };
                tokens.push(Token::Redirect(descriptor, target));
            }
            '\'' => {
                let text = word.get_or_insert_default();
                text.push_str(&until(&mut letters, '\'')?);
            }
            '"' => {
                let quoted = until(&mut letters, '"')?;
                let text = word.get_or_insert_default();
                text.push_str(&quoted.replace("$?", &status.to_string()));
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            '$' if letters.next_if_eq(&'?').is_some() => {
                word.get_or_insert_default().push_str(&status.to_string());
            }
            letter => word.get_or_insert_default().push(letter),
        }
    }
    tokens.extend(word.map(Token::Word));
    Ok(tokens)
}

/// What comes before the closing quote.
fn until(letters: &mut impl Iterator<Item = char>, quote: char) -> Result<String, String> {
    let mut text = String::new();
    for letter in letters {
        if letter == quote {
            return Ok(text);
        }
        text.push(letter);
    }
    Err(format!("the quote {quote} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<String>> {
        let line = parse(line, 3).unwrap().unwrap();
        line.commands.into_iter().map(|it| it.words).collect()
    }

    #[test]
    fn quotes_keep_words_together() {
        let line = r#"echo 'a | b' "c $?" d\ e $? '' # no more"#;
        assert_eq!(words(line), [["echo", "a | b", "c 3", "d e", "3", ""]]);
        assert_eq!(words("a|b"), [["a"], ["b"]]);
        assert_eq!(words("echo '$?'"), [["echo", "$?"]]);
    }

    #[test]
    fn redirections_belong_to_their_command() {
        let line = parse("a <in 2>>err | b 1 > out &", 0).unwrap().unwrap();
        assert!(line.background);
        assert_eq!(line.text, "a <in 2>>err | b 1 > out");
        let to = |descriptor, target| Redirection { descriptor, target };
        assert_eq!(
            line.commands[0].redirections,
            [
                to(0, Target::Read("in".into())),
                to(2, Target::Append("err".into()))
            ]
        );
        assert_eq!(line.commands[1].words, ["b", "1"]);
        assert_eq!(
            line.commands[1].redirections,
            [to(1, Target::Write("out".into()))]
        );
    }

    #[test]
    fn what_is_no_line_is_refused_in_words() {
        for line in ["a |", "| a", "a >", "a & b", "&", "echo 'a", "a | | b"] {
            assert!(parse(line, 0).is_err(), "{line}");
        }
        assert_eq!(parse("  # nothing", 0), Ok(None));
    }
}
