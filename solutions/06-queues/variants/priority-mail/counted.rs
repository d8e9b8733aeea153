//! Variant: the reader opens the queue by its name and receives as many letters as the queue says there are; no message for
//! the end is needed.

use std::io;
use std::process::ExitCode;

use nix::mqueue::{
    MQ_OFlag, MqAttr, mq_attr_member_t, mq_close, mq_getattr, mq_open, mq_receive, mq_send, mq_unlink,
};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use queues::priority_mail::{CAPACITY, LETTER_SIZE, Letter, drive, open_letter};

fn deliver(name: &str, letters: &[Letter]) -> io::Result<()> {
    let limits = MqAttr::new(0, CAPACITY, LETTER_SIZE as mq_attr_member_t, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_WRONLY;
    let queue = mq_open(name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&limits))?;
    for letter in letters {
        // Any numbers will do that fall where the classes rise.
        mq_send(&queue, &letter.to_bytes(), 1000 - letter.class)?;
    }
    mq_close(queue)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(read(name).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None)?;
            mq_unlink(name)?;
            Ok(())
        }
    }
}

fn read(name: &str) -> io::Result<()> {
    let queue = mq_open(name, MQ_OFlag::O_RDONLY, Mode::empty(), None)?;
    for _ in 0..mq_getattr(&queue)?.curmsgs() {
        let mut message = [0; LETTER_SIZE];
        let length = mq_receive(&queue, &mut message, &mut 0)?;
        open_letter(Letter::from_bytes(&message[..length])?);
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(deliver)
}
