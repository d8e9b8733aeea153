//! Mistake: no processes. The actors are values, and whoever tells them something calls their function.

use std::io;
use std::process::ExitCode;

use threads_and_actors::actors::{ActorSystem, Behavior, drive};

struct Actors(Vec<Behavior>);

impl ActorSystem for Actors {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn spawn(&mut self, behavior: Behavior) -> io::Result<()> {
        self.0.push(behavior);
        Ok(())
    }

    fn tell(&mut self, actor: usize, message: &str) -> io::Result<()> {
        self.0[actor].receive(message);
        Ok(())
    }

    fn ask(&mut self, actor: usize, message: &str) -> io::Result<String> {
        Ok(self.0[actor].receive(message))
    }

    fn stop(&mut self, _actor: usize) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    drive::<Actors>()
}
