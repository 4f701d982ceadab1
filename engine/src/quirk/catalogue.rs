//! The quirks themselves: name, what is wrong, and the reported faults that are like it. Adding one takes an entry here
//! and its site.

macro_rules! quirks {
    ($( #[doc = $wrong:literal] $quirk:ident $name:literal $([$($report:literal)*])? )*) => {
        /// One planted fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Quirk {
            $( #[doc = $wrong] $quirk, )*
        }

        impl Quirk {
            /// Every quirk, in the order of the catalogue.
            pub const ALL: &'static [Quirk] = &[ $( Quirk::$quirk, )* ];

            /// Its name on command lines and in reports.
            pub fn name(self) -> &'static str {
                match self { $( Quirk::$quirk => $name, )* }
            }

            /// What is wrong, in one sentence.
            pub fn description(self) -> &'static str {
                match self { $( Quirk::$quirk => $wrong, )* }.trim_start()
            }

            /// The publicly reported faults of real systems that are like it, as `corpus/zoo` calls them; none for the
            /// slips of the pen that anybody can make.
            pub fn reports(self) -> &'static [&'static str] {
                match self { $( Quirk::$quirk => &[ $( $( $report, )* )? ], )* }
            }

            /// The quirk of that name.
            pub fn from_name(name: &str) -> Option<Quirk> {
                Quirk::ALL.iter().copied().find(|quirk| quirk.name() == name)
            }
        }
    };
}

