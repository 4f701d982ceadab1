//! CREATE TABLE … (LIKE source) (manual, "CREATE TABLE", LIKE).

use super::super::{Execution, MissingSchema};
use super::check::unique_keys;
use super::column::{Place, Planned, PlannedColumn, PlannedConstraint, PlannedConstraintKind, PlannedDefault};
use crate::catalog::{ConstraintKind, Oid};
use crate::clause::Clause;
use crate::error::{Result, unsupported};
use crate::lock::LockMode;
use crate::quirk::Quirk;
use crate::sequence::Definition;
use crate::statement::{LikeFeature, ObjectName, Privilege, SequenceOption};

impl Execution<'_> {
    /// Plans the columns, and what else is asked for, of another table.
    pub(super) fn plan_like(
        &mut self,
        source: &ObjectName,
        features: &[(bool, LikeFeature)],
        place: &Place<'_>,
        planned: &mut Planned,
    ) -> Result<()> {
        let name = self.range_name(source)?;
        let relation = self.require_relation(name, MissingSchema::Fails)?;
        self.lock(relation.oid, LockMode::AccessShare)?;
        let Some(data) = relation.table() else { return Err(unsupported("LIKE of a relation that is no table")) };
        self.check_any(&relation, &[Privilege::Select])?;
        let includes = |wanted: LikeFeature| {
            features.iter().fold(false, |included, (including, feature)| match feature {
                LikeFeature::All => *including,
                feature if *feature == wanted => *including,
                _ => included,
            })
        };
        let view = self.catalog_view();
        let catalog = &self.shared.catalog;
        let has_comments = || {
            let is_commented = |index: &Oid| catalog.comment(*index, None, view).is_some();
            catalog.has_column_comments(relation.oid, view)
                || catalog.indexes_of(relation.oid, view).iter().any(is_commented)
        };
        if includes(LikeFeature::All) && has_comments() {
            return Err(unsupported("LIKE of columns and indexes with their comments"));
        }
        for (index, column) in data.live_columns() {
            let mut copy = PlannedColumn {
                name: column.name.clone(),
                column_type: column.column_type,
                modifier: column.modifier,
                opaque: column.opaque.clone(),
                not_null: column.not_null,
                default: None,
                identity: None,
                computed: None,
            };
            if column.computed.is_some() && includes(LikeFeature::All) {
                return Err(unsupported("LIKE of a generated column with its expression"));
            }
            if includes(LikeFeature::Defaults) {
                copy.default = column.default.clone().map(PlannedDefault::Copied);
            }
            if let (true, Some(generated)) = (includes(LikeFeature::Identity), column.identity) {
                self.reach(Clause::LikeIdentity);
                let Some(sequence) = self.identity_sequence(relation.oid, index, view)? else {
                    return Err(unsupported("an identity column without its sequence"));
                };
                let options = self.copied_options(sequence);
                // PostgreSQL copies the parameters but not the type: the copy is a bigint sequence.
                let value_type = self.deviates(Quirk::LikeCopiesType).then_some(column.column_type);
                self.plan_sequence(&column.name, value_type, &options, true, place, planned)?;
                copy.identity = Some(generated);
            }
            planned.columns.push(copy);
        }
        let column_names = |places: &[usize]| places.iter().map(|place| data.columns[*place].name.clone()).collect();
        if includes(LikeFeature::Indexes) && !data.indexes.is_empty() {
            return Err(unsupported("LIKE of an index"));
        }
        if includes(LikeFeature::Constraints)
            && data.constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::Check { .. }))
        {
            return Err(unsupported("LIKE of a CHECK constraint"));
        }
        if includes(LikeFeature::Indexes) {
            let is_primary = |wanted: Oid| {
                data.constraints.iter().any(|constraint| {
                    matches!(constraint.kind, ConstraintKind::Unique { index, is_primary: true, .. } if index == wanted)
                })
            };
            let keys = unique_keys(data).into_iter().map(|(index, columns)| PlannedConstraint {
                name: None,
                kind: PlannedConstraintKind::Unique { columns: column_names(columns), is_primary: is_primary(index) },
            });
            planned.copied_keys.extend(keys);
        }
        Ok(())
    }

    /// A sequence's parameters as an option list.
    fn copied_options(&self, sequence: Oid) -> Vec<SequenceOption> {
        let found = self.shared.catalog.relation(sequence, self.catalog_view());
        let Some(data) = found.and_then(|relation| relation.sequence()) else { return Vec::new() };
        let Definition { start, increment, maximum, minimum, cache, cycle, .. } = data.definition;
        vec![
            SequenceOption::Cache(cache.into()),
            if cycle { SequenceOption::Cycle } else { SequenceOption::NoCycle },
            SequenceOption::Increment(increment.into()),
            SequenceOption::MaxValue(maximum.into()),
            SequenceOption::MinValue(minimum.into()),
            SequenceOption::Start(start.into()),
        ]
    }
}
