//! The clauses themselves: id, requirement in our own words, and source.

use super::Source;

macro_rules! catalogue {
    ($( page $page:literal { $( $name:ident $id:literal ($section:literal) $requirement:literal )* } )*) => {
        /// One documented requirement.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Clause {
            $( $( #[doc = $requirement] $name, )* )*
        }

        impl Clause {
            /// Every clause, in the order of the catalogue.
            pub const ALL: &'static [Clause] = &[ $( $( Clause::$name, )* )* ];

            /// Its name in trace files and reports.
            pub fn id(self) -> &'static str {
                match self { $( $( Clause::$name => $id, )* )* }
            }

            /// What it requires.
            pub fn requirement(self) -> &'static str {
                match self { $( $( Clause::$name => $requirement, )* )* }
            }

            /// Where PostgreSQL documents it.
            pub fn source(self) -> Source {
                match self { $( $( Clause::$name => Source { page: $page, section: $section }, )* )* }
            }

            /// The clause with that id.
            pub fn from_id(id: &str) -> Option<Clause> {
                Clause::ALL.iter().copied().find(|clause| clause.id() == id)
            }
        }
    };
}

catalogue! {
    page "CREATE SEQUENCE" {
        Create "create.in-first-schema" ("Description")
            "Without a schema name the sequence is made in the current schema."
        CreateInSchema "create.in-named-schema" ("Description")
            "With a schema name the sequence is made in that schema."
        CreateNameTaken "create.name-is-unique" ("Description")
            "The name must differ from that of every other relation in the schema."
        CreateNoSchema "create.needs-a-schema" ("Description")
            "Without any existing schema in the search path there is nowhere to make a sequence."
        CreateTemporary "create.temporary" ("Parameters, TEMPORARY")
            "A temporary sequence lives in a schema of its session alone and cannot be put into another."
        TemporaryDropped "create.temporary-dropped-at-exit" ("Parameters, TEMPORARY")
            "A temporary sequence is dropped when its session ends."
        TemporaryHides "create.temporary-hides-permanent" ("Parameters, TEMPORARY")
            "While a temporary sequence exists, a permanent one of that name is found only by its schema name."
        CreateUnlogged "create.unlogged" ("Parameters, UNLOGGED")
            "An unlogged sequence is not written to the write-ahead log (since PostgreSQL 15)."
        UnloggedReset "create.unlogged-reset-by-crash" ("Parameters, UNLOGGED")
            "A crash resets an unlogged sequence to its initial state."
        CreateIfNotExists "create.if-not-exists" ("Parameters, IF NOT EXISTS")
            "With IF NOT EXISTS a relation that has the name already is left alone, with a notice."
        TypeDefault "create.type-default" ("Parameters, data_type")
            "Without AS the type is bigint."
        TypeGiven "create.type" ("Parameters, data_type")
            "AS smallint, integer or bigint sets the type; any other type is refused."
        BoundsInsideType "create.bounds-inside-type" ("Parameters, data_type")
            "MINVALUE and MAXVALUE must lie within the type's range."
        IncrementNotZero "create.increment-not-zero" ("Parameters, increment")
            "An increment of zero is refused."
        DefaultMinimumAscending "create.default-minimum-ascending" ("Parameters, minvalue")
            "Without MINVALUE, or with NO MINVALUE, an ascending sequence begins at 1."
        DefaultMinimumDescending "create.default-minimum-descending" ("Parameters, minvalue")
            "Without MINVALUE, or with NO MINVALUE, a descending sequence ends at the type's minimum."
        DefaultMaximumAscending "create.default-maximum-ascending" ("Parameters, maxvalue")
            "Without MAXVALUE, or with NO MAXVALUE, an ascending sequence ends at the type's maximum."
        DefaultMaximumDescending "create.default-maximum-descending" ("Parameters, maxvalue")
            "Without MAXVALUE, or with NO MAXVALUE, a descending sequence begins at -1."
        MinimumBelowMaximum "create.minimum-below-maximum" ("Parameters, minvalue")
            "MINVALUE must be less than MAXVALUE."
        StartDefault "create.start-default" ("Parameters, start")
            "Without START an ascending sequence starts at its minimum, a descending one at its maximum."
        StartGiven "create.start" ("Parameters, start")
            "START WITH lets the sequence begin anywhere within its bounds."
        StartInsideBounds "create.start-inside-bounds" ("Parameters, start")
            "A START outside the bounds is refused."
        CachePositive "create.cache-positive" ("Parameters, cache")
            "CACHE must be at least 1."
        Cached "create.cache" ("Parameters, cache")
            "With CACHE n a session takes n values at once and hands them out without touching the sequence."
        CachePerSession "create.cache-per-session" ("Notes")
            "Each session has its own block of cached values, so values of several sessions interleave out of order."
        LastValueShowsReserved "create.last-value-shows-reserved" ("Notes")
            "last_value is the last value that any session has reserved, handed out or not."
        CacheLostAtExit "create.cache-lost-at-exit" ("Notes")
            "Cached values that were not handed out are lost when the session ends."
        SetvalUnnoticed "create.setval-unnoticed-by-cache" ("Notes")
            "A session with cached values notices another session's setval only after using them up."
        Cycle "create.cycle" ("Parameters, CYCLE")
            "With CYCLE the value after the maximum is the minimum, and for a descending sequence the reverse."
        NoCycleMaximum "create.no-cycle-maximum" ("Parameters, NO CYCLE")
            "Without CYCLE nextval fails once an ascending sequence has reached its maximum."
        NoCycleMinimum "create.no-cycle-minimum" ("Parameters, NO CYCLE")
            "Without CYCLE nextval fails once a descending sequence has reached its minimum."
        OptionTwice "create.option-once" ("Synopsis")
            "An option may be given only once."
        ValueInBigint "create.values-are-bigint" ("Notes")
            "Option values are bigint: anything beyond or with a fraction is refused."
        OwnedByForm "create.owned-by-form" ("Parameters, OWNED BY")
            "OWNED BY takes a table's column, or NONE."
        OwnedBy "create.owned-by" ("Parameters, OWNED BY")
            "OWNED BY ties the sequence to a column of a table with the same owner and schema."
        OwnedByMissing "create.owned-by-exists" ("Parameters, OWNED BY")
            "The table that OWNED BY names must exist."
        OwnedByColumn "create.owned-by-column" ("Parameters, OWNED BY")
            "The column that OWNED BY names must exist."
        OwnedBySchema "create.owned-by-same-schema" ("Parameters, OWNED BY")
            "The table that OWNED BY names must be in the schema of the sequence."
        OwnedByDropped "create.owned-by-drops-along" ("Parameters, OWNED BY")
            "A sequence that a table's column owns is dropped with the table."
        NotUpdatable "create.not-updatable" ("Description")
            "A sequence cannot be changed by INSERT, UPDATE, DELETE, TRUNCATE or COPY, nor its row locked."
        SelectState "create.select-state" ("Description")
            "SELECT from a sequence shows last_value, log_cnt and is_called."
    }
    page "ALTER SEQUENCE" {
        AlterOptions "alter.unset-stay" ("Description")
            "Parameters that ALTER SEQUENCE does not set keep their values."
        AlterIfExists "alter.if-exists" ("Parameters, IF EXISTS")
            "With IF EXISTS a missing sequence gives a notice instead of an error."
        AlterMissing "alter.must-exist" ("Parameters, name")
            "The sequence must exist."
        AlterNotSequence "alter.only-sequences" ("Description")
            "ALTER SEQUENCE refuses relations of other kinds."
        AlterType "alter.type" ("Parameters, data_type")
            "Changing the type moves a bound only where it was the old type's own limit."
        CurrentValueInsideBounds "alter.current-value-inside-bounds" ("Parameters, minvalue and maxvalue")
            "New bounds that the current value, or the RESTART value, lies outside of are refused."
        RestartAtStart "alter.restart-at-start" ("Parameters, restart")
            "RESTART without a value goes back to the recorded START value."
        RestartWith "alter.restart-with" ("Parameters, restart")
            "RESTART WITH n makes n the next value; the recorded START value stays."
        AlterForgetsCache "alter.drops-own-cache" ("Notes")
            "ALTER SEQUENCE takes effect at once for its own session, whose cached values are dropped."
        AlterBlocks "alter.blocks-others" ("Notes")
            "Other sessions' nextval, currval, lastval and setval wait for a change of definition to be committed or undone."
        AlterSeenByCaches "alter.new-storage-voids-caches" ("Notes")
            "After a change of parameters or a restart is committed or undone, sessions drop the values cached before."
        AlterRollsBack "alter.is-transactional" ("Notes")
            "A change of parameters or a restart is undone by a rollback, with the state the sequence had before."
        Rename "alter.rename" ("Parameters, new_name")
            "RENAME TO gives a new name, which must be free; cached values and currval stay."
        SetSchema "alter.set-schema" ("Parameters, new_schema")
            "SET SCHEMA moves the sequence; its name must be free there."
        OwnerTo "alter.owner" ("Parameters, new_owner")
            "OWNER TO needs a role that exists."
        SetPersistence "alter.set-logged" ("Parameters, SET LOGGED")
            "SET LOGGED and SET UNLOGGED change persistence; temporary sequences refuse both (since PostgreSQL 15)."
        OwnedByNone "alter.owned-by-none" ("Parameters, OWNED BY")
            "OWNED BY NONE frees a sequence of its owner."
        OwnedStays "alter.owned-cannot-move" ("Parameters, OWNED BY")
            "An owned sequence stays in the schema of its table, and moves with it."
        AlterTableForm "alter.through-alter-table" ("Notes")
            "ALTER TABLE with RENAME, SET SCHEMA, OWNER TO or SET LOGGED works on sequences too."
    }
    page "CREATE ROLE" {
        CreateRole "role.create" ("Description")
            "CREATE ROLE adds a role to the whole cluster."
        Membership "role.membership" ("GRANT, GRANT on Roles")
            "A member of a role has that role's privileges, unless it is NOINHERIT."
        SetRole "role.set" ("SET ROLE, Description")
            "SET ROLE takes on a role whose member the session's role is; from then on only that one's privileges count."
        RoleNeeded "role.drop-needs-nothing-left" ("DROP ROLE, Description")
            "A role that owns something, or has been granted something, cannot be dropped."
        ReassignOwned "role.reassign-owned" ("REASSIGN OWNED, Description")
            "REASSIGN OWNED gives everything that a role owns to another, sequences of its tables included."
        DropOwned "role.drop-owned" ("DROP OWNED, Description")
            "DROP OWNED drops what a role owns and takes back what it was granted."
    }
    page "GRANT" {
        Grant "grant.gives" ("Description")
            "GRANT gives privileges on sequences, tables and schemas to roles or to everybody."
        Revoke "grant.revoke" ("REVOKE, Description")
            "REVOKE takes privileges back."
        GrantOnAll "grant.all-in-schema" ("Description")
            "ALL SEQUENCES IN SCHEMA means those that exist now."
        GrantOption "grant.option" ("Description")
            "With the grant option the grantee may grant the privilege to others in turn."
        GrantOptionNeeded "grant.needs-option" ("Description")
            "Who lacks the grant options is refused, or warned that not all was granted or revoked."
        DefaultPrivileges "grant.default-privileges" ("ALTER DEFAULT PRIVILEGES, Description")
            "ALTER DEFAULT PRIVILEGES decides what relations get that a role makes later."
        PrivilegeNeeded "privilege.sequence" ("Privileges, USAGE")
            "nextval needs USAGE or UPDATE, currval and lastval SELECT or USAGE, setval UPDATE, reading the row SELECT."
        SchemaPrivilege "privilege.schema" ("Privileges, CREATE")
            "Looking into a schema needs USAGE on it, and making a relation there CREATE."
        HasPrivilege "privilege.inquiry" ("System Information Functions, Access Privilege Inquiry Functions")
            "has_sequence_privilege tells whether a role has one of the privileges listed."
        OwnershipNeeded "privilege.ownership" ("Privileges")
            "Only a sequence's owner may alter it or drop it; its schema's owner may drop it too."
    }
    page "DROP SEQUENCE" {
        Drop "drop.removes" ("Description")
            "DROP SEQUENCE removes the named sequences."
        DropIfExists "drop.if-exists" ("Parameters, IF EXISTS")
            "With IF EXISTS missing sequences give notices instead of an error."
        DropMissing "drop.must-exist" ("Parameters, name")
            "Without IF EXISTS a missing sequence is an error, and nothing is dropped."
        DropNotSequence "drop.only-sequences" ("Description")
            "DROP SEQUENCE refuses relations of other kinds and tells the right command."
    }
    page "COMMENT" {
        CommentOn "comment.sequence" ("Parameters, object_name")
            "COMMENT ON SEQUENCE needs a sequence of that name."
    }
    page "Sequence Manipulation Functions" {
        Nextval "nextval.advances" ("nextval")
            "nextval advances the sequence and returns the new value."
        NextvalFirst "nextval.first-is-start" ("nextval")
            "The first nextval returns the start value."
        NextvalNotRolledBack "nextval.never-rolled-back" ("nextval, Caution")
            "Values taken by a transaction that is rolled back are not given out again."
        LogAhead "nextval.logs-ahead" ("nextval, Caution")
            "nextval logs 32 values ahead of those fetched; log_cnt counts down the logged ones."
        LogAfterCheckpoint "nextval.logs-after-checkpoint" ("nextval, Caution")
            "The first nextval after a checkpoint logs again."
        CrashSkips "nextval.crash-skips-logged" ("nextval, Caution")
            "After a crash, nextval goes on behind the values that were logged ahead, used or not."
        CrashUncertain "nextval.crash-may-repeat" ("nextval, Caution")
            "Values taken before a crash may come again when the transaction that logged them has not committed."
        Currval "currval.last-of-session" ("currval")
            "currval returns what nextval last returned for this sequence in this session."
        CurrvalUndefined "currval.undefined" ("currval")
            "currval fails in a session that has not called nextval for the sequence."
        Lastval "lastval.last-of-session" ("lastval")
            "lastval returns what nextval last returned in this session, for whichever sequence."
        LastvalUndefined "lastval.undefined" ("lastval")
            "lastval fails in a session that has not called nextval."
        LastvalDropped "lastval.undefined-when-dropped" ("lastval")
            "lastval fails when the sequence that nextval was last called for is gone."
        SetvalCalled "setval.called" ("setval")
            "setval with two arguments, or with true, makes the next nextval advance before it returns."
        SetvalUncalled "setval.uncalled" ("setval")
            "setval with false makes the next nextval return exactly that value, and leaves currval alone."
        SetvalBounds "setval.bounds" ("setval")
            "setval outside the bounds is refused."
        SetvalNotRolledBack "setval.never-rolled-back" ("setval")
            "A rollback does not undo setval."
        SetvalForgetsCache "setval.drops-own-cache" ("setval")
            "setval drops the values that its own session had cached."
        FunctionNull "functions.null" ("Sequence functions")
            "A NULL argument gives NULL and changes nothing."
        FunctionRegclass "functions.regclass" ("Sequence functions")
            "Sequences are named by text that is folded unless quoted, may be qualified, and may be an OID."
        FunctionMissing "functions.must-exist" ("Sequence functions")
            "A name that no relation has is an error."
        FunctionNotSequence "functions.only-sequences" ("Sequence functions")
            "A relation that is not a sequence is refused."
    }
    page "Serial Types" {
        Serial "serial.is-owned-sequence" ("smallserial, serial, bigserial")
            "A serial column is an integer with a default of nextval, NOT NULL, and a sequence that it owns."
    }
    page "System Information Functions" {
        SerialSequence "functions.pg-get-serial-sequence" ("System Catalog Information Functions")
            "pg_get_serial_sequence names the sequence that a column owns, or NULL."
    }
    page "CREATE TABLE" {
        Identity "identity.has-sequence" ("Parameters, GENERATED ... AS IDENTITY")
            "An identity column has a sequence of its own, with the options given, and is NOT NULL."
        IdentityAlways "identity.always-refuses-values" ("Parameters, GENERATED ... AS IDENTITY")
            "INSERT cannot give a value for a GENERATED ALWAYS column without OVERRIDING SYSTEM VALUE."
        OverridingUser "identity.overriding-user" ("INSERT, Parameters, OVERRIDING USER VALUE")
            "OVERRIDING USER VALUE ignores the values given for identity columns."
        LikeIdentity "identity.like" ("Parameters, LIKE, INCLUDING IDENTITY")
            "LIKE with INCLUDING IDENTITY makes a new sequence with the same parameters."
    }
    page "ALTER TABLE" {
        AddIdentity "identity.add" ("Description, ADD GENERATED")
            "ADD GENERATED makes a column that is NOT NULL and has no default an identity column."
        SetIdentity "identity.set" ("Description, SET GENERATED and SET sequence_option")
            "SET changes the identity column's sequence as ALTER SEQUENCE would."
        DropIdentity "identity.drop" ("Description, DROP IDENTITY")
            "DROP IDENTITY drops the column's sequence with it."
    }
    page "CREATE VIEW" {
        ViewQuery "view.keeps-its-query" ("Description")
            "Reading a view runs the query it was made of, which names sequences, tables and columns whatever they are called by now."
        ViewUpdatable "view.updatable" ("Updatable Views")
            "Changing rows of a view that shows columns of a table changes the table, with its defaults and identity columns."
        ViewReplaced "view.replace" ("Description")
            "OR REPLACE needs a query with the view's columns, to which others may be added."
    }
    page "Dependency Tracking" {
        ViewDependencies "view.depends-on-what-it-reads" ("Dependency Tracking")
            "What a view reads, or names in nextval, can be dropped with CASCADE only, which drops the view too."
    }
    page "CREATE INDEX" {
        IndexName "index.name" ("Parameters, name")
            "An index has a name among the relations of its table's schema, made of table and columns when none is given."
        IndexUnique "index.unique" ("Parameters, UNIQUE")
            "A unique index refuses a key that comes again, of rows that exist and of new ones."
    }
    page "PREPARE" {
        Prepared "prepare.session" ("Description")
            "A prepared statement has a name in its session, which lasts over rollbacks until DEALLOCATE or DISCARD ALL."
        PreparedRuns "prepare.execute" ("Description")
            "Preparing a statement runs nothing; each EXECUTE runs it with values converted to its parameters' types."
    }
    page "DO" {
        AnonymousBlock "do.block" ("Description")
            "DO runs a block of PL/pgSQL, whose variables stand for their values in the SQL statements of the block."
    }
    page "Control Structures" {
        ErrorTrapped "do.exception" ("Trapping Errors")
            "A handler takes back what its block has done in the database, but no value of a sequence."
    }
    page "VACUUM" {
        Maintenance "maintenance.keeps-sequences" ("Description")
            "VACUUM, ANALYZE and REINDEX leave sequences, and what sessions know of them, as they are."
        OutsideBlock "maintenance.outside-block" ("Notes")
            "VACUUM cannot be run inside a transaction block."
    }
    page "SET" {
        SetKept "set.session-and-local" ("Description")
            "SET changes a parameter for the session, and SET LOCAL until the transaction ends."
    }
    page "SET SESSION AUTHORIZATION" {
        SessionAuthorization "set.session-authorization" ("Description")
            "A superuser may act for another session user, whose roles alone count from then on."
    }
    page "INSERT" {
        OnConflict "insert.on-conflict" ("ON CONFLICT Clause")
            "A row that ON CONFLICT does not insert has used up the values that nextval gave it."
    }
    page "Index Uniqueness Checks" {
        KeyAwaited "key.awaited" ("whole page")
            "A row whose key an open transaction has inserted or deleted waits for its end, with what nextval gave it."
    }
    page "Constraints" {
        ForeignKey "foreign-key.definition" ("Foreign Keys")
            "A foreign key names a table and columns of it that are a key."
        ForeignKeyViolated "foreign-key.violated" ("Foreign Keys")
            "A statement that leaves a row whose key is nowhere is refused, and what nextval gave it is gone."
        ForeignKeyActs "foreign-key.actions" ("Foreign Keys")
            "CASCADE, SET NULL and SET DEFAULT change the rows that refer to a row that goes."
    }
    page "CREATE TABLE AS" {
        TableAs "table.as-query" ("Description")
            "CREATE TABLE AS and SELECT INTO make a table of a query's rows; what nextval gave them stays given."
    }
    page "TRUNCATE" {
        TruncateRestart "truncate.restart-identity" ("Parameters, RESTART IDENTITY")
            "RESTART IDENTITY restarts the sequences that the tables' columns own, transactionally."
    }
    page "DISCARD" {
        DiscardSequences "discard.sequences" ("Parameters, SEQUENCES")
            "DISCARD SEQUENCES forgets cached values, currval and lastval."
        DiscardTemp "discard.temp" ("Parameters, TEMP")
            "DISCARD TEMP drops the session's temporary sequences."
        DiscardAll "discard.all" ("Parameters, ALL")
            "DISCARD ALL resets the session, and is refused inside a transaction."
    }
    page "Transactions" {
        ReadOnly "transaction.read-only" ("SET TRANSACTION, Description")
            "A read-only transaction refuses nextval, setval and changes of definition, temporary sequences aside."
        Aborted "transaction.aborted" ("Advanced Features, Transactions")
            "After an error a transaction refuses everything until it ends or goes back to a savepoint."
        SavepointRollback "transaction.savepoint" ("ROLLBACK TO SAVEPOINT, Description")
            "ROLLBACK TO undoes changes of definition since the savepoint, and no nextval or setval."
        CreateRollsBack "transaction.create-rolls-back" ("CREATE SEQUENCE, Description")
            "A sequence made by a transaction that is rolled back is gone."
        DropRollsBack "transaction.drop-rolls-back" ("DROP SEQUENCE, Description")
            "A sequence dropped by a transaction that is rolled back is there again."
        ImplicitTransaction "transaction.implicit" ("Multiple Statements in a Simple Query")
            "Several statements in one simple query are one transaction."
    }
    page "LOCK" {
        LockTable "lock.table" ("Description")
            "LOCK TABLE takes a lock on tables until the transaction ends, and is no query that would fix what it sees."
        LockNowait "lock.nowait" ("Parameters, NOWAIT")
            "With NOWAIT, LOCK TABLE fails where it would have to wait."
    }
    page "Message Flow" {
        CancelEndsStatement "cancel.ends-the-statement" ("Canceling Requests in Progress")
            "A statement that is cancelled while it waits fails, and whoever waited for it alone goes on."
    }
    page "Hot Standby" {
        StandbyRefuses "standby.refuses-changes" ("User's Overview")
            "A standby refuses what would change anything, nextval and setval included."
        StandbyAhead "standby.shows-logged-ahead" ("User's Overview")
            "A standby shows of a sequence the value up to which was logged ahead, and goes on behind it when promoted."
    }
    page "The Schema Search Path" {
        PathOrder "path.first-match" ("The Schema Search Path")
            "An unqualified name means the first relation of that name in the search path."
        NameTruncated "names.truncated" ("Identifiers and Key Words")
            "Names are cut to 63 bytes, with a notice."
        EnumeratedType "type.enumerated" ("CREATE TYPE, Enumerated Types; ALTER TYPE; DROP TYPE")
            "An enumerated type shares its schema's names with tables, and columns of it depend on it."
        ComputedColumn "column.generated-stored" ("Generated Columns")
            "A stored generated column is computed from its row, and takes no value of its own."
        ConstraintRenamed "constraint.renamed" ("ALTER TABLE, RENAME CONSTRAINT")
            "A key's constraint and its index have one name, whichever of them is renamed."
        SchemaDropped "schema.drop-cascades" ("DROP SCHEMA")
            "Dropping a schema needs CASCADE while it holds relations, and then drops them."
    }
    page "System Catalogs" {
        CatalogSequence "catalog.pg-sequence" ("pg_sequence")
            "pg_sequence has a row for each sequence with its type and parameters."
        CatalogClass "catalog.pg-class" ("pg_class")
            "pg_class has a row for each relation; a sequence's kind is S."
        CatalogAttribute "catalog.pg-attribute" ("pg_attribute")
            "pg_attribute tells which columns have defaults, and which are identity columns and of which kind."
        CatalogDefault "catalog.pg-attrdef" ("pg_attrdef")
            "pg_attrdef keeps the default of a serial column, which pg_get_expr turns into text."
        CatalogDepend "catalog.pg-depend" ("pg_depend")
            "pg_depend links an owned sequence to its column, and a default to the sequence that it calls."
    }
    page "pg_sequences" {
        ViewSequences "view.pg-sequences" ("Columns")
            "pg_sequences shows each sequence's parameters, and last_value as NULL until it is used."
        ViewInformationSchema "view.information-schema-sequences" ("information_schema.sequences")
            "information_schema.sequences shows each sequence's type and bounds."
        ViewTables "view.tables" ("pg_tables; information_schema.tables")
            "pg_tables and information_schema.tables show tables, and no sequences."
        ViewInformationSchemaColumns "view.information-schema-columns" ("information_schema.columns")
            "information_schema.columns shows a column's default, and an identity column's parameters."
    }
    page "Aurora DSQL User Guide: CREATE SEQUENCE" {
        DsqlCacheRequired "dsql.cache-required" ("Important")
            "CACHE must be given."
        DsqlCacheSizes "dsql.cache-sizes" ("Parameters, cache")
            "CACHE is 1, or 65536 and more."
        DsqlCacheOne "dsql.cache-one" ("Important")
            "With CACHE 1 values come as from a sequence without a cache: each beyond the one before."
        DsqlOrderInSession "dsql.order-in-session" ("Important")
            "With a larger CACHE values are distinct; outside transactions they need not be in order even within one session."
        DsqlOrderInTransaction "dsql.order-in-transaction" ("Important")
            "In an explicit transaction values come as to one session of PostgreSQL."
        DsqlBigintOnly "dsql.bigint-only" ("Supported syntax")
            "The only type of a sequence is bigint."
        DsqlPermanentOnly "dsql.permanent-only" ("Supported syntax")
            "There are neither temporary nor unlogged sequences, nor tables of that kind."
    }
    page "Aurora DSQL User Guide: ALTER SEQUENCE" {
        DsqlAlterCacheSizes "dsql.alter-cache-sizes" ("Supported syntax")
            "ALTER SEQUENCE, too, takes a CACHE of 1, or of 65536 and more."
        DsqlAlterSyntax "dsql.alter-syntax" ("Supported syntax")
            "ALTER SEQUENCE knows neither AS nor SET LOGGED and SET UNLOGGED."
    }
    page "Aurora DSQL User Guide: Identity columns" {
        DsqlIdentityCache "dsql.identity-cache" ("Important")
            "An identity column needs the CACHE that CREATE SEQUENCE needs."
        DsqlIdentityBigint "dsql.identity-bigint" ("CREATE TABLE, Supported syntax")
            "An identity column is of type bigint."
        DsqlNoSerial "dsql.no-serial" ("Supported data types")
            "There are no serial types."
    }
    page "Aurora DSQL User Guide: Sequence manipulation functions" {
        DsqlLastval "dsql.lastval-of-transaction" ("lastval")
            "lastval returns what nextval last returned in the current transaction, and fails in any other."
    }
    page "Aurora DSQL User Guide: Unsupported PostgreSQL features" {
        DsqlCommands "dsql.unsupported-commands" ("Unsupported commands")
            "TRUNCATE, VACUUM and savepoints are refused."
    }
}
