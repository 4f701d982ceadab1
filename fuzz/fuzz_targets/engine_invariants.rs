//! Traces on the engine, under watch.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use seqcheck::fuzzing;

fuzz_target!(|input: &[u8]| fuzzing::engine_invariants(input));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    seqcheck_fuzz::mutate(data, size, max_size, seed)
});
