//! Signals every process that it can reach. The signal is one that is ignored: who is reached is not harmed.

use demo::{call, gained, word};

fn main() {
    gained(call(62, [word(-1), 23, 0, 0, 0, 0]).is_ok());
}
