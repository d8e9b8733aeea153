//! What the kernel makes of a nice value: a weight, and so a share.

/// Weights of the nice values −20 to 19 (`sched_prio_to_weight` in the kernel): each step is about a factor of 1.25, so that
/// two processes that differ by one step share the CPU as 55 to 45, wherever on the scale they are.
const WEIGHTS: [u64; 40] = [
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87,
    70, 56, 45, 36, 29, 23, 18, 15,
];

/// The weight of nice 0.
pub const NICE_0: u64 = 1024;

/// The weight of a nice value. One beyond −20 or 19 is taken for that, as the kernel does.
#[must_use]
pub fn weight_of(nice: i32) -> u64 {
    let place = (nice.clamp(-20, 19) + 20).unsigned_abs();
    WEIGHTS[place as usize]
}
