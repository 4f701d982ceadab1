//! CREATE, ALTER and DROP SEQUENCE, and the ALTER actions of all relations.

use seqcheck_engine::statement::{
    AlterRelation, AlterSequence, Behavior, Comment, CommentTarget, CreateSequence, DropRelation, Identifier,
    ObjectName, Persistence, RelationAction, RelationKind, RoleName, SequenceOption, TypeName,
};
use seqcheck_engine::{SequenceSummary, Statement};

use super::Generator;
use super::table::builtin_type;

const SCHEMAS: [&str; 2] = ["public", "a"];

/// How many values a narrow sequence has beside the first at most: few enough to come to their end.
const LARGEST_WIDTH: i64 = 9;

impl Generator<'_> {
    /// One of the names in play.
    pub(super) fn plain_name(&mut self) -> Identifier {
        let names = &self.plan.names;
        Identifier::new(names[self.choice.index(names.len())])
    }

    /// A name in play, sometimes qualified, rarely oddly.
    pub(super) fn any_name(&mut self) -> ObjectName {
        let name = self.plain_name();
        match self.choice.below(30) {
            0 => ObjectName::qualified("pg_temp", name),
            1 => ObjectName::qualified("missing", name),
            2..=4 => ObjectName::qualified(SCHEMAS[self.choice.index(SCHEMAS.len())], name),
            6..=12 if self.plan.first_schema => ObjectName::qualified("a", name),
            5 => ObjectName::bare("missing"),
            _ => ObjectName::bare(name),
        }
    }

    /// A sequence that the session sees, if there is one.
    pub(super) fn some_sequence(&mut self) -> Option<SequenceSummary> {
        if self.visible.is_empty() {
            return None;
        }
        // What several steps in a row are about shows more than what each of them alone is about.
        self.focus = match self.choice.chance(2, 3) {
            true => self.focus % self.visible.len(),
            false => self.choice.index(self.visible.len()),
        };
        Some(self.visible[self.focus].clone())
    }

    /// A name that most often means a living sequence.
    pub(super) fn target_name(&mut self) -> (ObjectName, Option<SequenceSummary>) {
        match self.some_sequence() {
            Some(sequence) if !self.choice.chance(1, self.plan.dead_names) => {
                (self.qualified_if_needed(&sequence.schema, &sequence.name, 6), Some(sequence))
            }
            _ => (self.any_name(), None),
        }
    }

    /// The name of what exists, most often as it must be written under a search path that nobody has changed. Where it need
    /// not be qualified, one in `of` is.
    pub(super) fn qualified_if_needed(&mut self, schema: &str, name: &str, of: u64) -> ObjectName {
        let is_qualified = match schema {
            "public" | "pg_temp" => self.choice.chance(1, of),
            _ => self.choice.chance(2, 3),
        };
        match is_qualified {
            true => ObjectName::qualified(schema, Identifier::new(name)),
            false => ObjectName::bare(Identifier::new(name)),
        }
    }

    pub(super) fn create_sequence(&mut self) -> Statement {
        let name = self.any_name();
        self.create_sequence_called(name)
    }

    pub(super) fn create_sequence_called(&mut self, name: ObjectName) -> Statement {
        let mut options = if self.choice.chance(2, 3) { self.sound_options() } else { Vec::new() };
        let more = self.choice.index(3);
        self.add_options(&mut options, more, None);
        Statement::CreateSequence(CreateSequence {
            persistence: self.persistence(),
            is_global: false,
            if_not_exists: self.choice.chance(1, 6),
            name,
            options,
        })
    }

    /// TEMPORARY, UNLOGGED or neither.
    pub(super) fn persistence(&mut self) -> Persistence {
        match self.choice.below(12) {
            _ if self.plan.unlogged && self.choice.chance(2, 3) => Persistence::Unlogged,
            0 | 1 => Persistence::Temporary,
            2 => Persistence::Unlogged,
            _ => Persistence::Permanent,
        }
    }

    /// Options that go together, so that the sequence comes about.
    pub(super) fn sound_options(&mut self) -> Vec<SequenceOption> {
        let mut options = Vec::new();
        if self.plan.cached && self.choice.chance(7, 8) {
            options.push(SequenceOption::Cache(self.cache()));
        }
        if self.plan.typed && self.choice.chance(1, 2) {
            let name = ["int2", "int2", "int4", "int8"][self.choice.index(4)];
            options.push(SequenceOption::As(builtin_type(name)));
        }
        let is_descending = self.choice.chance(1, 4);
        let step = [1, 1, 1, 2, 3, 10][self.choice.index(6)];
        if step != 1 || is_descending {
            options.push(SequenceOption::Increment(if is_descending { -step } else { step }.into()));
        }
        if self.plan.narrow && self.choice.chance(3, 4) {
            let low = if self.choice.chance(1, 2) { 1 } else { self.choice.below(8) as i64 - 6 };
            let width = self.width();
            if low != 1 || is_descending || self.choice.chance(1, 8) {
                options.push(SequenceOption::MinValue(low.into()));
            }
            options.push(SequenceOption::MaxValue((low + width).into()));
            if self.choice.chance(1, 3) {
                let from_end = self.choice.below(width.min(LARGEST_WIDTH) as u64 + 1) as i64;
                let start = if is_descending { low + from_end } else { low + width - from_end };
                options.push(SequenceOption::Start(start.into()));
            }
            if self.choice.chance(1, 2) {
                options.push(SequenceOption::Cycle);
            }
        } else if self.choice.chance(1, 3) {
            let start = [2, 5, 10, 100, 1000, 32_000][self.choice.index(6)];
            options.push(SequenceOption::Start(if is_descending { -start } else { start }.into()));
        }
        options
    }

    /// How many values a narrow sequence has beside the first. Before a crash there can be more than are logged ahead.
    fn width(&mut self) -> i64 {
        match self.plan.crashes && self.choice.chance(1, 2) {
            true => 20 + self.choice.below(100) as i64,
            false => 1 + self.choice.below(LARGEST_WIDTH as u64) as i64,
        }
    }

    pub(super) fn alter_sequence(&mut self) -> Statement {
        let (name, sequence) = self.target_name();
        let mut options = Vec::new();
        let count = [1, 1, 1, 2, 3][self.choice.index(5)];
        self.add_options(&mut options, count, sequence.as_ref());
        Statement::AlterSequence(AlterSequence { if_exists: self.choice.chance(1, 8), name, options })
    }

    /// Adds options; the same kind twice only rarely, since that is always refused.
    pub(super) fn add_options(
        &mut self,
        options: &mut Vec<SequenceOption>,
        count: usize,
        around: Option<&SequenceSummary>,
    ) {
        for _ in 0..count {
            let option = self.option(around);
            let kind = std::mem::discriminant(&option);
            let repeated = options.iter().any(|other| std::mem::discriminant(other) == kind);
            if !repeated || self.choice.chance(1, 20) {
                options.push(option);
            }
        }
    }

    fn option(&mut self, around: Option<&SequenceSummary>) -> SequenceOption {
        let owned_by = if self.tables.is_empty() { 2 } else { 9 };
        match self.choice.weighted(&[3, 6, 4, 2, 5, 2, 5, 4, 5, 5, 4, 3, owned_by, 1]) {
            0 => SequenceOption::As(self.type_name()),
            1 => SequenceOption::Increment(self.increment()),
            2 => SequenceOption::MinValue(self.number(around)),
            3 => SequenceOption::NoMinValue,
            4 => SequenceOption::MaxValue(self.number(around)),
            5 => SequenceOption::NoMaxValue,
            6 => SequenceOption::Start(self.number(around)),
            7 => SequenceOption::Restart(None),
            8 => SequenceOption::Restart(Some(self.number(around))),
            9 => SequenceOption::Cache(self.cache()),
            10 => SequenceOption::Cycle,
            11 => SequenceOption::NoCycle,
            12 => SequenceOption::OwnedBy(self.owner()),
            _ => SequenceOption::SequenceName(self.any_name()),
        }
    }

    fn owner(&mut self) -> ObjectName {
        match self.choice.below(12) {
            0..=3 => ObjectName::bare("none"),
            4 => ObjectName::bare("id"),
            5 => ObjectName::qualified("missing", "id"),
            _ => {
                let (table, summary) = self.table_name();
                let column = self.column_name(summary.as_ref());
                ObjectName { parts: [table.parts, vec![column]].concat() }
            }
        }
    }

    fn type_name(&mut self) -> TypeName {
        let builtin = ["int2", "int4", "int8", "int2", "int4", "numeric", "text"];
        let name = match self.choice.chance(1, 25) {
            true => ObjectName::bare("missing"),
            false => return builtin_type(builtin[self.choice.index(builtin.len())]),
        };
        TypeName { name, modifiers: Vec::new(), dimensions: 0 }
    }

    pub(super) fn drop_sequence(&mut self) -> Statement {
        let count = if self.choice.chance(1, 4) { 2 } else { 1 };
        let names = (0..count).map(|_| self.target_name().0).collect();
        let kind = match self.choice.below(20) {
            0 => RelationKind::Table,
            1 => RelationKind::View,
            2 => RelationKind::Index,
            _ => RelationKind::Sequence,
        };
        Statement::DropRelation(DropRelation {
            kind,
            if_exists: self.choice.chance(1, 3),
            names,
            behavior: self.behavior(),
        })
    }

    pub(super) fn behavior(&mut self) -> Behavior {
        [Behavior::Unspecified, Behavior::Unspecified, Behavior::Restrict, Behavior::Cascade][self.choice.index(4)]
    }

    pub(super) fn move_relation(&mut self) -> Statement {
        let of_table = self.choice.chance(1, if self.plan.first_table { 2 } else { 5 });
        self.move_one(of_table)
    }

    /// The same for a table, or for a sequence.
    pub(super) fn move_one(&mut self, of_table: bool) -> Statement {
        let name = if of_table { self.table_name().0 } else { self.target_name().0 };
        if self.choice.chance(1, 15) {
            let text = self.choice.chance(1, 2).then(|| "a comment".to_owned());
            return Statement::Comment(Comment { target: CommentTarget::Relation(RelationKind::Sequence, name), text });
        }
        let action = match self.choice.below(11) {
            10 => RelationAction::SetSchema(self.schema_name()),
            0..=3 => RelationAction::RenameTo(self.new_name(of_table)),
            4 | 5 => RelationAction::SetSchema(self.schema_name()),
            6 => RelationAction::SetUnlogged,
            7 => RelationAction::SetLogged,
            8 => RelationAction::OwnerTo(RoleName::CurrentUser),
            _ if self.plan.roles => RelationAction::OwnerTo(self.role_name()),
            _ => RelationAction::OwnerTo(RoleName::Named("missing".into())),
        };
        let renames = matches!(action, RelationAction::RenameTo(_));
        let kind = match self.choice.below(12) {
            _ if of_table => RelationKind::Table,
            0 | 1 => RelationKind::Table,
            2 if renames => RelationKind::View,
            3 if renames => RelationKind::Index,
            _ => RelationKind::Sequence,
        };
        Statement::AlterRelation(AlterRelation { kind, if_exists: self.choice.chance(1, 8), name, action })
    }

    /// A name for a relation that has another, most often a free one.
    fn new_name(&mut self, of_table: bool) -> Identifier {
        match self.choice.chance(1, 3) {
            true => self.plain_name(),
            false => if of_table { "lines" } else { "u" }.into(),
        }
    }

    /// A schema's name, most often one that exists.
    pub(super) fn schema_name(&mut self) -> Identifier {
        match self.choice.below(12) {
            2..=6 if self.plan.first_schema => "a".into(),
            0 => "missing".into(),
            1 => "pg_temp".into(),
            other => SCHEMAS[other as usize % SCHEMAS.len()].into(),
        }
    }
}
