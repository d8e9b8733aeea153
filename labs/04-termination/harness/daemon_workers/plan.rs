//! What is to happen in a run of `daemon-workers`, from its arguments.

/// The most workers.
const MOST: usize = 8;

/// Bytes of a name that the kernel keeps.
const LONGEST: usize = 15;

/// What is to happen.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) how: How,
    pub(super) workers: Vec<Specified>,
}

/// How the main program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Returns,
    Killed,
    KilledAtBirth,
    KilledAtPrctl,
}

/// A worker.
#[derive(Debug)]
pub(super) struct Specified {
    pub(super) name: String,
    pub(super) is_daemon: bool,
}

impl Plan {
    /// The plan that the program's arguments describe.
    pub(super) fn of_arguments() -> Result<Self, String> {
        let mut arguments: Vec<String> = std::env::args().skip(1).collect();
        if arguments.is_empty() {
            arguments = ["returns", "logger:daemon", "backup-1", "backup-2"]
                .map(String::from)
                .into();
        }
        let how = match arguments.remove(0).as_str() {
            "returns" => How::Returns,
            "killed" => How::Killed,
            "killed-at-birth" => How::KilledAtBirth,
            "killed-at-prctl" => How::KilledAtPrctl,
            other => {
                return Err(format!(
                    "`{other}` is none of returns, killed, killed-at-birth, killed-at-prctl"
                ));
            }
        };
        if !(1..=MOST).contains(&arguments.len()) {
            return Err(format!("from 1 to {MOST} workers"));
        }
        let workers: Result<Vec<Specified>, String> =
            arguments.iter().map(|it| Specified::of(it)).collect();
        let workers = workers?;
        let early = [How::KilledAtBirth, How::KilledAtPrctl].contains(&how);
        if early && workers.iter().any(|worker| !worker.is_daemon) {
            return Err("so early there can be daemons only".into());
        }
        Ok(Self { how, workers })
    }
}

impl Specified {
    fn of(text: &str) -> Result<Self, String> {
        let daemon = text.strip_suffix(":daemon");
        let name = daemon.unwrap_or(text);
        let is_visible = name.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || name.len() > LONGEST || !is_visible {
            return Err(format!(
                "`{name}` is no name of 1 to {LONGEST} visible characters"
            ));
        }
        Ok(Self {
            name: name.into(),
            is_daemon: daemon.is_some(),
        })
    }
}
