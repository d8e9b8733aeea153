//! The registers of a stopped thread: the few that interventions change.
//!
//! What differs between architectures is here and in [`super::calls`], and nowhere else.

use std::io;

#[cfg(target_arch = "aarch64")]
pub use aarch64::{fail, finish, set_argument};
#[cfg(target_arch = "x86_64")]
pub use x86_64::{fail, finish, set_argument};

/// The number of no call: the kernel skips it.
const NO_CALL: i64 = -1;

/// `user_regs_struct`, with the names of the x86-64 calling convention: the number of the call in `orig_rax`, its result in
/// `rax`.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::{NO_CALL, io};
    use nix::errno::Errno;
    use nix::libc;

    fn get(pid: i32) -> io::Result<libc::user_regs_struct> {
        // SAFETY: the structure is plain integers, for which zeros are valid.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        let place: *mut libc::user_regs_struct = &raw mut registers;
        // SAFETY: the kernel writes a `user_regs_struct` to `place`, which is a live one.
        let result = unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, place) };
        Errno::result(result)?;
        Ok(registers)
    }

    fn set(pid: i32, registers: &libc::user_regs_struct) -> io::Result<()> {
        let place: *const libc::user_regs_struct = registers;
        // SAFETY: the kernel reads a `user_regs_struct` from `place`, which is a live one.
        let result = unsafe { libc::ptrace(libc::PTRACE_SETREGS, pid, 0, place) };
        Errno::result(result)?;
        Ok(())
    }

    /// At the entry of a call: it is not made.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed.
    pub fn fail(pid: i32) -> io::Result<()> {
        let mut registers = get(pid)?;
        registers.orig_rax = NO_CALL.cast_unsigned();
        set(pid, &registers)
    }

    /// At the entry of a call: another value for the argument at this place, from 0. Returns the one that it has been given.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed; EINVAL, when no call has such an argument.
    pub fn set_argument(pid: i32, place: usize, value: u64) -> io::Result<u64> {
        let mut registers = get(pid)?;
        let argument = argument(&mut registers, place).ok_or(Errno::EINVAL)?;
        let given = std::mem::replace(argument, value);
        set(pid, &registers)?;
        Ok(given)
    }

    fn argument(registers: &mut libc::user_regs_struct, place: usize) -> Option<&mut u64> {
        Some(match place {
            0 => &mut registers.rdi,
            1 => &mut registers.rsi,
            2 => &mut registers.rdx,
            3 => &mut registers.r10,
            4 => &mut registers.r8,
            5 => &mut registers.r9,
            _ => return None,
        })
    }

    /// At the exit of a call: what it returns, and the argument that it was given, with its place, where that was changed.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed; EINVAL, when no call has such an argument.
    pub fn finish(pid: i32, result: Option<i64>, given: Option<(usize, u64)>) -> io::Result<()> {
        let mut registers = get(pid)?;
        if let Some(result) = result {
            registers.rax = result.cast_unsigned();
        }
        if let Some((place, given)) = given {
            *argument(&mut registers, place).ok_or(Errno::EINVAL)? = given;
        }
        set(pid, &registers)
    }
}

/// `user_pt_regs`: the arguments of a call in x0 to x5, its result in x0; its number is a register set of its own.
#[cfg(target_arch = "aarch64")]
mod aarch64 {
    use super::{NO_CALL, io};
    use nix::errno::Errno;
    use nix::libc;

    /// NT_ARM_SYSTEM_CALL, from `elf.h`.
    const SYSTEM_CALL: usize = 0x404;

    fn transfer<T>(request: libc::c_uint, pid: i32, set: usize, value: &mut T) -> io::Result<()> {
        let mut vector = libc::iovec {
            iov_base: (&raw mut *value).cast(),
            iov_len: size_of::<T>(),
        };
        let place: *mut libc::iovec = &raw mut vector;
        // SAFETY: `vector` describes a live value of the register set's own type and size.
        let result = unsafe { libc::ptrace(request, pid, set, place) };
        Errno::result(result)?;
        Ok(())
    }

    fn get(pid: i32) -> io::Result<libc::user_regs_struct> {
        // SAFETY: the structure is plain integers, for which zeros are valid.
        let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
        transfer(libc::PTRACE_GETREGSET, pid, general(), &mut registers)?;
        Ok(registers)
    }

    fn set(pid: i32, registers: &mut libc::user_regs_struct) -> io::Result<()> {
        transfer(libc::PTRACE_SETREGSET, pid, general(), registers)
    }

    fn general() -> usize {
        usize::try_from(libc::NT_PRSTATUS).unwrap_or(1)
    }

    /// At the entry of a call: it is not made.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed.
    pub fn fail(pid: i32) -> io::Result<()> {
        let mut number = i32::try_from(NO_CALL).unwrap_or(-1);
        transfer(libc::PTRACE_SETREGSET, pid, SYSTEM_CALL, &mut number)
    }

    /// At the entry of a call: another value for the argument at this place, from 0. Returns the one that it has been given.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed; EINVAL, when no call has such an argument.
    pub fn set_argument(pid: i32, place: usize, value: u64) -> io::Result<u64> {
        let mut registers = get(pid)?;
        let argument = registers.regs.get_mut(place).ok_or(Errno::EINVAL)?;
        let given = std::mem::replace(argument, value);
        set(pid, &mut registers)?;
        Ok(given)
    }

    /// At the exit of a call: what it returns, and the argument that it was given, with its place, where that was changed.
    ///
    /// # Errors
    /// ESRCH, when the thread has been killed; EINVAL, when no call has such an argument.
    pub fn finish(pid: i32, result: Option<i64>, given: Option<(usize, u64)>) -> io::Result<()> {
        let mut registers = get(pid)?;
        if let Some((place, given)) = given {
            *registers.regs.get_mut(place).ok_or(Errno::EINVAL)? = given;
        }
        if let Some(result) = result {
            registers.regs[0] = result.cast_unsigned();
        }
        set(pid, &mut registers)
    }
}
