//! Types that users make.

use super::name::{object_name, object_names};
use super::relation::{behavior, role_name};
use super::{Output, separated, sql_if};
use crate::statement::{AlterType, CreateEnumeration, DropType, LabelPlace, TypeAction};

pub(super) fn create_enumeration(out: &mut impl Output, create: &CreateEnumeration) {
    out.sql("CREATE TYPE ");
    object_name(out, &create.name);
    out.sql(" AS ENUM (");
    separated(out, ", ", &create.labels, |out, label| out.string(label));
    out.sql(")");
}

pub(super) fn alter(out: &mut impl Output, alter: &AlterType) {
    out.sql("ALTER TYPE ");
    object_name(out, &alter.name);
    match &alter.action {
        TypeAction::OwnerTo(role) => {
            out.sql(" OWNER TO ");
            role_name(out, role);
        }
        TypeAction::RenameTo(name) => {
            out.sql(" RENAME TO ");
            out.identifier(name);
        }
        TypeAction::SetSchema(schema) => {
            out.sql(" SET SCHEMA ");
            out.identifier(schema);
        }
        TypeAction::AddLabel { if_not_exists, label, place } => {
            out.sql(" ADD VALUE ");
            sql_if(out, *if_not_exists, "IF NOT EXISTS ");
            out.string(label);
            match place {
                LabelPlace::End => {}
                LabelPlace::Before(other) => {
                    out.sql(" BEFORE ");
                    out.string(other);
                }
                LabelPlace::After(other) => {
                    out.sql(" AFTER ");
                    out.string(other);
                }
            }
        }
        TypeAction::RenameLabel { from, to } => {
            out.sql(" RENAME VALUE ");
            out.string(from);
            out.sql(" TO ");
            out.string(to);
        }
    }
}

pub(super) fn drop(out: &mut impl Output, drop: &DropType) {
    out.sql("DROP TYPE ");
    sql_if(out, drop.if_exists, "IF EXISTS ");
    object_names(out, &drop.names);
    behavior(out, drop.behavior);
}
