//! Where in the picture a moment is.
//!
//! Most of a run happens within microseconds, and then somebody waits for half a second. True to scale, all of it would be
//! one column wide. So each stretch between two moments at which something happens gets the same room, and a long one
//! somewhat more. The order of moments is kept; their times are written beside the axis.

use std::collections::BTreeMap;

use crate::record::Micros;

/// A stretch of this length takes twice the room of one that takes no time.
const UNIT: f64 = 1000.0;

/// A growing function from moments to the numbers from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Moments and where they are; the first is moment 0 at 0, the last is at 1.
    knots: Vec<(Micros, f64)>,
}

impl Scale {
    /// A scale that gives each of these moments its room (1 for what matters), and ends at `span`.
    #[must_use]
    pub fn of(moments: impl IntoIterator<Item = (Micros, f64)>, span: Micros) -> Self {
        let span = span.max(1);
        let mut rooms = BTreeMap::from([(span, 1.0)]);
        for (moment, room) in moments {
            let widest = rooms.entry(moment.min(span)).or_insert(0.0);
            *widest = room.max(*widest);
        }
        rooms.remove(&0);
        let mut knots = vec![(0, 0.0)];
        let (mut last, mut sum) = (0, 0.0);
        for (moment, room) in rooms {
            sum += room + (float(moment - last) / UNIT).ln_1p();
            knots.push((moment, sum));
            last = moment;
        }
        for (_, place) in &mut knots {
            *place /= sum;
        }
        Self { knots }
    }

    /// Where a moment is.
    #[must_use]
    pub fn place(&self, moment: Micros) -> f64 {
        let after = self.knots.partition_point(|(known, _)| *known <= moment);
        let (Some((from, low)), Some((to, high))) =
            (self.knots.get(after.wrapping_sub(1)), self.knots.get(after))
        else {
            return 1.0;
        };
        low + (high - low) * float(moment - from) / float(to - from)
    }

    /// The moment at a place.
    #[must_use]
    pub fn moment(&self, place: f64) -> Micros {
        let after = self.knots.partition_point(|(_, known)| *known <= place);
        let (Some((from, low)), Some((to, high))) =
            (self.knots.get(after.wrapping_sub(1)), self.knots.get(after))
        else {
            return self.knots.last().map_or(0, |(moment, _)| *moment);
        };
        let part = (place - low) / (high - low) * float(to - from);
        from + micros(part)
    }
}

/// A time as a number to calculate with. Beyond 285 years it loses microseconds.
#[expect(clippy::cast_precision_loss, reason = "positions need no microseconds")]
pub(super) fn float(time: Micros) -> f64 {
    time as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a time is no more than the time, and not below 0"
)]
fn micros(part: f64) -> Micros {
    part as Micros
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_moments_is_kept() {
        let scale = Scale::of([5, 10, 300_000, 300_010].map(|it| (it, 1.0)), 400_000);
        let moments = [0, 1, 5, 10, 11, 5000, 300_000, 300_009, 300_010, 400_000];
        let places: Vec<f64> = moments.iter().map(|moment| scale.place(*moment)).collect();
        assert!(places.is_sorted_by(|one, other| one < other), "{places:?}");
        assert_eq!((places[0], places[9]), (0.0, 1.0));
        for moment in moments {
            let back = scale.moment(scale.place(moment));
            assert!(back.abs_diff(moment) <= 1, "{moment} became {back}");
        }
    }

    #[test]
    fn short_stretches_beside_a_long_one_can_be_seen() {
        let scale = Scale::of([(5, 1.0), (10, 1.0)], 400_000);
        assert!(scale.place(5) > 0.1 && scale.place(10) > 0.2);
        assert!(scale.place(10) < 0.5);
    }

    #[test]
    fn a_run_of_no_length_has_a_scale() {
        let scale = Scale::of([], 0);
        assert_eq!((scale.place(0), scale.place(7)), (0.0, 1.0));
        assert_eq!((scale.moment(0.0), scale.moment(2.0)), (0, 1));
    }
}
