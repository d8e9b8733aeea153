//! Arguments drawn from a seed.
//!
//! The same seed gives the same numbers on every machine and in every version: each number is a hash of
//! the seed and its place, so that no generator's state and no order of cases has a part in it.

use sha2::{Digest as _, Sha256};

use super::{Case, Draw};

/// The seed where none is given. An instructor chooses one for each term (`--seed`).
pub const DEFAULT_SEED: &str = "forklings";

impl Case {
    /// The program's arguments: those of `lab.toml`, with drawn numbers in place of `{name}`. An argument that
    /// is only `{name}` becomes one argument for each number.
    #[must_use]
    pub fn arguments(&self, exercise: &str, seed: &str) -> Vec<String> {
        let mut arguments = Vec::new();
        for argument in &self.args {
            let mut texts = vec![argument.clone()];
            for (name, draw) in &self.draw {
                let placeholder = format!("{{{name}}}");
                let place = format!("{seed}/{exercise}/{}/{name}", self.name.as_ref());
                let numbers = draw.numbers(&place);
                if *argument == placeholder {
                    texts = numbers;
                } else {
                    let joined = numbers.join(" ");
                    texts = texts
                        .iter()
                        .map(|text| text.replace(&placeholder, &joined))
                        .collect();
                }
            }
            arguments.append(&mut texts);
        }
        arguments
    }

    /// Whether the case's expected output is a snapshot in `expected/`.
    #[must_use]
    pub fn has_snapshot(&self) -> bool {
        self.output.snapshot && !self.is_drawn()
    }

    /// Whether the case's expected output comes from the reference program.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        !self.draw.is_empty()
    }
}

impl Draw {
    fn numbers(&self, place: &str) -> Vec<String> {
        let count = within(self.count, &format!("{place}/count"));
        (0..count)
            .map(|index| within(self.from, &format!("{place}/{index}")).to_string())
            .collect()
    }
}

/// A number within `bounds`, both included, that depends on nothing but `place`.
fn within([low, high]: [u64; 2], place: &str) -> u64 {
    let hash = Sha256::digest(place.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    let size = u128::from(high - low) + 1;
    let offset = u128::from(u64::from_be_bytes(first)) % size;
    low + u64::try_from(offset).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        toml::from_str(
            r#"
            name = "drawn"
            shows = "numbers"
            points = 1
            args = ["--", "{numbers}", "exit {code}"]
            draw = { numbers = { from = [3, 9], count = [2, 4] }, code = { from = [1, 255] } }
            "#,
        )
        .unwrap()
    }

    #[test]
    fn the_same_seed_draws_the_same_arguments() {
        let case = case();
        assert_eq!(case.arguments("x", "a"), case.arguments("x", "a"));
        let different = ["b", "c", "d"].map(|seed| case.arguments("x", seed));
        assert!(
            different
                .iter()
                .any(|args| *args != case.arguments("x", "a"))
        );
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        for seed in 0..200 {
            let arguments = case().arguments("x", &seed.to_string());
            assert_eq!(arguments[0], "--");
            let numbers = &arguments[1..arguments.len() - 1];
            assert!((2..=4).contains(&numbers.len()), "{arguments:?}");
            for number in numbers {
                assert!((3..=9).contains(&number.parse::<u64>().unwrap()));
            }
            let code = arguments.last().unwrap().strip_prefix("exit ").unwrap();
            assert!((1..=255).contains(&code.parse::<u64>().unwrap()));
        }
    }

    #[test]
    fn the_whole_range_can_be_drawn() {
        assert_eq!(within([5, 5], "x"), 5);
        let _ = within([0, u64::MAX], "x");
    }
}
