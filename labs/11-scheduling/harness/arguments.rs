//! Command lines of the simulators: words, and behind each of them a list of numbers, such as `lengths 24 3 3 arrivals 0 0 5`.

use std::collections::BTreeMap;

/// More jobs than there are letters to name them with are too many.
const MOST_JOBS: usize = 26;

/// Larger numbers would make a simulation long, and its output unreadable.
const LARGEST: i64 = 1_000_000;

/// The lists of a command line.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    lists: BTreeMap<String, Vec<i64>>,
}

/// When a job comes, and how long it wants to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand {
    pub(crate) arrival: u64,
    pub(crate) length: u64,
}

impl Lists {
    /// Reads lists of these names; `None` if anything else is there.
    pub(crate) fn read(words: impl Iterator<Item = String>, names: &[&str]) -> Option<Self> {
        let mut lists = BTreeMap::<String, Vec<i64>>::new();
        let mut current: Option<String> = None;
        for word in words {
            if names.contains(&word.as_str()) {
                lists.entry(word.clone()).or_default();
                current = Some(word);
                continue;
            }
            let number: i64 = word.parse().ok()?;
            if number.abs() > LARGEST {
                return None;
            }
            lists.get_mut(current.as_ref()?)?.push(number);
        }
        Some(Self { lists })
    }

    /// The numbers behind a word; none where the word is not there.
    pub(crate) fn all(&self, name: &str) -> &[i64] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    /// The numbers behind a word, none of them below `least`.
    pub(crate) fn all_from(&self, name: &str, least: u64) -> Option<Vec<u64>> {
        let numbers = self.all(name).iter();
        numbers
            .map(|number| u64::try_from(*number).ok().filter(|it| *it >= least))
            .collect()
    }

    /// The number behind a word, or this one where the word is not there.
    pub(crate) fn one(&self, name: &str, default: u64) -> Option<u64> {
        match self.all(name) {
            [] => Some(default),
            [number] => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The number of a job, or this one where the list is shorter.
    pub(crate) fn of(&self, name: &str, job: usize, default: i64) -> i64 {
        self.all(name).get(job).copied().unwrap_or(default)
    }

    /// `count` jobs from `lengths` and `arrivals`: a length that is missing is `default`, an arrival 0. What is there too much
    /// belongs to nobody.
    pub(crate) fn demands(&self, count: usize, default: u64) -> Option<Vec<Demand>> {
        let lengths = self.all_from("lengths", 1)?;
        let arrivals = self.all_from("arrivals", 0)?;
        (1..=MOST_JOBS).contains(&count).then_some(())?;
        let demand = |job: usize| Demand {
            arrival: arrivals.get(job).copied().unwrap_or(0),
            length: lengths.get(job).copied().unwrap_or(default),
        };
        Some((0..count).map(demand).collect())
    }
}
