//! The picture as an SVG image: for a slide, a report, a page of the course book.
//!
//! It needs nothing around it, follows the reader's light or dark scheme, and says on hover what each part is.

use std::fmt::{Display, Write as _};

use super::glyph::{SHAPES, arrow_class, point_class, segment_class};
use super::markup;
use super::picture::{ArrowKind, Lane, Picture, Row};
use super::words;
use crate::record::Micros;
use crate::report::layout::{self, LongWords};

/// The colors, for light and dark.
const PALETTE: &str = include_str!("palette.css");

/// The looks of everything in the image.
const LOOKS: &str = include_str!("svg.css");

/// The image's width.
const WIDTH: f64 = 1200.0;

/// Where lanes begin and end.
const LEFT: f64 = 200.0;
const RIGHT: f64 = WIDTH - 30.0;

/// The height of the heading and the axis, and of a row.
const TOP: f64 = 92.0;
const ROW: f64 = 34.0;

/// The height of a bar, and of a line of text below the lanes.
const BAR: f64 = 16.0;
const LINE: f64 = 18.0;

/// Letters of a line below the lanes, and of a lane's name.
const LETTERS: usize = 160;
const NAME: usize = 25;

/// The width of a letter inside a segment.
const LETTER: f64 = 6.2;

/// Times on the axis.
const TICKS: u32 = 9;

/// Lines of one remark that are shown, and rows.
const REMARK: usize = 4;
const ROWS: usize = 400;

/// Strips that a row of many lanes is made of, at most.
const STRIPS: usize = 24;

/// The picture as an SVG document.
#[must_use]
pub fn render(picture: &Picture) -> String {
    let mut image = Image {
        picture,
        text: String::new(),
    };
    let remarks = remarks(picture);
    let rows = picture.rows.len().min(ROWS);
    let bottom = TOP + number(rows) * ROW + 14.0;
    let height = bottom + number(remarks.len() + 1) * LINE + 20.0;
    image.open(height);
    image.bands(rows);
    if rows > 0 {
        image.axis(bottom);
    }
    // Under the bars: the words inside them stay readable.
    image.arrows();
    for (row, it) in picture.rows.iter().take(ROWS).enumerate() {
        image.row(row, it);
    }
    image.marks();
    let legend = "bar: runs · inset: waits in a call · green inset: moves data · hatched: zombie · red dashes: never returned · arrows: fork, reap, signal (dashed)";
    image.remark(bottom + LINE, "faint", legend);
    for ((class, line), at) in remarks.iter().zip(2..) {
        image.remark(bottom + number(at) * LINE, class, line);
    }
    image.text.push_str("</svg>\n");
    image.text
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "nobody draws 2^52 rows")]
fn number(count: usize) -> f64 {
    count as f64
}

/// What was found, what was left, and what else is to be known, in lines with their class.
fn remarks(picture: &Picture) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    for (found, number) in picture.diagnoses.iter().zip(1..) {
        let text = format!("{number}  {}: {}", found.diagnosis, found.message);
        texts.push(("diagnosis", text));
    }
    let left = picture.leftovers.iter();
    texts.extend(left.map(|it| ("", format!("left behind: {it}"))));
    texts.extend(
        picture
            .notes
            .iter()
            .map(|it| ("faint", format!("note: {it}"))),
    );
    if picture.rows.len() > ROWS {
        let more = picture.rows.len() - ROWS;
        texts.push(("faint", format!("note: {more} more rows are not drawn")));
    }
    let mut lines = Vec::new();
    for (class, text) in texts {
        let text = text.replace('\n', " ");
        let wrapped = layout::paragraph(&text, LETTERS, 0, LongWords::Cut);
        lines.extend(
            wrapped
                .lines()
                .take(REMARK)
                .map(|line| (class, line.to_owned())),
        );
    }
    lines
}

/// An image that grows.
struct Image<'a> {
    picture: &'a Picture,
    text: String,
}

