//! Makes its memory unreadable, so that nobody sees what it does.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(157, [4, 0, 0, 0, 0, 0]));
}
