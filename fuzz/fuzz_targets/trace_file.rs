//! Any bytes, read as a trace file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seqcheck::fuzzing;

fuzz_target!(|input: &[u8]| fuzzing::trace_file(input));
