//! Which shared memory a process has really used: pages that are in its own tables, by `/proc/PID/smaps` (`proc_pid_smaps(5)`).
//!
//! A mapping alone touches nothing: the kernel gives a process a page of shared memory when it first reads or writes there.

use std::fs;

use super::maps::Region;

/// The shared regions of a process that stands still, by address, and how many bytes of each it has touched.
#[must_use]
pub fn shared(pid: i32) -> Vec<(Region, u64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap_or_default();
    parse(&text)
}

fn parse(text: &str) -> Vec<(Region, u64)> {
    let mut found: Vec<(Region, u64)> = Vec::new();
    // Whether the lines are about a shared region: the last that was found.
    let mut is_shared = false;
    for line in text.lines() {
        if let Some(region) = Region::parse(line) {
            is_shared = region.is_shared;
            if is_shared {
                found.push((region, 0));
            }
        } else if is_shared
            && let Some(rest) = line.strip_prefix("Rss:")
            && let Some((_, bytes)) = found.last_mut()
        {
            let number = rest.split_whitespace().next();
            let kibibytes: u64 = number.and_then(|it| it.parse().ok()).unwrap_or(0);
            *bytes = kibibytes * 1024;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use nix::libc;

    use super::*;

    #[test]
    fn shared_regions_are_found_with_what_was_touched() {
        let text = "1000-3000 rw-s 00000000 00:01 4711 /dev/zero (deleted)\n\
            Size:                  8 kB\nRss:                   4 kB\nPss:                   2 kB\n\
            3000-4000 rw-p 00000000 fe:00 9 /a file\nRss:                   4 kB\n\
            4000-5000 r--s 00001000 00:1a 12 /dev/shm/array\nRss:                   0 kB\n";
        let found: Vec<(u64, (u64, u64), u64)> = parse(text)
            .into_iter()
            .map(|(region, bytes)| (region.start, region.identity, bytes))
            .collect();
        let device = libc::makedev(0, 0x1a);
        assert_eq!(
            found,
            [
                (0x1000, (libc::makedev(0, 1), 4711), 4096),
                (0x4000, (device, 12), 0)
            ]
        );
    }
}
