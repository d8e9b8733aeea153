//! A small table by number: threads by their id, descriptors.
//!
//! Most of a run's tables have a few entries and are asked at every stop, in a debug build too. A sorted list answers such
//! questions several times faster there than a hash table does, and is copied (at a fork) in one piece.

/// Values by number, in the order of their numbers.
#[derive(Debug, Clone)]
pub struct Numbered<T> {
    entries: Vec<(i32, T)>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<T> Numbered<T> {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether there is one of this number.
    #[must_use]
    pub fn contains(&self, number: i32) -> bool {
        self.place(number).is_ok()
    }

    /// The one of this number.
    #[must_use]
    pub fn get(&self, number: i32) -> Option<&T> {
        let place = self.place(number).ok()?;
        Some(&self.entries[place].1)
    }

    /// The one of this number, to be changed.
    pub fn get_mut(&mut self, number: i32) -> Option<&mut T> {
        let place = self.place(number).ok()?;
        Some(&mut self.entries[place].1)
    }

    /// Puts one in, in the place of the one that has the number already.
    pub fn insert(&mut self, number: i32, value: T) {
        match self.place(number) {
            Ok(place) => self.entries[place].1 = value,
            Err(place) => self.entries.insert(place, (number, value)),
        }
    }

    /// Takes one out.
    pub fn remove(&mut self, number: i32) -> Option<T> {
        let place = self.place(number).ok()?;
        Some(self.entries.remove(place).1)
    }

    /// Takes all out.
    pub fn take_all(&mut self) -> Vec<(i32, T)> {
        std::mem::take(&mut self.entries)
    }

    /// Takes those out that are not to be kept.
    pub fn keep(&mut self, mut is_kept: impl FnMut(i32, &T) -> bool) {
        self.entries
            .retain(|(number, value)| is_kept(*number, value));
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (i32, &T)> {
        self.entries.iter().map(|(number, value)| (*number, value))
    }

    /// Those of the numbers between two bounds, both included.
    pub fn within(&self, first: i32, last: i32) -> impl Iterator<Item = (i32, &T)> {
        let start = self.place(first).unwrap_or_else(|place| place);
        let rest = self.entries[start..].iter();
        rest.take_while(move |(number, _)| *number <= last)
            .map(|(number, value)| (*number, value))
    }

    /// Where the one of this number is, or where it would be. Written out because it runs at every stop, where a debug
    /// build would call half a dozen small functions for each step of the library's search.
    fn place(&self, number: i32) -> Result<usize, usize> {
        let (mut first, mut end) = (0, self.entries.len());
        while first < end {
            let middle = (first + end) / 2;
            let found = self.entries[middle].0;
            if found == number {
                return Ok(middle);
            }
            if found < number {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Err(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(table: &Numbered<char>) -> Vec<(i32, char)> {
        table.iter().map(|(number, it)| (number, *it)).collect()
    }

    #[test]
    fn a_table_keeps_its_order_whatever_comes_and_goes() {
        let mut table = Numbered::default();
        for (number, it) in [(7, 'c'), (3, 'a'), (5, 'x'), (9, 'd'), (5, 'b')] {
            table.insert(number, it);
        }
        assert_eq!(numbers(&table), [(3, 'a'), (5, 'b'), (7, 'c'), (9, 'd')]);
        assert_eq!(table.get(5), Some(&'b'));
        assert_eq!(table.get(6), None);
        assert_eq!(table.remove(3), Some('a'));
        assert_eq!(table.remove(3), None);
        let middle: Vec<i32> = table.within(4, 7).map(|(number, _)| number).collect();
        assert_eq!(middle, [5, 7]);
        assert_eq!(table.within(10, 20).count(), 0);
        table.keep(|number, _| number != 7);
        assert_eq!(numbers(&table), [(5, 'b'), (9, 'd')]);
    }
}
