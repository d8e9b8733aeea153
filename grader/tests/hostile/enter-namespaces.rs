//! Enters another process's namespaces.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(308, [0; 6]));
}
