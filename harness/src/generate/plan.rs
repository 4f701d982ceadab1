//! What one trace is about.

use super::ServerEvents;
use crate::choice::Choice;

/// Groups of statements that a plan weighs against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// CREATE SEQUENCE.
    Create,
    /// ALTER SEQUENCE with options.
    Alter,
    /// DROP SEQUENCE.
    Drop,
    /// RENAME, SET SCHEMA, OWNER TO, SET LOGGED, COMMENT.
    Move,
    /// nextval, currval, lastval, setval.
    Call,
    /// Reading a sequence's state and parameters.
    Inspect,
    /// BEGIN, COMMIT, savepoints and the like.
    Transaction,
    /// DISCARD.
    Discard,
    /// Schemas, the search path and other parameters.
    Schema,
    /// Tables beside sequences, and what sequences refuse.
    Table,
    /// Roles, privileges and ownership.
    Role,
    /// Views and indexes.
    View,
    /// Prepared statements, blocks of PL/pgSQL, VACUUM and its relatives.
    Prepared,
}

const FAMILIES: [(Family, u32); 13] = [
    (Family::Create, 10),
    (Family::Alter, 14),
    (Family::Drop, 3),
    (Family::Move, 7),
    (Family::Call, 40),
    (Family::Inspect, 12),
    (Family::Transaction, 14),
    (Family::Discard, 3),
    (Family::Schema, 5),
    (Family::Table, 16),
    (Family::Role, 24),
    (Family::View, 4),
    (Family::Prepared, 4),
];

/// The place of a family among all, which are in the order of their definition.
const fn of(family: Family) -> usize {
    family as usize
}

/// What a trace dwells on: its families come up far more often, and the others less.
const TOPICS: [&[Family]; 8] = [
    &[Family::Alter],
    &[Family::Alter, Family::Transaction],
    &[Family::Table],
    &[Family::Table, Family::Alter],
    &[Family::Table, Family::Transaction],
    &[Family::Table, Family::Move, Family::Drop, Family::Schema],
    &[Family::Move, Family::Drop, Family::Schema],
    &[Family::Create, Family::Discard],
];

/// What a trace about roles needs besides: what they may do or may not.
const ROLE_TOPIC: &[Family] = &[Family::Role, Family::Alter, Family::Drop];

/// What every trace needs: something to look at, and looks.
const NEEDED: [Family; 3] = [Family::Create, Family::Call, Family::Inspect];

/// The plan of one trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How many sessions take part, 1 to 4.
    pub sessions: usize,
    /// How many steps the trace has at most.
    pub length: usize,
    /// How likely each family is.
    pub(super) weights: [u32; FAMILIES.len()],
    /// The names in play: few, so that they meet.
    pub names: Vec<&'static str>,
    /// Whether values stay small, so that limits and cycles come up after few steps.
    pub narrow: bool,
    /// Whether large values near the types' limits come up.
    pub extreme: bool,
    /// Whether sequences cache values by default.
    pub cached: bool,
    /// Whether sequences have other types than bigint as a rule.
    pub typed: bool,
    /// Whether transactions are read-only as a rule.
    pub read_only: bool,
    /// Whether relations are unlogged as a rule.
    pub unlogged: bool,
    /// One name in so many is not of anything that exists.
    pub dead_names: u64,
    /// Whether the trace begins with a sequence of each name.
    pub first_sequences: bool,
    /// Whether the trace begins with a table that has rows.
    pub first_table: bool,
    /// Whether the trace begins with a schema beside `public`.
    pub first_schema: bool,
    /// Whether there are other roles than the superuser.
    pub roles: bool,
    /// Whether checkpoints come up.
    pub checkpoints: bool,
    /// Whether the server crashes and is restarted.
    pub crashes: bool,
    /// Whether sessions wait for each other: most are in transactions, and get in each other's way.
    pub waits: bool,
    /// Whether transactions are prepared for others to end.
    pub two_phase: bool,
}

