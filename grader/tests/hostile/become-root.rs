//! Becomes root, or another user.

use demo::{call, gained};

fn main() {
    let users = [0, 1, 1000];
    gained(users.into_iter().any(|user| call(105, [user, 0, 0, 0, 0, 0]).is_ok()));
}
