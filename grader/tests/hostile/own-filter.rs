//! Installs a filter of its own that could answer in place of the kernel.

use demo::{gained, is_refused};

fn main() {
    gained(!is_refused(157, [22, 2, 0, 0, 0, 0]));
}