quirks! {
    // nextval
    /// CYCLE goes on at START instead of the opposite bound.
    CycleToStart "cycle-to-start"
    /// CYCLE goes on one increment after the opposite bound.
    CycleSkipsBound "cycle-skips-bound"
    /// A sequence with CYCLE ends at its limit.
    CycleIgnored "cycle-ignored"
    /// A sequence without CYCLE goes on at the opposite bound.
    CycleAlways "cycle-always" ["gp-no-cycle-not-enforced"]
    /// A sequence whose cache covers its whole range fails where it should cycle.
    CycleFailsWithWideCache "cycle-fails-with-wide-cache" ["yb-cycle-cache-covers-range"]
    /// The maximum itself is never given out.
    MaximumExcluded "maximum-excluded"
    /// One value beyond the maximum is given out.
    MaximumExceeded "maximum-exceeded"
    /// The minimum itself is never given out by a descending sequence.
    MinimumExcluded "minimum-excluded"
    /// One value beyond the minimum is given out by a descending sequence.
    MinimumExceeded "minimum-exceeded"
    /// The limit is tested only when values are fetched, so that a cached block runs past it.
    BlockPassesLimit "block-passes-limit" ["gp-no-cycle-not-enforced"]
    /// START counts as a value that was already given out.
    FirstValueSkipped "first-value-skipped" ["firebird-start-off-by-one"]
    /// `nextval` gives the stored value and advances afterwards.
    NextvalBeforeIncrement "nextval-before-increment" ["monetdb-nextval-returns-before-increment"]
    /// A `nextval` that fails at the limit moves the stored value.
    FailedNextvalMoves "failed-nextval-moves" ["crdb-exhausted-then-widened"]
    /// Several calls of `nextval` in one statement give one value.
    NextvalOncePerStatement "nextval-once-per-statement" ["heidi-nextval-used-to-read-back"]
    /// `log_cnt` stays at zero.
    LogCountZero "log-count-zero"
    /// 31 instead of 32 values are logged ahead.
    LogAheadShort "log-ahead-short"
    /// The first `nextval` after a checkpoint does not log anew.
    CheckpointIgnored "checkpoint-ignored"
    /// Reading `last_value` shows the value that comes next.
    LastValueAhead "last-value-ahead" ["gp-last-value-one-ahead"]
    /// A rollback undoes `nextval`.
    NextvalRollsBack "nextval-rolls-back" ["mo-nextval-made-transactional"]
    /// ROLLBACK TO SAVEPOINT undoes `nextval`.
    SavepointRestoresNextval "savepoint-restores-nextval" ["sqlite-like-savepoint-half-undo"]
    /// `nextval` runs in a read-only transaction.
    NextvalIgnoresReadOnly "nextval-ignores-read-only"
    /// `nextval` of a temporary sequence is refused in a read-only transaction.
    NextvalRefusesTemporary "nextval-refuses-temporary"

    // currval and lastval
    /// `currval` gives the stored value, whoever moved it.
    CurrvalGlobal "currval-global" ["duckdb-currval-global"]
    /// `currval` is computed once for each statement.
    CurrvalOncePerStatement "currval-once-per-statement" ["duckdb-currval-folded"]
    /// A rollback clears `currval`.
    RollbackClearsCurrval "rollback-clears-currval"
    /// A commit clears `currval`.
    CommitClearsCurrval "commit-clears-currval"
    /// `lastval` outlives its sequence.
    LastvalSurvivesDrop "lastval-survives-drop"
    /// A value that an identity column takes does not define `currval`.
    IdentityLeavesCurrval "identity-leaves-currval"
    /// A value that an identity column takes does not define `lastval`.
    IdentityLeavesLastval "identity-leaves-lastval"
    /// What a session remembers of a sequence passes to the next one of its name.
    MemoryFollowsName "memory-follows-name"
    /// DISCARD SEQUENCES keeps `lastval`.
    DiscardKeepsLastval "discard-keeps-lastval" ["crdb-discard-keeps-sequence-state"]
    /// DISCARD SEQUENCES keeps `currval`.
    DiscardKeepsCurrval "discard-keeps-currval" ["crdb-discard-keeps-sequence-state"]
    /// DISCARD ALL keeps what the session remembers of sequences.
    DiscardAllKeepsSequences "discard-all-keeps-sequences"
    /// DISCARD TEMP forgets what the session remembers of sequences.
    DiscardTempForgets "discard-temp-forgets"
    /// DISCARD TEMP keeps temporary relations.
    DiscardKeepsTemporary "discard-keeps-temporary"

    // setval
    /// `setval` leaves the caller's cached values in use.
    SetvalKeepsCache "setval-keeps-cache"
    /// `setval` voids the cached values of other sessions as well.
    SetvalDropsOtherCaches "setval-drops-other-caches" ["yb-restart-other-session-cache"]
    /// `setval` leaves `log_cnt` as it was.
    SetvalKeepsLogCount "setval-keeps-log-count"
    /// `setval(…, true)`, and so `setval` with two arguments, leaves the sequence uncalled.
    SetvalNeverCalled "setval-never-called" ["crdb-setval2-not-called-in-creating-txn"]
    /// The third argument of `setval` is ignored.
    SetvalAlwaysCalled "setval-always-called"
    /// `setval(…, false)` stores the value before it.
    SetvalStoresPredecessor "setval-stores-predecessor" ["crdb-alter-increment-after-setval-false"]
    /// `setval(…, false)` defines `currval`.
    SetvalUncalledDefinesCurrval "setval-uncalled-defines-currval"
    /// `setval` does not define `currval`.
    SetvalKeepsCurrval "setval-keeps-currval"
    /// `setval` makes its sequence the one of `lastval`.
    SetvalDefinesLastval "setval-defines-lastval"
    /// `setval` takes any value.
    SetvalUnchecked "setval-unchecked"
    /// `setval` refuses the maximum.
    SetvalRefusesMaximum "setval-refuses-maximum"
    /// `setval` refuses the minimum.
    SetvalRefusesMinimum "setval-refuses-minimum"
    /// `setval` cuts the value to the sequence's type before it tests the bounds.
    SetvalNarrows "setval-narrows" ["mo-setval-narrow-before-check"]
    /// A `setval` that is refused defines `currval` nevertheless.
    FailedSetvalDefinesCurrval "failed-setval-defines-currval" ["mo-setval-narrow-before-check"]
    /// `setval` to NULL sets 0.
    SetvalNullIsZero "setval-null-is-zero"
    /// A rollback undoes `setval`.
    SetvalRollsBack "setval-rolls-back"
    /// `setval` runs in a read-only transaction.
    SetvalIgnoresReadOnly "setval-ignores-read-only"

    // Options
    /// INCREMENT 0 is accepted.
    IncrementZeroAccepted "increment-zero-accepted"
    /// CACHE 0 is accepted.
    CacheZeroAccepted "cache-zero-accepted"
    /// Without CACHE, 20 values are cached.
    CacheByDefault "cache-by-default" ["yb-default-cache-above-one"]
    /// An option may be given twice.
    OptionTwiceAccepted "option-twice-accepted"
    /// INCREMENT makes START go back to its default.
    IncrementResetsStart "increment-resets-start" ["duckdb-start-lost-with-increment"]
    /// MINVALUE may equal MAXVALUE.
    MinimumMayEqualMaximum "minimum-may-equal-maximum"
    /// The default MINVALUE of a descending sequence is one more than its type's.
    DescendingMinimumShort "descending-minimum-short" ["pg-descending-default-min-off-by-one"]
    /// The default MAXVALUE of a descending sequence is its type's.
    DescendingMaximumOfType "descending-maximum-of-type"
    /// The default MINVALUE of an ascending sequence is its type's.
    AscendingMinimumOfType "ascending-minimum-of-type"
    /// The default MAXVALUE of an ascending sequence is one less than its type's.
    AscendingMaximumShort "ascending-maximum-short"
    /// START is 1 by default, whatever the bounds.
    StartDefaultsToOne "start-defaults-to-one"
    /// A descending sequence starts at its minimum by default.
    DescendingStartsAtMinimum "descending-starts-at-minimum"
    /// START must be less than MAXVALUE.
    StartRefusesMaximum "start-refuses-maximum"
    /// START must be greater than MINVALUE.
    StartRefusesMinimum "start-refuses-minimum"
    /// RESTART must be less than MAXVALUE.
    RestartRefusesMaximum "restart-refuses-maximum"
    /// RESTART must be greater than MINVALUE.
    RestartRefusesMinimum "restart-refuses-minimum"
    /// Bounds may lie outside the type.
    TypeUnchecked "type-unchecked"
    /// MAXVALUE must be less than the type's maximum when it is given.
    TypeRefusesMaximum "type-refuses-maximum"
    /// AS is read and ignored.
    TypeIgnored "type-ignored"
    /// A new sequence stores the value before START.
    CreateStoresPredecessor "create-stores-predecessor" ["crdb-alter-increment-before-first-use"]
    /// CREATE SEQUENCE … RESTART changes START.
    CreateRestartChangesStart "create-restart-changes-start" ["crdb-create-sequence-restart"]
    /// CREATE SEQUENCE IF NOT EXISTS starts an existing sequence over.
    IfNotExistsRestarts "if-not-exists-restarts"

    // ALTER SEQUENCE
    /// ALTER SEQUENCE … AS keeps the bounds of the old type.
    AlterTypeKeepsBounds "alter-type-keeps-bounds"
    /// ALTER SEQUENCE … AS resets bounds that are not the old type's, too.
    AlterTypeResetsBounds "alter-type-resets-bounds"
    /// ALTER SEQUENCE does not check the current value against new bounds.
    AlterSkipsCurrentValueCheck "alter-skips-current-value-check" ["crdb-alter-maxvalue-below-current-accepted"]
    /// ALTER SEQUENCE checks START against new bounds only when it is given.
    AlterSkipsStartCheck "alter-skips-start-check" ["crdb-alter-start-out-of-new-bounds"]
    /// ALTER SEQUENCE moves the current value into new bounds.
    AlterClampsCurrentValue "alter-clamps-current-value" ["pgadmin-minvalue-above-current"]
    /// An ALTER SEQUENCE that is refused has restarted the sequence.
    RefusedAlterRestarts "refused-alter-restarts"
    /// ALTER SEQUENCE … START moves the sequence.
    AlterStartMoves "alter-start-moves" ["apgdiff-restart-for-start"]
    /// ALTER SEQUENCE keeps `log_cnt`.
    AlterKeepsLogCount "alter-keeps-log-count"
    /// ALTER SEQUENCE resets `log_cnt` whatever the option.
    AlterAlwaysResetsLogCount "alter-always-resets-log-count"
    /// ALTER SEQUENCE leaves the caller's cached values in use.
    AlterKeepsCache "alter-keeps-cache"
    /// ALTER SEQUENCE … OWNED BY leaves the caller's cached values in use.
    OwnedByKeepsCache "owned-by-keeps-cache"
    /// New storage leaves cached values in use.
    NewStorageKeepsCache "new-storage-keeps-cache"
        ["yb-restart-other-session-cache" "gp-truncate-restart-rollback"]
    /// ALTER SEQUENCE changes the stored row in place.
    AlterInPlace "alter-in-place"
        ["vsql-alter-rollback-ignored" "pg-nextval-after-restart-in-aborted-txn" "pg-restart-blocks-others"]
    /// RESTART without a value goes to MINVALUE.
    RestartAtMinimum "restart-at-minimum" ["kunlun-restart-needs-number"]
    /// RESTART without a value changes nothing.
    RestartIgnored "restart-ignored"
    /// RESTART leaves the sequence called.
    RestartKeepsCalled "restart-keeps-called" ["kunlun-restart-with-plus-increment"]
    /// ALTER SEQUENCE … RESTART WITH changes START.
    RestartChangesStart "restart-changes-start" ["firebird-restart-changes-start"]
    /// RESTART WITH goes to a value that START reaches by increments.
    RestartRounds "restart-rounds" ["tidb-restart-rounds-to-progression"]
    /// The value of RESTART is cut to 32 bits.
    RestartNarrow "restart-narrow" ["monetdb-restart-32bit"]
    /// ALTER SEQUENCE … RESTART survives a rollback.
    RestartSurvivesRollback "restart-survives-rollback" ["pg-restart-blocks-others"]
    /// ROLLBACK TO SAVEPOINT leaves what was created, altered and dropped until the transaction ends.
    SavepointKeepsChanges "savepoint-keeps-changes" ["pg-truncate-restart-savepoint"]
    /// RENAME starts a sequence over.
    RenameRestarts "rename-restarts"
    /// RENAME makes another sequence, and drops the old one.
    RenameReplaces "rename-replaces" ["crdb-rename-breaks-default"]
    /// SET SCHEMA starts a sequence over.
    SetSchemaRestarts "set-schema-restarts"
    /// SET LOGGED and SET UNLOGGED start a sequence over.
    SetPersistenceRestarts "set-persistence-restarts"

    // Crashes
    /// `nextval` writes nothing to the log.
    NextvalNotLogged "nextval-not-logged"
    /// `nextval` logs only the values that it takes, and yet counts 32 more as logged.
    LogsNothingAhead "logs-nothing-ahead"
    /// What `nextval` logs keeps `log_cnt`.
    RecordKeepsLogCount "record-keeps-log-count"
    /// `setval` writes nothing to the log.
    SetvalNotLogged "setval-not-logged" ["pg-setval-then-crash"]
    /// `setval` logs its value as one that was given out.
    SetvalLoggedAsCalled "setval-logged-as-called"
    /// ALTER SEQUENCE logs the stored row as it was before.
    AlterNotLogged "alter-not-logged"
    /// A commit does not wait for the log.
    CommitDoesNotFlush "commit-does-not-flush" ["spacetime-allocation-rolled-back"]
    /// Recovery starts sequences over.
    RecoveryRestarts "recovery-restarts" ["spacetime-recover-from-start"]
    /// Recovery gives the last value that was logged ahead out again.
    RecoveryRepeatsLast "recovery-repeats-last"
    /// A crash leaves unlogged sequences as they were.
    UnloggedSurvives "unlogged-survives"
    /// A crash leaves the rows of unlogged tables.
    UnloggedRowsSurvive "unlogged-rows-survive"
    /// An orderly restart goes on behind the values that were logged ahead.
    RestartSkipsLogged "restart-skips-logged"
    /// An orderly restart resets unlogged sequences.
    RestartResetsUnlogged "restart-resets-unlogged"

    // Tables
    /// A serial column does not own its sequence.
    SerialNotOwned "serial-not-owned" ["crdb-serial-seq-survives-drop-table"]
    /// The sequence of a serial column is a bigint sequence.
    SerialIsBigint "serial-is-bigint"
    /// A name that a new column's sequence cannot have is not numbered, but refused.
    GeneratedNameTaken "generated-name-taken" ["dolt-serial-name-not-reusable"]
    /// The name of a column's sequence is cut at its end.
    GeneratedNameCut "generated-name-cut" ["typeorm-name-truncation"]
    /// ADD COLUMN IF NOT EXISTS makes the sequence of a column that exists.
    AddColumnMakesSequence "add-column-makes-sequence"
    /// The default of a new column is computed once for all rows.
    AddColumnComputesOnce "add-column-computes-once" ["tidb-add-column-default-nextval"]
    /// ALTER COLUMN … TYPE starts the table's sequences over.
    ColumnTypeRestarts "column-type-restarts"
    /// A default is computed although a value is given.
    DefaultAlwaysComputed "default-always-computed" ["databend-default-evaluated-at-create"]
    /// GENERATED ALWAYS accepts values.
    IdentityAcceptsValues "identity-accepts-values"
    /// OVERRIDING SYSTEM VALUE is ignored.
    OverridingSystemIgnored "overriding-system-ignored" ["crdb-overriding-clause"]
    /// OVERRIDING USER VALUE is ignored.
    OverridingUserIgnored "overriding-user-ignored" ["crdb-overriding-clause"]
    /// DROP IDENTITY keeps the sequence.
    DropIdentityKeepsSequence "drop-identity-keeps-sequence" ["django-drop-auto-keeps-sequence"]
    /// LIKE INCLUDING IDENTITY copies the type of the sequence.
    LikeCopiesType "like-copies-type"
    /// TRUNCATE … RESTART IDENTITY restarts nothing.
    TruncateKeepsIdentity "truncate-keeps-identity" ["crdb-truncate-restart-identity-unsupported"]
    /// TRUNCATE restarts sequences without being asked to.
    TruncateAlwaysRestarts "truncate-always-restarts"
    /// TRUNCATE … RESTART IDENTITY goes to MINVALUE.
    TruncateToMinimum "truncate-to-minimum" ["h2-truncate-restart-descending"]
    /// TRUNCATE … RESTART IDENTITY survives a rollback.
    TruncateSurvivesRollback "truncate-survives-rollback" ["pg-truncate-restart-not-transactional"]

    // Ownership and dependencies
    /// OWNED BY is read and ignored.
    OwnedByIgnored "owned-by-ignored"
    /// OWNED BY NONE is read and ignored.
    OwnedByNoneIgnored "owned-by-none-ignored"
    /// OWNED BY names a table of another schema.
    OwnedByAnySchema "owned-by-any-schema"
    /// A sequence stays when the column that owns it goes.
    OwnedSequenceStays "owned-sequence-stays" ["crdb-serial-seq-survives-drop-table"]
    /// A default does not depend on its sequence.
    DefaultDoesNotDepend "default-does-not-depend"
        ["crdb-shared-seq-dependency-lost-with-one-column" "crdb-drop-schema-cascade-with-shared-seq"]
    /// DROP without CASCADE takes along what depends.
    DropAlwaysCascades "drop-always-cascades"
    /// SET SCHEMA of a table leaves its sequences where they are.
    OwnedSequenceNotMoved "owned-sequence-not-moved"

    // Names and catalogs
    /// A bare name finds a sequence in any schema.
    NameIgnoresPath "name-ignores-path" ["drizzle-foreign-schema-sequences"]
    /// A name in a function's text argument is not folded to lower case.
    TextNotFolded "text-not-folded"
    /// A quoted name in a function's text argument is folded to lower case.
    TextAlwaysFolded "text-always-folded"
    /// `pg_get_serial_sequence` does not quote names.
    SerialSequenceUnquoted "serial-sequence-unquoted" ["crdb-pg-get-serial-sequence-case"]
    /// `pg_sequences` shows a last value before the first use.
    LastValueBeforeUse "last-value-before-use" ["dolt-pg-sequences-stub"]
    /// `information_schema.sequences` lists the sequences of identity columns.
    IdentitySequencesListed "identity-sequences-listed"

    // Privileges
    /// `nextval` needs no privilege.
    NextvalUnprivileged "nextval-unprivileged" ["crdb-nextval-without-privilege"]
    /// `currval` needs no privilege.
    CurrvalUnprivileged "currval-unprivileged"
    /// `lastval` needs no privilege.
    LastvalUnprivileged "lastval-unprivileged"
    /// `setval` needs no privilege.
    SetvalUnprivileged "setval-unprivileged" ["crdb-nextval-without-privilege"]
    /// Reading a sequence's row needs no privilege.
    LastValueUnprivileged "last-value-unprivileged"
    /// USAGE is not enough for `nextval`.
    NextvalNeedsUpdate "nextval-needs-update"
    /// UPDATE is not enough for `nextval`.
    NextvalNeedsUsage "nextval-needs-usage"
    /// USAGE is not enough for `currval`.
    CurrvalNeedsSelect "currval-needs-select"
    /// USAGE is enough for `setval`.
    SetvalAcceptsUsage "setval-accepts-usage"
    /// Anybody may ALTER a sequence.
    AlterUnowned "alter-unowned"
    /// Anybody may DROP a sequence.
    DropUnowned "drop-unowned"
    /// Default privileges do not reach sequences.
    DefaultPrivilegesMissSequences "default-privileges-miss-sequences" ["crdb-default-privileges-sequences"]

    // Transactions and locks
    /// A failed transaction goes on.
    FailedTransactionGoesOn "failed-transaction-goes-on"
    /// `nextval` lets no other session fetch until its transaction ends.
    NextvalExcludesOthers "nextval-excludes-others" ["mo-concurrent-nextval-cancelled"]
    /// Sequence functions take no lock.
    FunctionsTakeNoLock "functions-take-no-lock"
    /// ALTER SEQUENCE lets others fetch.
    AlterLetsOthersFetch "alter-lets-others-fetch"
    /// ALTER SEQUENCE lets nobody read `last_value`.
    AlterExcludesReaders "alter-excludes-readers"
    /// Sequence functions hold their lock only while they run.
    FunctionLocksEndEarly "function-locks-end-early"
    /// Reading a sequence's row takes no lock.
    ReadersTakeNoLock "readers-take-no-lock"
    /// RENAME lets others fetch.
    RenameLetsOthersFetch "rename-lets-others-fetch"
    /// DROP SEQUENCE lets others fetch.
    DropLetsOthersFetch "drop-lets-others-fetch"
    /// TRUNCATE … RESTART IDENTITY lets others fetch from the sequences.
    TruncateLetsOthersFetch "truncate-lets-others-fetch"
    /// ROLLBACK TO SAVEPOINT keeps the locks that were taken since.
    SavepointKeepsLocks "savepoint-keeps-locks"
    /// A lock is granted before others that wait for one in its way.
    QueuePassed "queue-passed"
    /// Who has waited for the shortest time goes first.
    QueueBackwards "queue-backwards"
    /// A name that an open transaction has taken counts as taken at once.
    TakenNameFailsAtOnce "taken-name-fails-at-once"
    /// A circle of waiting sessions goes unseen.
    DeadlockUnseen "deadlock-unseen"
    /// LOCK … NOWAIT waits.
    NowaitWaits "nowait-waits"
    /// PREPARE TRANSACTION gives the transaction's locks back.
    PrepareDropsLocks "prepare-drops-locks"
    /// ROLLBACK PREPARED commits.
    RollbackPreparedCommits "rollback-prepared-commits"
}
