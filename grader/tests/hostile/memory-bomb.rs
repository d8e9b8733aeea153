//! Asks for 100 GiB and touches them.

use demo::gained;

fn main() {
    let memory = vec![1_u8; 100 << 30];
    gained(memory[memory.len() - 1] == 1);
}
