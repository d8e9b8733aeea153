//! The stage of the page: names, lanes and arrows, each part at its two places.

use super::Page;
use crate::record::{Micros, ObjectId};
use crate::timeline::glyph::{arrow_class, point_class, segment_class};
use crate::timeline::markup;
use crate::timeline::picture::{Lane, Picture, Row};
use crate::timeline::scale::float;
use crate::timeline::words;

/// Stretches between two times on the axis; every fourth time is shown before zooming.
const STRETCHES: u32 = 32;

/// Strips that a row of many lanes is made of, at most.
const STRIPS: usize = 28;

/// The height of a row that strips share, in pixels.
const STRIPS_HEIGHT: usize = 28;

/// One line of the stage.
struct Line<'a> {
    /// What it is called in the page: the process' number, or that of the first of many behind a `g`.
    row: String,
    /// The lanes in it.
    members: &'a [usize],
    /// The row that it is shown in while that is closed.
    folded_into: Option<String>,
    /// Its place from above; any where it is not shown.
    place: usize,
}

impl Page<'_> {
    pub(super) fn stage(&mut self) {
        self.add(
            "<div class=\"tools\" role=\"toolbar\" aria-label=\"View\">\
             <button id=\"out\" aria-label=\"Zoom out\">−</button><button id=\"fit\">Fit</button>\
             <button id=\"in\" aria-label=\"Zoom in\">+</button>\
             <button id=\"real\" aria-pressed=\"false\">True to scale</button>\
             <span class=\"keys\"><kbd>Tab</kbd> <kbd>↑</kbd> <kbd>↓</kbd> processes · <kbd>←</kbd> <kbd>→</kbd> events · \
             <kbd>Enter</kbd> opens a row · <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom · <kbd>s</kbd> scale</span></div>",
        );
        let lines = lines(self.picture);
        self.add(format_args!(
            "<main class=\"stage\" style=\"--rows:{}\">\n<div class=\"names\">",
            self.picture.rows.len()
        ));
        for line in &lines {
            self.name(line);
        }
        self.add("</div>\n<div class=\"scroll\"><div class=\"plot\">");
        self.ticks();
        for line in &lines {
            self.lane(line);
        }
        self.arrows();
        self.add("</div></div>\n</main>");
    }

    /// A stretch of the axis, as the style that places an element on it.
    fn stretch(&self, from: Micros, until: Micros) -> String {
        let scale = &self.picture.scale;
        let span = float(self.picture.span);
        format!(
            "--a:{:.7};--b:{:.7};--c:{:.7};--d:{:.7}",
            scale.place(from),
            scale.place(until),
            float(from) / span,
            float(until) / span
        )
    }

    fn name(&mut self, line: &Line<'_>) {
        let picture = self.picture;
        let Some(lane) = line.members.first().map(|at| &picture.lanes[*at]) else {
            return;
        };
        let label = lane.label();
        let alike = line.members.len();
        let (class, id, own, title) = if alike > 1 {
            let own = format!("× {alike} alike");
            let title = format!("{alike} processes that are alike; the first is {label}");
            (
                " group\" aria-expanded=\"false",
                line.row.clone(),
                own,
                title,
            )
        } else {
            let own = markup::text(lane.name.as_deref().unwrap_or_default());
            (
                if line.folded_into.is_some() {
                    " member"
                } else {
                    ""
                },
                format!("p{}", line.row),
                own.clone(),
                format!("{label} {own}"),
            )
        };
        let folded = folded(line);
        self.add(format_args!(
            "<button class=\"name{class}\" id=\"{id}\"{} style=\"--row:{};--depth:{}\" data-title=\"{}\" data-said=\"{}\">{label} <span>{own}</span></button>",
            folded, line.place, lane.depth.min(5), title.trim_end(), markup::lines(&lane.said)
        ));
    }

    fn lane(&mut self, line: &Line<'_>) {
        let odd = if line.place.is_multiple_of(2) {
            " odd"
        } else {
            ""
        };
        let folded = folded(line);
        self.add(format_args!(
            "<div class=\"lane{odd}\"{folded} style=\"--row:{}\"><div>",
            line.place
        ));
        let picture = self.picture;
        match line.members {
            [one] => self.life(&picture.lanes[*one]),
            many => self.strips(many),
        }
        self.add("</div></div>");
    }

    /// Many lanes in one row: where each ran and where it was a zombie.
    fn strips(&mut self, members: &[usize]) {
        let strips = members.len().min(STRIPS);
        for strip in 0..strips {
            let lane = &self.picture.lanes[members[strip * members.len() / strips]];
            let mut parts = vec![("run", lane.born, lane.until)];
            parts.extend(lane.zombie.map(|(from, until)| ("zombie", from, until)));
            // In hundredths of a pixel, which are whole numbers.
            let top = 300 + strip * 100 * STRIPS_HEIGHT / strips;
            let height = (100 * STRIPS_HEIGHT / strips).saturating_sub(30).max(60);
            for (class, from, until) in parts {
                let stretch = self.stretch(from, until);
                self.add(format_args!("<i class=\"e strip {class}\" style=\"{stretch};--strip-top:calc({top}px / 100);--strip-height:calc({height}px / 100)\"></i>"));
            }
        }
    }

    fn life(&mut self, lane: &Lane) {
        if let Some((from, until)) = lane.zombie {
            let stretch = self.stretch(from, until);
            self.add(format_args!(
                "<i class=\"e bar zombie\" style=\"{stretch}\" title=\"a zombie for {}\"></i>",
                words::time(until - from)
            ));
        }
        let stretch = self.stretch(lane.born, lane.until);
        self.add(format_args!(
            "<i class=\"e bar life\" style=\"{stretch}\"></i>"
        ));
        let label = lane.label();
        for segment in &lane.segments {
            let kind = segment_class(segment.kind);
            let never = if segment.returned || lane.how.is_some() {
                ""
            } else {
                " never"
            };
            let time = words::time(segment.until.saturating_sub(segment.from));
            let said = vec![format!(
                "{time}, from {} to {}",
                words::time(segment.from),
                words::time(segment.until)
            )];
            self.event(
                &format!("e seg {kind}{never}"),
                (segment.from, segment.until),
                segment.object,
                (&format!("{label} {}", segment.said), &said),
                &format!("<i>{}</i>", markup::text(&segment.short)),
            );
        }
        for point in &lane.points {
            let class = point_class(point.kind);
            let title = format!("{label} {}", point.said);
            let said = vec![format!("at {}", words::time(point.at))];
            self.event(&format!("e point {class}"), (point.at, point.at), point.object, (&title, &said), &format!("<svg viewBox=\"-7 -7 14 14\" aria-hidden=\"true\"><use href=\"#g-{class}\"/></svg>"));
        }
        for (number, at) in self.picture.diagnosed(lane.process) {
            let found = &self.picture.diagnoses[number - 1];
            let id = if found
                .places
                .first()
                .is_some_and(|it| it.process == lane.process && it.at == at)
            {
                format!(" id=\"found-{number}\"")
            } else {
                String::new()
            };
            let stretch = self.stretch(at, at);
            let (name, message) = (markup::text(&found.diagnosis), markup::text(&found.message));
            self.add(format_args!("<button class=\"e found\"{id} tabindex=\"-1\" style=\"{stretch}\" data-title=\"{label} {name}\" data-said=\"{message}\" title=\"{name}\">{number}</button>"));
        }
    }

    /// A part of a lane that can be chosen; `inside` is markup.
    fn event(
        &mut self,
        class: &str,
        (from, until): (Micros, Micros),
        object: Option<ObjectId>,
        (title, said): (&str, &[String]),
        inside: &str,
    ) {
        let stretch = self.stretch(from, until);
        let object = object.map_or(String::new(), |id| format!(" data-object=\"{id}\""));
        let (title, said) = (markup::text(title), markup::lines(said));
        self.add(format_args!("<button class=\"{class}\" tabindex=\"-1\"{object} style=\"{stretch}\" title=\"{title}\" aria-label=\"{title}\" data-title=\"{title}\" data-said=\"{said}\">{inside}</button>"));
    }

    fn ticks(&mut self) {
        for tick in 0..=STRETCHES {
            let place = f64::from(tick) / f64::from(STRETCHES);
            let minor = if tick % 4 == 0 { "" } else { " minor" };
            let last = if tick == STRETCHES { " last" } else { "" };
            let shortened = self.picture.scale.moment(place);
            let real = self.picture.span * Micros::from(tick) / Micros::from(STRETCHES);
            for (class, time) in [("a", shortened), ("c", real)] {
                let time = words::time(time);
                self.add(format_args!("<span class=\"e tick {class}{minor}{last}\" style=\"--a:{place};--c:{place}\">{time}</span>"));
            }
        }
    }

    fn arrows(&mut self) {
        let picture = self.picture;
        let rows = picture.row_of_lane();
        let lanes = picture.lane_of_process();
        let short = picture.arrows_of_closed_rows();
        for arrow in &picture.arrows {
            let lane_of = |process: usize| lanes.get(process).copied().flatten();
            let (Some(from), Some(to), Some(leaf)) = (
                lane_of(arrow.from.process),
                lane_of(arrow.to.process),
                lane_of(arrow.leaf()),
            ) else {
                continue;
            };
            let group = match &picture.rows[rows[leaf]] {
                Row::One(_) => String::new(),
                Row::Alike(members) => {
                    format!(" data-group=\"g{}\"", picture.lanes[members[0]].process + 1)
                }
            };
            let is_short = short.iter().any(|it| std::ptr::eq(*it, arrow));
            let (short, hidden) = if is_short {
                (" data-short=\"\"", "")
            } else {
                ("", " hidden=\"\"")
            };
            let (from, to) = (rows[from], rows[to]);
            let way = if to > from { "down" } else { "up" };
            let stretch = self.stretch(arrow.from.at, arrow.from.at);
            self.add(format_args!(
                "<i class=\"e arrow {} {way}\" data-from=\"{}\" data-to=\"{}\"{group}{short}{hidden} style=\"{stretch};--top:{};--len:{}\" title=\"{}\"></i>",
                arrow_class(arrow.kind), arrow.from.process + 1, arrow.to.process + 1, from.min(to), from.abs_diff(to), markup::text(&arrow.said)
            ));
        }
    }
}

/// The lines of the stage, those of a closed row behind it.
fn lines(picture: &Picture) -> Vec<Line<'_>> {
    let number = |lane: usize| (picture.lanes[lane].process + 1).to_string();
    let mut lines = Vec::new();
    for (place, row) in picture.rows.iter().enumerate() {
        match row {
            Row::One(lane) => lines.push(Line {
                row: number(*lane),
                members: row.members(),
                folded_into: None,
                place,
            }),
            Row::Alike(lanes) => {
                let group = lanes
                    .first()
                    .map_or(String::new(), |first| format!("g{}", number(*first)));
                lines.push(Line {
                    row: group.clone(),
                    members: lanes,
                    folded_into: None,
                    place,
                });
                lines.extend(lanes.iter().map(|lane| Line {
                    row: number(*lane),
                    members: std::slice::from_ref(lane),
                    folded_into: Some(group.clone()),
                    place,
                }));
            }
        }
    }
    lines
}

/// The attributes that say which row a line is, and in which it is folded.
fn folded(line: &Line<'_>) -> String {
    let row = &line.row;
    match &line.folded_into {
        Some(group) => format!(" data-row=\"{row}\" data-in=\"{group}\" hidden=\"\""),
        None => format!(" data-row=\"{row}\""),
    }
}
