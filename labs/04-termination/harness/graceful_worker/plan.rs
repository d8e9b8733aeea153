//! What is to happen in a run of `graceful-worker`, from its arguments.

use nix::sys::signal::Signal;

/// The most tasks.
const MOST_TASKS: u32 = 50;

/// What is to happen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) request: Request,
    pub(super) moment: Moment,
    /// How many tasks are there from the beginning.
    pub(super) tasks: u32,
}

/// How the worker is asked to stop.
#[derive(Debug, Clone, Copy)]
pub(super) enum Request {
    Signal(Signal),
    Event,
}

/// When it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    InTask(u32),
    Idle,
    Asleep,
}

impl Plan {
    /// How much comes at the gate: a late task and the request, or nothing.
    pub(super) fn arrivals_at_the_gate(&self) -> u32 {
        match self.moment {
            Moment::Idle => 2,
            Moment::InTask(_) | Moment::Asleep => 0,
        }
    }

    /// The plan that the program's arguments describe.
    pub(super) fn of_arguments() -> Result<Self, String> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let argument = |at: usize, other: &'static str| {
            arguments
                .get(at)
                .map_or(other, |argument| argument.as_str())
        };
        let request = match argument(0, "SIGTERM") {
            "SIGTERM" => Request::Signal(Signal::SIGTERM),
            "SIGINT" => Request::Signal(Signal::SIGINT),
            "event" => Request::Event,
            other => return Err(format!("`{other}` is no request: SIGTERM, SIGINT or event")),
        };
        let tasks = argument(2, "4");
        let tasks = tasks
            .parse()
            .ok()
            .filter(|count| (1..=MOST_TASKS).contains(count))
            .ok_or_else(|| format!("`{tasks}` is no number of tasks from 1 to {MOST_TASKS}"))?;
        let moment = argument(1, "in-task-2");
        let in_task = moment.strip_prefix("in-task-").and_then(|k| k.parse().ok());
        let moment = match (moment, in_task) {
            ("idle", _) => Moment::Idle,
            ("asleep", _) => Moment::Asleep,
            (_, Some(task)) if (1..=tasks).contains(&task) => Moment::InTask(task),
            _ => {
                return Err(format!(
                    "`{moment}` is none of idle, asleep, in-task-1 to in-task-{tasks}"
                ));
            }
        };
        Ok(Self {
            request,
            moment,
            tasks,
        })
    }
}
