//! CREATE TYPE … AS ENUM, ALTER TYPE and DROP TYPE (manual, "Enumerated Types").

use std::rc::Rc;

use super::names::no_schema;
use super::{Execution, done, shared_str};
use crate::catalog::{Enumeration, Kind, Object, Oid, PG_CATALOG, Persistence, RangeName, is_temporary_schema};
use crate::clause::Clause;
use crate::error::{Result, Stop, error, notice, sqlstate, unsupported};
use crate::query::{Type, is_known_type, may_be_system_type, resolve_type};
use crate::reply::{Severity, StatementResult};
use crate::statement::{
    AlterType, CreateEnumeration, DropType, IDENTIFIER_BYTES, Identifier, LabelPlace, ObjectName, TypeAction, TypeName,
};

impl Execution<'_> {
    pub(super) fn create_enumeration(&mut self, statement: &CreateEnumeration) -> Result<StatementResult> {
        self.prevent_if_read_only("CREATE TYPE")?;
        let name = self.range_name(&statement.name)?;
        let (schema, _) = self.creation_schema(name, Persistence::Permanent)?;
        if schema == PG_CATALOG || is_temporary_schema(schema) {
            return Err(unsupported("a type in this schema"));
        }
        self.check_type_name(schema, name.name)?;
        for (place, label) in statement.labels.iter().enumerate() {
            check_label(label)?;
            if statement.labels[..place].contains(label) {
                return Err(unsupported("an enumerated type with a label twice"));
            }
        }
        self.reach(Clause::EnumeratedType);
        let enumeration = Enumeration {
            oid: self.shared.catalog.new_oid(),
            schema,
            name: shared_str(name.name),
            owner: self.current_role(),
            labels: statement.labels.iter().map(|label| Rc::from(label.as_str())).collect(),
        };
        let view = self.catalog_view();
        self.shared.catalog.insert_enumeration(enumeration, view, &mut self.session.transaction.undo);
        done("CREATE TYPE")
    }

    pub(super) fn alter_type(&mut self, statement: &AlterType) -> Result<StatementResult> {
        self.prevent_if_read_only("ALTER TYPE")?;
        // Of the two names, PostgreSQL looks up the role's first.
        let new_owner = match &statement.action {
            TypeAction::OwnerTo(role) => Some(self.role_oid(role)?),
            _ => None,
        };
        let Some(mut enumeration) = self.find_type(&statement.name)? else {
            return Err(self.no_type(&statement.name));
        };
        if !self.is_superuser() {
            return Err(unsupported("ALTER TYPE by a role that is no superuser"));
        }
        match &statement.action {
            TypeAction::OwnerTo(_) => enumeration.owner = new_owner.unwrap_or(enumeration.owner),
            TypeAction::RenameTo(name) => {
                self.check_type_name(enumeration.schema, name.name())?;
                enumeration.name = shared_str(name.name());
            }
            TypeAction::SetSchema(schema) => {
                let Some(schema) = self.schema_named(schema.name()) else { return Err(no_schema(schema.name())) };
                if schema == PG_CATALOG || is_temporary_schema(schema) || schema == enumeration.schema {
                    return Err(unsupported("a type in this schema"));
                }
                match self.is_type_name_taken(schema, &enumeration.name)? {
                    true => return Err(unsupported("a type that moves to where its name is taken")),
                    false => enumeration.schema = schema,
                }
            }
            TypeAction::AddLabel { if_not_exists, label, place } => {
                if self.may_go_on() {
                    // Nobody may use the label before the transaction commits.
                    return Err(unsupported("ALTER TYPE … ADD VALUE in a transaction block"));
                }
                if !self.add_label(&mut enumeration, label, place, *if_not_exists)? {
                    return done("ALTER TYPE");
                }
            }
            TypeAction::RenameLabel { from, to } => {
                check_label(to)?;
                let place = label_place(&enumeration, from)?;
                if enumeration.labels.iter().any(|known| **known == **to) {
                    return Err(label_exists(to));
                }
                enumeration.labels[place] = Rc::from(to.as_str());
            }
        }
        let view = self.catalog_view();
        self.shared.catalog.update_enumeration(enumeration, view, &mut self.session.transaction.undo);
        done("ALTER TYPE")
    }

    /// Adds a label; tells whether there is one more now.
    fn add_label(
        &mut self,
        enumeration: &mut Enumeration,
        label: &str,
        place: &LabelPlace,
        if_not_exists: bool,
    ) -> Result<bool> {
        check_label(label)?;
        if enumeration.labels.iter().any(|known| **known == *label) {
            if !if_not_exists {
                return Err(label_exists(label));
            }
            self.notice(notice(
                Severity::Notice,
                sqlstate::DUPLICATE_OBJECT,
                format!("enum label \"{label}\" already exists, skipping"),
            ));
            return Ok(false);
        }
        let position = match place {
            LabelPlace::End => enumeration.labels.len(),
            LabelPlace::Before(other) => label_place(enumeration, other)?,
            LabelPlace::After(other) => label_place(enumeration, other)? + 1,
        };
        enumeration.labels.insert(position, Rc::from(label));
        Ok(true)
    }

    pub(super) fn drop_types(&mut self, statement: &DropType) -> Result<StatementResult> {
        self.prevent_if_read_only("DROP TYPE")?;
        let mut objects = Vec::with_capacity(statement.names.len());
        for name in &statement.names {
            let Some(enumeration) = self.find_type(name)? else {
                self.report_missing_type(name, statement.if_exists)?;
                continue;
            };
            if !self.is_superuser() {
                return Err(unsupported("DROP TYPE by a role that is no superuser"));
            }
            if self.is_shown_by_view(enumeration.oid) {
                return Err(unsupported("DROP TYPE of a type that a view may show"));
            }
            objects.push(Object::Type(enumeration.oid));
        }
        self.drop_objects(&objects, statement.behavior)?;
        done("DROP TYPE")
    }

    fn report_missing_type(&mut self, name: &ObjectName, if_exists: bool) -> Result<()> {
        if !if_exists {
            return Err(self.no_type(name));
        }
        let message = match self.missing_schema(name) {
            Some(schema) => format!("schema \"{schema}\" does not exist, skipping"),
            None => format!("type \"{}\" does not exist, skipping", dotted(name)),
        };
        self.notice(notice(Severity::Notice, sqlstate::SUCCESSFUL_COMPLETION, message));
        Ok(())
    }

    /// The schema that a type's name gives, when there is none.
    fn missing_schema<'n>(&self, name: &'n ObjectName) -> Option<&'n str> {
        match name.parts.as_slice() {
            [schema, _] if self.schema_named(schema.name()).is_none() => Some(schema.name()),
            _ => None,
        }
    }

    /// The error of a name that no type has.
    pub(super) fn no_type(&self, name: &ObjectName) -> Stop {
        match self.missing_schema(name) {
            Some(schema) => no_schema(schema),
            None => error(sqlstate::UNDEFINED_OBJECT, format!("type \"{}\" does not exist", dotted(name))),
        }
    }

    /// Whether a view uses a column of the type: the view has such a column itself, then.
    fn is_shown_by_view(&self, oid: Oid) -> bool {
        let view = self.catalog_view();
        let catalog = &self.shared.catalog;
        catalog
            .columns_of_type(oid, view)
            .any(|column| catalog.views(view, |uses| uses.columns.contains(&column)).next().is_some())
    }

    /// The enumerated type of that name; an error for a schema that does not exist. Other types are outside the model.
    pub(crate) fn find_type(&mut self, name: &ObjectName) -> Result<Option<Enumeration>> {
        let view = self.catalog_view();
        let parts: Vec<&str> = name.parts.iter().map(Identifier::name).collect();
        let last = parts.last().copied().unwrap_or_default();
        if self.shared.catalog.is_enumeration_in_doubt(last, view) {
            return Err(unsupported("a type that another open transaction has changed"));
        }
        let found = match parts.as_slice() {
            [bare] if is_known_type(bare) || may_be_system_type(bare) => {
                return Err(unsupported(format!("a change of type {bare}")));
            }
            [bare] => {
                let path = self.search_path();
                self.shared.catalog.enumeration_in_path(bare, &path, view).cloned()
            }
            [schema, _] if schema.starts_with("pg_") || *schema == "information_schema" => {
                return Err(unsupported(format!("a type in schema {schema}")));
            }
            [schema, last] => match self.schema_named(schema) {
                Some(schema) => self.shared.catalog.enumeration_named(schema, last, view).cloned(),
                None => None,
            },
            _ => return Err(unsupported("a type's name of three parts")),
        };
        let names_relation = match RangeName::new(name) {
            Some(range) if found.is_none() => {
                self.find_relation(range, super::MissingSchema::IsMissingRelation)?.is_some()
            }
            _ => false,
        };
        match names_relation {
            true => Err(unsupported("a row type")),
            false => Ok(found),
        }
    }

    /// The type that `use_of_other` names, such as a cast. Enumerated types are outside the model there, and so is that every
    /// table is a type.
    pub(crate) fn type_of_value(&mut self, name: &TypeName, use_of_other: &str) -> Result<Type> {
        match resolve_type(name) {
            Err(Stop::Error(missing)) if missing.sqlstate == sqlstate::UNDEFINED_OBJECT => {
                let found = self.find_type(&name.name)?;
                Err(found.map_or(Stop::Error(missing), |_| unsupported(use_of_other)))
            }
            other => other,
        }
    }

    /// Checks that a new type may have this name in this schema.
    fn check_type_name(&mut self, schema: Oid, name: &str) -> Result<()> {
        match self.is_type_name_taken(schema, name)? {
            true => Err(type_exists(name)),
            false => Ok(()),
        }
    }

    fn is_type_name_taken(&mut self, schema: Oid, name: &str) -> Result<bool> {
        let view = self.catalog_view();
        if name.starts_with('_') {
            return Err(unsupported("a type named like an array type"));
        }
        let catalog = &self.shared.catalog;
        if catalog.is_enumeration_in_doubt(name, view) || catalog.uncommitted_namesake(schema, name, view).is_some() {
            return Err(unsupported("a type's name that another open transaction has taken"));
        }
        let of_relation = catalog.relation_named(schema, name, view).is_some_and(|relation| match relation.kind {
            Kind::Table(_) | Kind::View(_) => true,
            Kind::Sequence(_) => self.shared.settings.major.sequences_have_types(),
            Kind::Index(_) => false,
        });
        Ok(of_relation || catalog.enumeration_named(schema, name, view).is_some())
    }

    /// Refuses a relation whose row type would have the name of a type.
    pub(super) fn check_no_type(&self, schema: Oid, name: &str) -> Result<()> {
        let view = self.catalog_view();
        if self.shared.catalog.is_enumeration_in_doubt(name, view) {
            return Err(unsupported("a relation's name that another open transaction has given to a type"));
        }
        match self.shared.catalog.enumeration_named(schema, name, view) {
            None => Ok(()),
            Some(_) => Err(type_exists(name).hint(
                "A relation has an associated type of the same name, so you must use a name that doesn't conflict \
                 with any existing type.",
            )),
        }
    }
}

fn dotted(name: &ObjectName) -> String {
    name.parts.iter().map(Identifier::name).collect::<Vec<_>>().join(".")
}

fn type_exists(name: &str) -> Stop {
    error(sqlstate::DUPLICATE_OBJECT, format!("type \"{name}\" already exists"))
}

fn label_exists(label: &str) -> Stop {
    error(sqlstate::DUPLICATE_OBJECT, format!("enum label \"{label}\" already exists"))
}

fn label_place(enumeration: &Enumeration, label: &str) -> Result<usize> {
    enumeration
        .labels
        .iter()
        .position(|known| **known == *label)
        .ok_or_else(|| error(sqlstate::INVALID_PARAMETER_VALUE, format!("\"{label}\" is not an existing enum label")))
}

fn check_label(label: &str) -> Result<()> {
    match label.len() > IDENTIFIER_BYTES {
        true => Err(unsupported("an enumerated type with a long label")),
        false => Ok(()),
    }
}
