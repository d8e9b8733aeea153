//! Driver of `own-memory`: a balance, and children that each make a deposit in a memory of their own.
//!
//! Usage: `own-memory [START AMOUNT…]`: numbers from 1, START and any AMOUNT together at most 246 (default 7 5 20).

use std::io;
use std::process::ExitCode;
use std::rc::Rc;

use nix::unistd::getpid;

use crate::evidence::{Ledger, has_children};
use crate::program::{Program, print_line, say};

/// A number in memory.
#[derive(Debug)]
pub struct Balance {
    amount: u8,
    round: usize,
    ledger: Rc<Ledger>,
}

impl Balance {
    /// The balance, as the memory of the calling process has it.
    #[must_use]
    pub fn get(&self) -> u8 {
        self.amount
    }

    /// Adds `amount`, and a bonus of 1 to 9 for which the bank has its own rule, to the balance in the memory of the calling
    /// process, which must be a child.
    pub fn deposit(&mut self, amount: u8) {
        // Whoever has not made the deposit cannot work its result out.
        let bonus = bonus(self.amount, amount);
        self.amount = self.amount.saturating_add(amount).saturating_add(bonus);
        if let Err(error) = self.ledger.note(self.round, self.address()) {
            eprintln!("[pid {}] cannot note its deposit: {error}", getpid());
        }
        say(&format!(
            "deposits {amount}, and gets {bonus} for it: the balance is {}",
            self.get()
        ));
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// The largest bonus.
const BONUS: u8 = 9;

fn bonus(balance: u8, amount: u8) -> u8 {
    let mixed = u16::from(balance) * 31 + u16::from(amount) * 17;
    1 + u8::try_from(mixed % u16::from(BONUS)).unwrap_or_default()
}

/// What the student writes: a child that makes the deposit and hands the new balance to its parent.
pub type DepositInChild = fn(balance: &mut Balance, amount: u8) -> nix::Result<u8>;

/// Runs the exercise.
#[must_use]
pub fn drive(deposit_in_child: DepositInChild) -> ExitCode {
    let program = Program::begin();
    let Some((start, amounts)) = start_and_amounts(std::env::args().skip(1)) else {
        eprintln!("usage: own-memory [START AMOUNT…]: from 1, START and any AMOUNT at most 246");
        return ExitCode::from(2);
    };
    print_line(&format!("the parent's balance is {start}"));
    let rounds = amounts.len();
    let result = run(&program, deposit_in_child, start, amounts);
    program.end("deposit_in_child", result, |ledger| {
        // A child that nobody has waited for may not have made its deposit yet.
        if !has_children() {
            for round in ledger.tasks_without_own_process(rounds).unwrap_or_default() {
                print_line(&format!("deposit {} had no process of its own", round + 1));
            }
        }
    })
}

fn run(
    program: &Program,
    deposit_in_child: DepositInChild,
    start: u8,
    amounts: Vec<u8>,
) -> io::Result<Rc<Ledger>> {
    let ledger = Rc::new(Ledger::open()?);
    let mut balance = Balance {
        amount: start,
        round: 0,
        ledger: Rc::clone(&ledger),
    };
    for (round, amount) in amounts.into_iter().enumerate() {
        balance.round = round;
        let before = balance.get();
        let reported = deposit_in_child(&mut balance, amount);
        program.only_the_parent_returns_from("deposit_in_child");
        report(before, reported?, &balance);
        compare_addresses(&balance)?;
    }
    Ok(ledger)
}

fn report(before: u8, reported: u8, balance: &Balance) {
    let own = balance.get();
    if reported == before {
        print_line(&format!(
            "the child's balance is said to be {reported}: what the parent had all along"
        ));
    } else {
        print_line(&format!("the child's balance is {reported}"));
    }
    print_line(&format!("the parent's balance is {own}"));
}

/// The address names a place in the memory of one process: in another process it names another place.
fn compare_addresses(balance: &Balance) -> io::Result<()> {
    let entries = balance.ledger.entries()?;
    if let Some(entry) = entries.iter().find(|entry| entry.task == balance.round) {
        let same = entry.detail == balance.address();
        let address = if same {
            "the same address"
        } else {
            "another address"
        };
        print_line(&format!("both balances have {address}"));
    }
    Ok(())
}

fn start_and_amounts(args: impl Iterator<Item = String>) -> Option<(u8, Vec<u8>)> {
    let mut numbers: Vec<u8> = args.map(|arg| arg.parse().ok()).collect::<Option<_>>()?;
    if numbers.is_empty() {
        numbers = vec![7, 5, 20];
    }
    let (start, amounts) = numbers.split_first()?;
    let fits = |amount: &u8| {
        let highest = start.checked_add(*amount);
        *amount > 0 && highest.is_some_and(|sum| sum <= u8::MAX - BONUS)
    };
    (*start > 0 && !amounts.is_empty() && amounts.iter().all(fits))
        .then(|| (*start, amounts.to_vec()))
}
