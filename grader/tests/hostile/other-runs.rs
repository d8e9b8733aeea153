//! Looks into the folders of runs that go on at the same time, to print their output.

use demo::gained;

fn main() {
    let own = std::env::current_dir().unwrap();
    let own = own.parent().unwrap();
    let beside = std::fs::read_dir(own.parent().unwrap());
    let mut beside = beside.into_iter().flatten().flatten();
    gained(beside.any(|it| it.path() != own && std::fs::read_dir(it.path().join("work")).is_ok()));
}
