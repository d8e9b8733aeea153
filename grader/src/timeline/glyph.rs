//! The signs of moments and arrows in SVG and HTML: one shape and one class for each.

use super::picture::{ArrowKind, PointKind, SegmentKind};

/// A kind of moment, its class, and its shape in a square from -6 to 6.
pub(super) const SHAPES: [(PointKind, &str, &str); 11] = [
    (PointKind::Fork, "fork", "M-3-3H3V3H-3Z"),
    (PointKind::Exec, "exec", "M-4-5L0 0L-4 5M1-5L5 0L1 5"),
    (
        PointKind::Exited,
        "good",
        "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z",
    ),
    (PointKind::Failed, "bad", "M-4-4L4 4M4-4L-4 4"),
    (PointKind::Reap, "reap", "M-3-3H3V3H-3Z"),
    (PointKind::Sent, "sent", "M0-5L5 4H-5Z"),
    (PointKind::Received, "received", "M0-5L5 0L0 5L-5 0Z"),
    (PointKind::Transfer, "data", "M-4-2H1V-5L5 0L1 5V2H-4Z"),
    (PointKind::Refused, "refused", "M-4-4H4V4H-4ZM-4-4L4 4"),
    (
        PointKind::Intervention,
        "stepped-in",
        "M0-6L2-2L6 0L2 2L0 6L-2 2L-6 0L-2-2Z",
    ),
    (
        PointKind::Other,
        "other",
        "M-2 0A2 2 0 1 0 2 0A2 2 0 1 0-2 0Z",
    ),
];

/// The class of a moment.
pub(super) fn point_class(kind: PointKind) -> &'static str {
    let known = SHAPES.iter().find(|(known, ..)| *known == kind);
    known.map_or("other", |(_, class, _)| class)
}

/// The class of a segment.
pub(super) fn segment_class(kind: SegmentKind) -> &'static str {
    match kind {
        SegmentKind::Call => "call",
        SegmentKind::Transfer => "io",
        SegmentKind::Stopped => "stopped",
    }
}

/// The class of an arrow.
pub(super) fn arrow_class(kind: ArrowKind) -> &'static str {
    match kind {
        ArrowKind::Fork => "fork",
        ArrowKind::Reap => "reap",
        ArrowKind::Signal => "signal",
    }
}
