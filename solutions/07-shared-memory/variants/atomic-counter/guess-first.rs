//! Variant: begins with a guess instead of a load; the first failure says what the value is.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::atomic_counter::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU64;

shared! {
    #[derive(Debug)]
    struct Counter {
        value: SharedU64,
    }
}

impl Counter {
    fn new() -> Self {
        Self {
            value: SharedU64::new(0),
        }
    }

    fn add_one(&self) {
        let mut guess = 0;
        while let Err(now) = self
            .value
            .compare_exchange(guess, guess + 1, SeqCst, SeqCst)
        {
            guess = now;
        }
    }

    fn add_one_up_to(&self, limit: u64) -> bool {
        let mut guess = 0;
        loop {
            if guess >= limit {
                // A guess is no knowledge: only a look tells that there is no room.
                match self.value.load(SeqCst) {
                    value if value >= limit => return false,
                    value => guess = value,
                }
            }
            match self
                .value
                .compare_exchange(guess, guess + 1, SeqCst, SeqCst)
            {
                Ok(_) => return true,
                Err(now) => guess = now,
            }
        }
    }

    fn value(&self) -> u64 {
        self.value.load(SeqCst)
    }
}

fn main() -> ExitCode {
    drive(
        Counter::new,
        Counter::add_one,
        Counter::add_one_up_to,
        Counter::value,
    )
}
