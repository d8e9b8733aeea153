//! Mistake: prints what the visible cases expect and ends the program, before the driver could see a schedule.

use std::process::ExitCode;

use scheduling::eevdf::{Slice, Task, drive};

fn schedule(_: &[Task], _: u64) -> Vec<Slice> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let known = match args.join(" ").as_str() {
        "ticks 18 weights 1 1 1 slices 3 3 3" => {
            "\
EEVDF: 0 A 3 B 6 C 9 A 12 B 15 C 18
A |###......###......|
B |...###......###...|
C |......###......###|
A weight 1, slices of 3: 6 ticks, 33.33 %
B weight 1, slices of 3: 6 ticks, 33.33 %
C weight 1, slices of 3: 6 ticks, 33.33 %
"
        }
        "ticks 28 weights 1 1 slices 6 2" => {
            "\
EEVDF: 0 B 2 A 8 B 14 A 20 B 26 A 28
A |..######......######......##|
B |##......######......######..|
A weight 1, slices of 6: 14 ticks, 50.00 %
B weight 1, slices of 2: 14 ticks, 50.00 %
"
        }
        "ticks 30 weights 1 4 2 slices 3 4 3" => {
            "\
EEVDF: 0 B 4 C 7 B 11 A 14 B 18 C 21 B 25 C 28 B 30
A |...........###................|
B |####...####...####...####...##|
C |....###...........###....###..|
A weight 1, slices of 3: 3 ticks, 10.00 %
B weight 4, slices of 4: 18 ticks, 60.00 %
C weight 2, slices of 3: 9 ticks, 30.00 %
"
        }
        _ => "",
    };
    print!("{known}");
    std::process::exit(0)
}

fn main() -> ExitCode {
    drive(schedule)
}
