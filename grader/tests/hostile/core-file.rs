//! Dumps its memory into a file.

fn main() {
    std::process::abort();
}
