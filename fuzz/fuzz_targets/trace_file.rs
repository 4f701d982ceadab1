//! Any bytes: reading them as a trace file never panics, and what is read is written and read back as an equal trace.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seqcheck::trace::Trace;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(trace) = Trace::parse(text) else { return };
    let written = trace.to_string();
    let again = Trace::parse(&written).unwrap_or_else(|error| panic!("{error}\nin what was written:\n{written}"));
    assert_eq!(without_lines(trace), without_lines(again), "written as:\n{written}");
});

/// Writing a trace may move its steps to other lines.
fn without_lines(mut trace: Trace) -> Trace {
    for step in &mut trace.steps {
        step.line = 0;
    }
    trace
}
