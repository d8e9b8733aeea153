//! The student's loop as a student meets it: in a terminal, with editors that save in their own ways.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod beginner;
mod plain;
mod processes;
mod saves;
mod terminal;
