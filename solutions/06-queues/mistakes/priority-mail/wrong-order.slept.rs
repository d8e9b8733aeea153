//! Mistake: the reader sleeps for a second, and takes that for long enough.

use std::io;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use nix::mqueue::{
    MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_open, mq_receive, mq_send, mq_unlink,
};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use queues::priority_mail::{CAPACITY, LAST_CLASS, LETTER_SIZE, Letter, drive, open_letter};

/// The lowest priority: what has it comes out after everything else.
const END: u32 = 0;

fn deliver(queue: &str, letters: &[Letter]) -> io::Result<()> {
    let limits = MqAttr::new(0, CAPACITY, LETTER_SIZE as mq_attr_member_t, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let mode = Mode::S_IRUSR | Mode::S_IWUSR;
    let open = mq_open(queue, flags, mode, Some(&limits))?;
    let delivered = send_and_read(&open, letters);
    mq_unlink(queue)?;
    delivered
}

fn send_and_read(queue: &MqdT, letters: &[Letter]) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // Until then all letters are there.
            sleep(Duration::from_secs(1));
            let code = i32::from(read(queue).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            for letter in letters {
                mq_send(queue, &letter.to_bytes(), LAST_CLASS + 1 - letter.class)?;
            }
            mq_send(queue, b"", END)?;
            match waitpid(child, None)? {
                WaitStatus::Exited(_, 0) => Ok(()),
                status => Err(io::Error::other(format!("the reader failed: {status:?}"))),
            }
        }
    }
}

fn read(queue: &MqdT) -> io::Result<()> {
    let mut message = [0; LETTER_SIZE];
    loop {
        let mut priority = 0;
        let length = mq_receive(queue, &mut message, &mut priority)?;
        if priority == END {
            return Ok(());
        }
        open_letter(Letter::from_bytes(&message[..length])?);
    }
}

fn main() -> ExitCode {
    drive(deliver)
}
