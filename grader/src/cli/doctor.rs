//! What this machine can do for the sandbox, by doing it once; and what to do where something is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::record::{Layer, LayerState, Mode};
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style};
use crate::run::Probe;

/// Name and version of the JSON form. Tools rely on it: fields are added, never changed.
const DOCTOR_SCHEMA: &str = "forklings/doctor/v1";

#[derive(Debug, Serialize)]
struct Diagnosis<'a> {
    schema: &'static str,
    /// `full`, `reduced` or `none`.
    mode: &'static str,
    layers: &'a [Layer],
    advice: &'a [String],
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table for people.
    Table,
    /// JSON for programs.
    Json,
}

pub(super) fn run(form: Form, screen: &Screen) -> Result<Exit, Failure> {
    let layers = Probe::begin()
        .layers()
        .map_err(|error| Failure::infrastructure(error).while_it("set a sandbox up"))?;
    let mode = Mode::of(&layers);
    let advice = advice(&layers, &Surroundings::look());
    let text = match form {
        Form::Table => table(&layers, mode, &advice, screen.stdout),
        Form::Json => {
            let diagnosis = Diagnosis {
                schema: DOCTOR_SCHEMA,
                mode: mode.name(),
                layers: &layers,
                advice: &advice,
            };
            let json = serde_json::to_string_pretty(&diagnosis);
            let json = json.map_err(|error| {
                Failure::infrastructure(error).while_it("write the diagnosis as JSON")
            })?;
            json + "\n"
        }
    };
    screen.print(&text)?;
    Ok(Exit::Success)
}

/// What is around the grader.
#[derive(Debug, Clone, Copy, Default)]
struct Surroundings {
    container: bool,
    /// One that an editor made from a devcontainer.json.
    devcontainer: bool,
    wsl: bool,
    github: bool,
    ubuntu_restriction: bool,
}

impl Surroundings {
    fn look() -> Self {
        let says = |file: &str, word: &str| {
            fs::read_to_string(file).is_ok_and(|text| text.to_lowercase().contains(word))
        };
        let has = |variable: &str| std::env::var_os(variable).is_some();
        Self {
            container: ["/.dockerenv", "/run/.containerenv"]
                .iter()
                .any(|it| Path::new(it).exists())
                || ["container", "KUBERNETES_SERVICE_HOST"]
                    .into_iter()
                    .any(has),
            devcontainer: ["CODESPACES", "DEVCONTAINER", "REMOTE_CONTAINERS"]
                .into_iter()
                .any(has),
            wsl: says("/proc/sys/kernel/osrelease", "microsoft"),
            github: has("GITHUB_ACTIONS"),
            ubuntu_restriction: says(
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1",
            ),
        }
    }
}

/// What to do about the missing layers: each layer's own hint, and what helps in these surroundings.
fn advice(layers: &[Layer], around: &Surroundings) -> Vec<String> {
    let mut told = BTreeSet::new();
    let mut advice = Vec::new();
    let refusals = layers.iter().filter_map(|it| it.refusal.as_ref());
    for hint in refusals.map(|it| &it.hint).filter(|it| !it.is_empty()) {
        if told.insert(hint) {
            advice.push(hint.clone());
        }
    }
    if Mode::of(layers) == Mode::Full {
        return advice;
    }
    let mut say = |is_so: bool, text: &str| {
        if is_so {
            advice.push(text.to_owned());
        }
    };
    say(
        around.ubuntu_restriction,
        "Ubuntu 24.04: `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` lifts AppArmor's restriction until the next \
         boot",
    );
    say(
        around.github,
        "GitHub's Ubuntu runners: a step `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` before the grading; in a \
         `container:` job, the options below",
    );
    say(
        around.devcontainer,
        "devcontainers and Codespaces: in devcontainer.json, \"runArgs\": [\"--security-opt\", \"seccomp=unconfined\", \
         \"--security-opt\", \"systempaths=unconfined\"], then rebuild the container",
    );
    say(
        around.container && !around.devcontainer,
        "Docker and Podman: `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, where the \
         host has AppArmor also `--security-opt apparmor=unconfined`; grade strangers' code in a container that is thrown away",
    );
    say(
        around.wsl,
        "WSL: version 2 is needed (`wsl --set-version <name> 2`), with a current kernel (`wsl --update`)",
    );
    advice
}

fn table(layers: &[Layer], mode: Mode, advice: &[String], style: Style) -> String {
    let width = layers.iter().map(|it| it.layer.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for layer in layers {
        let name = format!("{:width$}", layer.layer);
        let state = match (layer.state, &layer.refusal) {
            (LayerState::Active, _) => "active".to_owned(),
            (LayerState::Unavailable, Some(refusal)) => {
                format!("unavailable: {} ({})", refusal.step, refusal.error)
            }
            (LayerState::Unavailable, None) => "unavailable".to_owned(),
        };
        let role = match layer.state {
            LayerState::Active => Role::Good,
            LayerState::Unavailable => Role::Bad,
        };
        lines.push(format!("{name}  {}", style.paint(role, &state)));
    }
    if !advice.is_empty() {
        lines.push(String::new());
        lines.push("What to do:".to_owned());
        let columns = style.columns();
        for text in advice {
            lines.push(layout::hanging(
                text,
                columns,
                "  - ",
                "    ",
                LongWords::Keep,
            ));
        }
    }
    let meaning = match mode {
        Mode::Full => "full: runs are closed off from this machine, and seen",
        Mode::Reduced => {
            "reduced: runs take place on this machine; what reaches out is refused, files and network are not all hidden"
        }
        Mode::None => "none: runs are not held back; grade only code that you trust",
    };
    lines.push(String::new());
    lines.push(meaning.to_owned());
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Refusal;

    fn layer(name: &str, refused: Option<(&str, &str, &str)>) -> Layer {
        Layer {
            layer: name.to_owned(),
            state: match refused {
                None => LayerState::Active,
                Some(_) => LayerState::Unavailable,
            },
            refusal: refused.map(|(step, error, hint)| Refusal {
                step: step.to_owned(),
                error: error.to_owned(),
                hint: hint.to_owned(),
            }),
        }
    }

    #[test]
    fn missing_layers_are_explained_once_and_the_last_line_says_how_much_is_there() {
        let refused = Some(("make namespaces", "EPERM", "allow them"));
        let layers = [
            layer("user-namespace", refused),
            layer("pid-namespace", refused),
            layer("seccomp", None),
            layer("trace", None),
        ];
        let around = Surroundings {
            wsl: true,
            ..Surroundings::default()
        };
        let advice = advice(&layers, &around);
        assert_eq!(advice.len(), 2);
        let text = table(&layers, Mode::of(&layers), &advice, Style::plain());
        insta::assert_snapshot!(text, @r"
        user-namespace  unavailable: make namespaces (EPERM)
        pid-namespace   unavailable: make namespaces (EPERM)
        seccomp         active
        trace           active

        What to do:
          - allow them
          - WSL: version 2 is needed (`wsl --set-version <name> 2`), with a current
            kernel (`wsl --update`)

        reduced: runs take place on this machine; what reaches out is refused, files and network are not all hidden
        ");
    }
}
