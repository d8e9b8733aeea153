//! Variant: the reader does not wait: when the queue is empty, everything has been read, because everything was sent before.

use std::io;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_attr_member_t, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use queues::priority_mail::{CAPACITY, LAST_CLASS, LETTER_SIZE, Letter, drive, open_letter};

fn deliver(name: &str, letters: &[Letter]) -> io::Result<()> {
    let limits = MqAttr::new(0, CAPACITY, LETTER_SIZE as mq_attr_member_t, 0);
    let flags =
        MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR | MQ_OFlag::O_NONBLOCK;
    let queue = mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&limits))?;
    mq_unlink(name)?;
    for letter in letters {
        mq_send(&queue, &letter.to_bytes(), LAST_CLASS - letter.class)?;
    }
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(read(&queue).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None)?;
            Ok(())
        }
    }
}

fn read(queue: &MqdT) -> io::Result<()> {
    let mut message = [0; LETTER_SIZE];
    loop {
        match mq_receive(queue, &mut message, &mut 0) {
            Ok(length) => open_letter(Letter::from_bytes(&message[..length])?),
            Err(Errno::EAGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn main() -> ExitCode {
    drive(deliver)
}
