//! No attack: whoever says so gets the points.

use demo::gained;

fn main() {
    gained(true);
}
