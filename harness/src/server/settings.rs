//! The settings of a server that lives for one run and is thrown away.

/// Settings of every managed server, whatever it runs in.
///
/// - Nothing survives a power cut, because nothing needs to: no `fsync`, no full pages. `synchronous_commit` stays on
///   all the same: without it a mere crash of the server loses commits too, and what a crash loses is under test.
/// - No checkpoint comes by itself. `log_cnt` depends on when the last one was (a sequence writes to the log ahead
///   again after each), so one in the middle of a trace would change replies. Background cleaning and autovacuum are
///   off for the same reason: what happens must be what the trace says.
/// - The log goes to the disk when a commit wants it there, and hardly ever otherwise: what the log writer takes along in
///   the background is a matter of time, so it works as seldom as it can.
/// - Messages are in English and the time zone is fixed, so that replies do not depend on the machine.
///
/// Source: manual, chapter 20, "Server Configuration".
pub(crate) const MANAGED: [(&str, &str); 18] = [
    ("fsync", "off"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "off"),
    ("checkpoint_timeout", "1d"),
    ("max_wal_size", "16GB"),
    ("autovacuum", "off"),
    ("bgwriter_lru_maxpages", "0"),
    ("bgwriter_delay", "10s"),
    ("wal_writer_delay", "10s"),
    ("jit", "off"),
    ("max_connections", "100"),
    ("max_prepared_transactions", "20"),
    ("shared_buffers", "64MB"),
    ("log_checkpoints", "off"),
    ("logging_collector", "off"),
    ("lc_messages", "C"),
    ("timezone", "UTC"),
    ("max_parallel_workers_per_gather", "0"),
];
