//! Traces on the engine and on the server at `SEQCHECK_URL`.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use seqcheck::fuzzing::Judge;

thread_local! {
    /// Of the thread rather than of the process, so that its database is dropped when the fuzzer ends.
    static JUDGE: RefCell<Option<Judge>> = const { RefCell::new(None) };
}

fuzz_target!(|input: &[u8]| {
    let outcome = JUDGE.with_borrow_mut(|judge| {
        if judge.is_none() {
            *judge = Some(Judge::from_environment()?);
        }
        judge.as_mut().map_or(Ok(None), |judge| judge.lockstep(input))
    });
    match outcome {
        Ok(None) => {}
        Ok(Some(finding)) => {
            // A panic ends the process at once.
            JUDGE.take();
            panic!("the server differs from the model:\n{finding}");
        }
        Err(error) => {
            JUDGE.take();
            eprintln!("the server failed, which says nothing about its sequences: {error}");
            std::process::exit(3);
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    seqcheck_fuzz::mutate(data, size, max_size, seed)
});
