//! Mistake: prints what the visible cases expect and ends the program, before the driver could see a schedule.

use std::process::ExitCode;

use scheduling::mlfq::{Job, Rules, Slice, drive};

fn schedule(_: &[Job], _: &Rules) -> Vec<Slice> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let known = match args.join(" ").as_str() {
        "quanta 5 lengths 20 20 20" => {
            "\
MLFQ of 1 levels: 0 A 5 B 10 C 15 A 20 B 25 C 30 A 35 B 40 C 45 A 50 B 55 C 60
A |#####..........#####..........#####..........#####          |
B |.....#####..........#####..........#####..........#####     |
C |..........#####..........#####..........#####..........#####|
job   arrival  length  response  turnaround  waiting
A           0      20         0          50       30
B           0      20         5          55       35
C           0      20        10          60       40
mean                       5.00       55.00    35.00
"
        }
        "quanta 10 10 10 lengths 180 20 arrivals 0 100" => {
            "\
MLFQ of 3 levels: 0 A 100 B 120 A 200
A |##################################......###########################|
B |                                 #######                           |
a column stands for 3 ticks
job   arrival  length  response  turnaround  waiting
A           0     180         0         200       20
B         100      20         0          20        0
mean                       0.00      110.00    10.00
"
        }
        "quanta 10 20 40 allotment 2 lengths 140 140" => {
            "\
MLFQ of 3 levels: 0 A 10 B 20 A 30 B 40 A 60 B 80 A 100 B 120 A 160 B 200 A 240 B 280
A |###..###..#####.....#####.....##########..........##########          |
B |..###..###.....#####.....#####..........##########..........##########|
a column stands for 4 ticks
job   arrival  length  response  turnaround  waiting
A           0     140         0         240      100
B           0     140        10         280      140
mean                       5.00      260.00   120.00
"
        }
        "quanta 10 10 10 lengths 200 200 every 9 0 device 1" => {
            "\
MLFQ of 3 levels: 0 A 9 B 19 A 20 B 30 A 38 B 39 A 41 B 50 A 57 B 67 A 70 B 80 A 86 B 96 A 100 B 110 A 115 B 125 A 130 B 140 A 144 B 154 A 160 B 170 A 173 B 183 A 190 B 200 A 202 B 212 A 220 B 230 A 231 B 241 A 250 B 260 A 269 B 279 A 280 B 290 A 298 B 308 A 317 - 318 A 327 - 328 A 337 - 338 A 347 - 348 A 357 - 358 A 367 - 368 A 377 - 378 A 387 - 388 A 397 - 398 A 407 - 408 A 410
A |##.#.##.##.#.##.#.####.#.##.#.##.#.##.#.##.##.#.##.##################|
B |.####.##############################################                 |
a column stands for 6 ticks
job   arrival  length  response  turnaround  waiting
A           0     200         0         410      210
B           0     200         9         308      108
mean                       4.50      359.00   159.00
"
        }
        "quanta 5 5 lengths 60 30 30 arrivals 0 20 30 boost 25" => {
            "\
MLFQ of 2 levels, a boost after 25 ticks: 0 A 20 B 25 A 30 B 35 C 40 A 45 B 50 C 55 A 60 B 65 C 70 A 75 B 80 C 85 A 90 B 95 C 100 A 105 C 110 A 120
A |##########..###.....###....###.....###....###.....###..#####|
B |          ###..###....###.....###....###.....###            |
C |               ..###.....###....###.....###....###..###     |
a column stands for 2 ticks
job   arrival  length  response  turnaround  waiting
A           0      60         0         120       60
B          20      30         0          75       45
C          30      30         5          80       50
mean                       1.67       91.67    51.67
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
