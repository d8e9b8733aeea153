//! Driver of `channel-pipeline`: numbers go in at the producer, products come out in the main thread.
//!
//! Usage: `channel-pipeline [CAPACITY [NUMBER…]]` (default `2 5 6 7 8 9 10`).
//!
//! Two of the given functions see to it that what happens rarely happens every time. The first task is made only when the
//! other threads have nothing to do, and the main thread does not go on from the first product before all others have ended
//! or wait for room. So it is known how far they come.

use std::collections::BTreeSet;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::unistd::{Pid, getpid, gettid};

use crate::program::{Program, print_line};
use crate::rest::{Rest, other_threads, until_at_rest};

/// The largest number whose factorial has room in 128 bits.
const LARGEST: u32 = 34;

/// The most numbers, and the largest capacity.
const MOST: usize = 200;

static TASKS: AtomicUsize = AtomicUsize::new(0);
static PRODUCTS: AtomicUsize = AtomicUsize::new(0);
static ASKS_AGAIN: AtomicBool = AtomicBool::new(false);

/// A number whose factorial is wanted. The producer makes it.
#[derive(Debug)]
pub struct Task {
    number: u32,
    producer: Pid,
}

impl Task {
    /// A task made by the calling thread.
    #[must_use]
    pub fn new(number: u32) -> Self {
        if TASKS.load(Ordering::SeqCst) == 0 {
            // Whoever waits for a task should sleep.
            rest();
        }
        TASKS.fetch_add(1, Ordering::SeqCst);
        Self {
            number,
            producer: gettid(),
        }
    }

    /// Works out the factorial, in the calling thread.
    #[must_use]
    pub fn multiply(self) -> Product {
        PRODUCTS.fetch_add(1, Ordering::SeqCst);
        Product {
            number: self.number,
            value: (1..=u128::from(self.number)).product(),
            producer: self.producer,
            worker: gettid(),
        }
    }
}

/// The factorial of a task's number. The worker makes it.
#[derive(Debug)]
pub struct Product {
    number: u32,
    value: u128,
    producer: Pid,
    worker: Pid,
}

/// What the main thread has received.
#[derive(Debug, Default)]
pub struct Results {
    products: Vec<Product>,
    /// How many tasks and products there were when everybody else had come to rest.
    far: (usize, usize),
    strangers: BTreeSet<Pid>,
}

impl Results {
    /// Takes the next product. To be called by the main thread, for one product after the other.
    pub fn take(&mut self, product: Product) {
        if self.products.is_empty() {
            rest();
            let number = |it: &AtomicUsize| it.load(Ordering::SeqCst);
            self.far = (number(&TASKS), number(&PRODUCTS));
        }
        if gettid() != getpid() {
            self.strangers.insert(gettid());
        }
        self.products.push(product);
    }
}

/// Waits until the other threads have nothing to do.
fn rest() {
    if until_at_rest(other_threads) == Rest::Busy {
        ASKS_AGAIN.store(true, Ordering::SeqCst);
    }
}

/// What the student writes: start the producer and the worker, and give the products to `results` in the order of the numbers.
pub type RunPipeline =
    fn(numbers: &[u32], capacity: usize, results: &mut Results) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_pipeline: RunPipeline) -> ExitCode {
    let program = Program::begin();
    let Some((capacity, numbers)) = arguments() else {
        eprintln!(
            "usage: channel-pipeline [CAPACITY [NUMBER…]]: numbers of at most {LARGEST}, at most {MOST} of them, and a capacity of at most {MOST}"
        );
        return ExitCode::from(2);
    };
    let mut results = Results::default();
    let result = run_pipeline(&numbers, capacity, &mut results);
    program.end("run_pipeline", result, |()| {
        print(&results, numbers.len(), capacity);
    })
}

fn arguments() -> Option<(usize, Vec<u32>)> {
    let mut words = std::env::args().skip(1);
    let capacity = words.next().map_or(Some(2), |word| word.parse().ok())?;
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let numbers = if numbers.is_empty() {
        (5..=10).collect()
    } else {
        numbers
    };
    let is_right = numbers.iter().all(|number| *number <= LARGEST);
    (is_right && numbers.len() <= MOST && capacity <= MOST).then_some((capacity, numbers))
}

fn print(results: &Results, numbers: usize, capacity: usize) {
    let (tasks, products) = results.far;
    print_line(&format!(
        "with room for {capacity} in each channel and the first product in hand, {products} products and {tasks} tasks were made"
    ));
    for Product { number, value, .. } in &results.products {
        print_line(&format!("{number}! = {value}"));
    }
    // One in the hands of the one who takes, those in the channel, one in the hands of the one who waits for room.
    let most_products = capacity + 2;
    let most_tasks = most_products + capacity + 1;
    if products > most_products || tasks > most_tasks {
        print_line(&format!(
            "too far ahead: of {numbers}, no more than {most_products} products and {most_tasks} tasks can be made if who finds no room waits"
        ));
    }
    let (few_products, few_tasks) = (most_products.min(numbers), most_tasks.min(numbers));
    if !results.products.is_empty() && (products < few_products || tasks < few_tasks) {
        print_line(&format!(
            "too little room: {few_products} products and {few_tasks} tasks can be made before anybody has to wait"
        ));
    }
    if ASKS_AGAIN.load(Ordering::SeqCst) {
        print_line(
            "asks again: a thread with nothing to do asks again and again instead of waiting",
        );
    }
    let who = |which: fn(&Product) -> Pid| -> BTreeSet<Pid> {
        results.products.iter().map(which).collect()
    };
    let (producers, workers) = (who(|it| it.producer), who(|it| it.worker));
    let is_one = |who: &BTreeSet<Pid>| who.len() == 1 && !who.contains(&getpid());
    let are_three = is_one(&producers) && is_one(&workers) && producers != workers;
    if !(results.products.is_empty() || are_three && results.strangers.is_empty()) {
        print_line("made up: there were no three threads, a producer, a worker and the main one");
    }
}