impl Image<'_> {
    fn x(&self, moment: Micros) -> f64 {
        LEFT + (RIGHT - LEFT) * self.picture.scale.place(moment)
    }

    fn add(&mut self, element: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{element}");
    }

    fn open(&mut self, height: f64) {
        let title = markup::text(&self.picture.title);
        let summary = markup::text(&self.picture.summary());
        self.add(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
             width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{title}: {summary}\">"
        ));
        self.add(format_args!("<style>\n{PALETTE}{LOOKS}</style>"));
        self.add("<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line class=\"hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\"/></pattern>");
        for kind in [ArrowKind::Fork, ArrowKind::Reap, ArrowKind::Signal] {
            let class = arrow_class(kind);
            self.add(format_args!("<marker id=\"tip-{class}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"tip {class}\" d=\"M0 0L8 4L0 8Z\"/></marker>"));
        }
        self.add("</defs>");
        self.add(format_args!(
            "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"var(--bg)\"/>"
        ));
        self.add(format_args!(
            "<text class=\"title\" x=\"20\" y=\"32\">{title}</text>"
        ));
        self.add(format_args!(
            "<text class=\"faint\" x=\"20\" y=\"54\">{summary}</text>"
        ));
    }

    fn bands(&mut self, rows: usize) {
        for row in (0..rows).step_by(2) {
            let y = TOP + number(row) * ROW;
            self.add(format_args!(
                "<rect class=\"band\" x=\"0\" y=\"{y:.1}\" width=\"{WIDTH}\" height=\"{ROW}\"/>"
            ));
        }
    }

    fn axis(&mut self, bottom: f64) {
        for tick in 0..TICKS {
            let place = f64::from(tick) / f64::from(TICKS - 1);
            let x = LEFT + (RIGHT - LEFT) * place;
            let time = words::time(self.picture.scale.moment(place));
            let anchor = if tick + 1 == TICKS { "end" } else { "middle" };
            self.add(format_args!(
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
                TOP - 8.0,
                bottom - 6.0
            ));
            self.add(format_args!("<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{time}</text>", TOP - 14.0));
        }
    }

    fn row(&mut self, row: usize, it: &Row) {
        let top = TOP + number(row) * ROW;
        let middle = top + ROW / 2.0;
        let picture = self.picture;
        let members = it.members();
        let Some(first) = members.first().map(|at| &picture.lanes[*at]) else {
            return;
        };
        self.add(format_args!(
            "<g class=\"lane\" id=\"p{}\">",
            first.process + 1
        ));
        self.name(first, members.len(), middle);
        if let [_] = members {
            self.lane(first, middle - BAR / 2.0, BAR);
        } else {
            let strips = members.len().min(STRIPS);
            let height = (ROW - 6.0) / number(strips);
            for strip in 0..strips {
                let lane = &picture.lanes[members[strip * members.len() / strips]];
                let y = top + 3.0 + number(strip) * height;
                self.strip(lane, y, (height - 0.3).max(0.4));
            }
        }
        self.add("</g>");
    }

    fn name(&mut self, lane: &Lane, alike: usize, middle: f64) {
        let x = 20.0 + number(lane.depth.min(5)) * 12.0;
        let own = match alike {
            1 => lane.name.clone().unwrap_or_default(),
            _ => format!("× {alike} alike"),
        };
        let room = NAME.saturating_sub(lane.label().len() + 2 * lane.depth.min(5));
        let mut shown: String = own.chars().take(room).collect();
        if shown.len() < own.len() {
            shown.push('…');
        }
        let facts = std::iter::once(own).chain(lane.said.iter().cloned());
        let facts: Vec<String> = facts.collect();
        let (label, shown) = (lane.label(), markup::text(&shown));
        let facts = markup::text(&facts.join("; "));
        self.add(format_args!("<text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\">{label} <tspan class=\"own\">{shown}</tspan><title>{facts}</title></text>", middle + 4.0));
    }

    /// One lane of many: where it ran and where it was a zombie.
    fn strip(&mut self, lane: &Lane, y: f64, height: f64) {
        let mut parts = vec![("run", lane.born, lane.until)];
        parts.extend(lane.zombie.map(|(from, until)| ("zombie", from, until)));
        for (class, from, until) in parts {
            let (x, end) = (self.x(from), self.x(until));
            let width = (end - x).max(1.0);
            self.add(format_args!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.2}\" width=\"{width:.1}\" height=\"{height:.2}\" stroke=\"none\"/>"));
        }
    }

    fn lane(&mut self, lane: &Lane, y: f64, height: f64) {
        if let Some((from, until)) = lane.zombie {
            let span = words::time(until - from);
            self.bar(
                "zombie",
                (from, until),
                y,
                height,
                &format!("a zombie for {span}"),
            );
        }
        self.bar(
            "life",
            (lane.born, lane.until),
            y,
            height,
            &lane.said.join("; "),
        );
        for segment in &lane.segments {
            let kind = segment_class(segment.kind);
            // Whoever is ended in a call does not return from it either; that is drawn as its end.
            let never = if segment.returned || lane.how.is_some() {
                ""
            } else {
                " never"
            };
            let span = words::time(segment.until.saturating_sub(segment.from));
            let said = format!("{}, {span}", segment.said);
            let ends = (segment.from, segment.until);
            self.bar(
                &format!("seg {kind}{never}"),
                ends,
                y + 1.5,
                height - 3.0,
                &said,
            );
            let room = (self.x(segment.until) - self.x(segment.from) - 8.0) / LETTER;
            let word = segment.short.split(' ').next().unwrap_or_default();
            let fitting = [segment.short.as_str(), word].into_iter();
            let mut fitting = fitting.map(markup::text);
            // Escaped text is longer than it looks, which errs on the safe side.
            if let Some(text) = fitting.find(|text| number(text.len()) <= room) {
                self.add(format_args!(
                    "<text class=\"inside {kind}\" x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
                    self.x(segment.from) + 5.0,
                    y + height - 4.5
                ));
            }
        }
        let shapes = |kind| SHAPES.iter().find(|(known, ..)| *known == kind);
        for point in &lane.points {
            let shape = shapes(point.kind).map_or("", |(.., shape)| *shape);
            let x = self.x(point.at);
            self.add(format_args!("<path class=\"point {}\" transform=\"translate({x:.1} {:.1})\" d=\"{shape}\"><title>{}</title></path>", point_class(point.kind), y + height / 2.0, markup::text(&point.said)));
        }
    }

    fn bar(
        &mut self,
        class: &str,
        (from, until): (Micros, Micros),
        y: f64,
        height: f64,
        said: &str,
    ) {
        let x = self.x(from);
        let width = (self.x(until) - x).max(1.5);
        let said = markup::text(said);
        self.add(format_args!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"3\"><title>{said}</title></rect>"));
    }

    /// The arrows between rows. Of a row of many lanes, the first fork and the last reap are drawn.
    fn arrows(&mut self) {
        let picture = self.picture;
        let rows = picture.row_of_lane();
        let lanes = picture.lane_of_process();
        let row_of = |process: usize| {
            let lane = lanes.get(process).copied().flatten();
            lane.map(|lane| rows[lane]).filter(|row| *row < ROWS)
        };
        for arrow in picture.arrows_of_closed_rows() {
            let (Some(from), Some(to)) = (row_of(arrow.from.process), row_of(arrow.to.process))
            else {
                continue;
            };
            let middle = |row: usize| TOP + number(row) * ROW + ROW / 2.0;
            let toward = if to > from { 1.0 } else { -1.0 };
            let (start, end) = (
                middle(from) + toward * BAR / 2.0,
                middle(to) - toward * BAR / 2.0,
            );
            let (x1, x2) = (self.x(arrow.from.at), self.x(arrow.to.at));
            let class = arrow_class(arrow.kind);
            let said = markup::text(&arrow.said);
            self.add(format_args!("<path class=\"arrow {class}\" d=\"M{x1:.1} {start:.1}L{x2:.1} {end:.1}\" marker-end=\"url(#tip-{class})\"><title>{said}</title></path>"));
        }
    }

    /// The numbers of the diagnoses, where they happened.
    fn marks(&mut self) {
        let picture = self.picture;
        for (row, it) in picture.rows.iter().take(ROWS).enumerate() {
            let middle = TOP + number(row) * ROW + ROW / 2.0;
            for lane in it.members() {
                for (found, at) in picture.diagnosed(picture.lanes[*lane].process) {
                    let x = self.x(at);
                    let diagnosis = &picture.diagnoses[found - 1];
                    let said = markup::text(&diagnosis.diagnosis);
                    self.add(format_args!("<g class=\"mark\"><title>{said}</title><circle class=\"found\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"8\"/><text class=\"found-number\" x=\"{x:.1}\" y=\"{:.1}\">{found}</text></g>", middle - 10.0, middle - 6.0));
                }
            }
        }
    }

    fn remark(&mut self, y: f64, class: &str, line: &str) {
        let line = markup::text(line);
        self.add(format_args!(
            "<text class=\"{class}\" x=\"20\" y=\"{y:.1}\">{line}</text>"
        ));
    }
}
