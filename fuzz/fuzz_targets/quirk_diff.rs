//! Traces on two engines, one of which may have a fault.
//!
//! A trace's header names the fault (`# quirk: cycle-to-start`). With `SEQCHECK_MUST_AGREE` set, a divergence that such a
//! fault causes stops the fuzzer, which shows how fast it is found.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use seqcheck::fuzzing;

static MUST_AGREE: LazyLock<bool> = LazyLock::new(|| std::env::var_os("SEQCHECK_MUST_AGREE").is_some());

fuzz_target!(|input: &[u8]| fuzzing::quirk_diff(input, *MUST_AGREE));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    seqcheck_fuzz::mutate(data, size, max_size, seed)
});
