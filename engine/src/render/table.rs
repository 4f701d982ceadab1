//! CREATE TABLE, its columns and constraints.

use super::expression::{default_expression, expression};
use super::name::{column_list, identifiers, object_name};
use super::sequence::{option, persistence};
use super::type_name::type_name;
use super::{Output, separated, sql_if};
use crate::statement::{
    ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateTable, Deferral, Expression, Generated, Identifier,
    LikeFeature, ObjectName, PartitionBy, PartitionStrategy, Persistence, References, ReferentialAction,
    SequenceOption, TableConstraint, TableConstraintKind, TableElement,
};

/// Writes how CREATE TABLE begins, up to the name.
pub(super) fn create_table(
    out: &mut impl Output,
    is_global: bool,
    kept: Persistence,
    if_not_exists: bool,
    name: &ObjectName,
) {
    out.sql("CREATE ");
    sql_if(out, is_global, "GLOBAL ");
    persistence(out, kept);
    out.sql("TABLE ");
    sql_if(out, if_not_exists, "IF NOT EXISTS ");
    object_name(out, name);
}

pub(super) fn create(out: &mut impl Output, create: &CreateTable) {
    create_table(out, create.is_global, create.persistence, create.if_not_exists, &create.name);
    out.sql(" (");
    separated(out, ", ", &create.elements, |out, element| match element {
        TableElement::Column(definition) => column(out, definition),
        TableElement::Constraint(constraint) => table_constraint(out, constraint),
        TableElement::Like { source, features } => {
            out.sql("LIKE ");
            object_name(out, source);
            for (is_included, feature) in features {
                out.sql(if *is_included { " INCLUDING " } else { " EXCLUDING " });
                out.sql(like_feature(*feature));
            }
        }
    });
    out.sql(")");
    if let Some(PartitionBy { strategy, columns }) = &create.partition_by {
        out.sql(match strategy {
            PartitionStrategy::Range => " PARTITION BY RANGE (",
            PartitionStrategy::List => " PARTITION BY LIST (",
            PartitionStrategy::Hash => " PARTITION BY HASH (",
        });
        identifiers(out, columns);
        out.sql(")");
    }
}

fn like_feature(feature: LikeFeature) -> &'static str {
    match feature {
        LikeFeature::All => "ALL",
        LikeFeature::Defaults => "DEFAULTS",
        LikeFeature::Identity => "IDENTITY",
        LikeFeature::Constraints => "CONSTRAINTS",
        LikeFeature::Indexes => "INDEXES",
    }
}

/// Writes a column with its type and constraints.
pub(super) fn column(out: &mut impl Output, column: &ColumnDefinition) {
    out.identifier(&column.name);
    out.sql(" ");
    type_name(out, &column.type_name);
    if let Some(collation) = &column.collation {
        out.sql(" COLLATE ");
        object_name(out, collation);
    }
    for constraint in &column.constraints {
        out.sql(" ");
        column_constraint(out, constraint);
    }
}

fn column_constraint(out: &mut impl Output, constraint: &ColumnConstraint) {
    constraint_name(out, constraint.name.as_ref());
    match &constraint.kind {
        ColumnConstraintKind::NotNull => out.sql("NOT NULL"),
        ColumnConstraintKind::Null => out.sql("NULL"),
        ColumnConstraintKind::Default(value) => {
            out.sql("DEFAULT ");
            default_expression(out, value);
        }
        ColumnConstraintKind::PrimaryKey => out.sql("PRIMARY KEY"),
        ColumnConstraintKind::Unique => out.sql("UNIQUE"),
        ColumnConstraintKind::Check(condition) => check(out, condition),
        ColumnConstraintKind::Identity { generated, options } => identity(out, *generated, options),
        ColumnConstraintKind::Computed(value) => {
            out.sql("GENERATED ALWAYS AS (");
            expression(out, value);
            out.sql(") STORED");
        }
        ColumnConstraintKind::References(target) => references(out, target),
    }
}

/// Writes a constraint of a whole table.
pub(super) fn table_constraint(out: &mut impl Output, constraint: &TableConstraint) {
    constraint_name(out, constraint.name.as_ref());
    match &constraint.kind {
        TableConstraintKind::PrimaryKey(columns) => {
            out.sql("PRIMARY KEY (");
            identifiers(out, columns);
            out.sql(")");
        }
        TableConstraintKind::Unique(columns) => {
            out.sql("UNIQUE (");
            identifiers(out, columns);
            out.sql(")");
        }
        TableConstraintKind::Check { condition, not_valid } => {
            check(out, condition);
            sql_if(out, *not_valid, " NOT VALID");
        }
        TableConstraintKind::ForeignKey(columns, target) => {
            out.sql("FOREIGN KEY (");
            identifiers(out, columns);
            out.sql(") ");
            references(out, target);
        }
    }
}

fn references(out: &mut impl Output, references: &References) {
    out.sql("REFERENCES ");
    object_name(out, &references.table);
    column_list(out, &references.columns);
    for (event, action) in [("DELETE", references.on_delete), ("UPDATE", references.on_update)] {
        let words = match action {
            ReferentialAction::NoAction => continue,
            ReferentialAction::Restrict => "RESTRICT",
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault => "SET DEFAULT",
        };
        out.sql(" ON ");
        out.sql(event);
        out.sql(" ");
        out.sql(words);
    }
    out.sql(match references.deferral {
        Deferral::Never => "",
        Deferral::Deferrable => " DEFERRABLE",
        Deferral::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    sql_if(out, references.not_valid, " NOT VALID");
}

fn constraint_name(out: &mut impl Output, name: Option<&Identifier>) {
    if let Some(name) = name {
        out.sql("CONSTRAINT ");
        out.identifier(name);
        out.sql(" ");
    }
}

fn check(out: &mut impl Output, condition: &Expression) {
    out.sql("CHECK (");
    expression(out, condition);
    out.sql(")");
}

/// Writes `GENERATED … AS IDENTITY` with its options.
pub(super) fn identity(out: &mut impl Output, generated: Generated, options: &[SequenceOption]) {
    self::generated(out, generated);
    out.sql(" AS IDENTITY");
    if !options.is_empty() {
        out.sql(" (");
        separated(out, " ", options, option);
        out.sql(")");
    }
}

/// Writes GENERATED and when.
pub(super) fn generated(out: &mut impl Output, generated: Generated) {
    out.sql(match generated {
        Generated::Always => "GENERATED ALWAYS",
        Generated::ByDefault => "GENERATED BY DEFAULT",
    });
}