impl Plan {
    /// Draws a plan with no more than these events of the whole server.
    pub fn draw(choice: &mut dyn Choice, events: ServerEvents) -> Plan {
        let mut weights = FAMILIES.map(|(_, weight)| weight);
        for weight in &mut weights {
            match choice.below(6) {
                0 => *weight = 0,
                1 => *weight *= 4,
                _ => {}
            }
        }
        // Roles are the business of few traces: they belong to the whole server, and take time to drop.
        let crashes = events == ServerEvents::Crashes;
        let roles = choice.chance(1, 5) && !crashes;
        if crashes {
            // What a crash does to tables and views is no more than what it does to sequences, and each crash takes time.
            (weights[of(Family::Table)], weights[of(Family::View)], weights[of(Family::Prepared)]) =
                (weights[of(Family::Table)] / 2, 0, 0);
            // What has committed is on the disk, released savepoints included.
            weights[of(Family::Transaction)] = weights[of(Family::Transaction)].max(6);
        }
        weights[of(Family::Role)] = if roles { weights[of(Family::Role)].max(12) * 2 } else { 0 };
        let topic = if roles { ROLE_TOPIC } else { TOPICS[choice.index(TOPICS.len())] };
        if choice.chance(4, 5) && !crashes {
            for (weight, (family, usual)) in weights.iter_mut().zip(FAMILIES) {
                match topic.contains(&family) {
                    true if roles => {}
                    true => *weight = (*weight).max(usual) * 3,
                    false if NEEDED.contains(&family) => {}
                    false => *weight = weight.div_ceil(4),
                }
            }
        }
        let about = |family: Family| topic.contains(&family);
        let waits = !roles && !crashes && choice.chance(1, 4);
        if waits {
            // Alter, drop, move and table statements take the locks that others wait for.
            for (family, least) in [
                (Family::Alter, 14),
                (Family::Drop, 4),
                (Family::Move, 6),
                (Family::Transaction, 14),
                (Family::Table, 8),
            ] {
                weights[of(family)] = weights[of(family)].max(least);
            }
        }
        let first_sequences = choice.chance(if roles { 3 } else { 1 }, if roles { 4 } else { 2 }) || waits;
        // Without these a trace has nothing to talk about.
        let create = &mut weights[of(Family::Create)];
        *create = if first_sequences { (*create).clamp(3, 6) } else { (*create).max(8) };
        weights[of(Family::Call)] = weights[of(Family::Call)].max(20);
        let pool = ["s", "t", "Q", "long_name_that_is_cut_after_sixty_three_bytes_because_it_is_far_too_long_é"];
        let count = [1, 1, 1, 2, 2, 3][choice.index(6)];
        let first = [0, 0, 0, 1, 2, 3][choice.index(6)];
        let count = if waits { count.min(2) } else { count };
        let sessions = if waits { [2, 2, 3, 3, 4][choice.index(5)] } else { [1, 1, 2, 2, 2, 3][choice.index(6)] };
        Plan {
            sessions,
            length: 4 + choice.index(24) + if waits { 8 } else { 0 },
            weights,
            names: pool.into_iter().cycle().skip(first).take(count).collect(),
            narrow: choice.chance(1, 2),
            extreme: choice.chance(1, 4),
            cached: choice.chance(1, 2),
            typed: choice.chance(1, 5),
            read_only: choice.chance(1, 12),
            unlogged: choice.chance(1, if crashes { 3 } else { 16 }),
            dead_names: [10, 30, 60][choice.index(3)],
            first_sequences,
            first_table: choice.chance(3, 4) && (about(Family::Table) || crashes || waits),
            first_schema: choice.chance(1, if about(Family::Schema) { 2 } else { 6 }),
            roles,
            // Drawn in any case, so that the rest of the trace does not depend on what the server allows.
            checkpoints: choice.chance(1, 10) && events == ServerEvents::Checkpoints,
            crashes,
            waits,
            // Their names belong to the whole server, where one such trace runs at a time.
            two_phase: choice.chance(1, if waits { 8 } else { 16 }),
        }
    }

    pub(super) fn family(&self, choice: &mut dyn Choice) -> Family {
        FAMILIES[choice.weighted(&self.weights)].0
    }
}
