//! The timeline: a record as a picture of its processes over time.
//!
//! Pure functions: a [`Picture`] is made of a record and of what was found in it, and each view turns the picture into
//! bytes. No view looks at the record again, none reads a file or a clock.
//!
//! Processes are called `[pid 1]`, `[pid 2]`, ... in the order of their tree: two runs of one program have one
//! picture, and only positions in it depend on time. What a program made up (names, paths, output) is text that
//! somebody else wrote: a picture holds it as it is, and each view escapes it for its medium.
//!
//! # Layout, in the order in which to read it
//!
//! - [`picture`]: lanes, segments, points, arrows: what there is to draw. It is made by [`draw()`], with the help of
//!   [`words`] (what an event is called), `locate` (where a finding happened) and `fold` (siblings that are alike share
//!   one row).
//! - [`scale`]: where in the picture a moment is.
//! - [`terminal`], [`svg`], [`html`], [`chrome`]: the views. [`story`]: the same run in words, process by process.
//! - [`comparison`]: two runs beside each other, in numbers.
//! - [`markup`]: text in SVG and HTML; `glyph`: their signs.

pub mod picture;

mod draw;
mod fold;
mod locate;
pub mod scale;
pub mod words;

pub mod chrome;
pub mod comparison;
mod glyph;
pub mod html;
pub mod markup;
pub mod story;
pub mod svg;
pub mod terminal;

pub use draw::draw;
pub use picture::{Heading, Picture};
