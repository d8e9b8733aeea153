//! The table and the chart, on standard error.

use super::{Kind, Row};

/// How many columns the longest bar has.
const WIDTH: f64 = 30.0;

/// Shows a row for each number of workers, with a bar for the tasks of a second.
pub(super) fn show(kind: Kind, tasks: usize, rows: &[(usize, Row)]) {
    let rate = |row: &Row| tasks as f64 / row.wall.as_secs_f64().max(1e-9);
    let most = rows.iter().map(|(_, row)| rate(row)).fold(1.0, f64::max);
    eprintln!(
        "\n{:9}  {:>5}  {:>9}  {:>9}  {:>7}",
        kind.name(),
        "tasks",
        "time",
        "CPU time",
        "tasks/s"
    );
    for (workers, row) in rows {
        let noun = if *workers == 1 { "worker" } else { "workers" };
        let bar = "█".repeat((rate(row) / most * WIDTH).round() as usize);
        eprintln!(
            "{:9}  {tasks:5}  {:>6.1} ms  {:>6.1} ms  {:>7.0}  {bar}",
            format!("{workers} {noun}"),
            row.wall.as_secs_f64() * 1e3,
            row.cpu.as_secs_f64() * 1e3,
            rate(row)
        );
    }
}
