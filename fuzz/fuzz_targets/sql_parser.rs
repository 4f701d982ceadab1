//! Any bytes, read as SQL.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seqcheck::fuzzing;

fuzz_target!(|input: &[u8]| fuzzing::sql_parser(input));
