//! From option lists to definitions: defaults, checks and their order (manual, "CREATE SEQUENCE", Parameters).

use crate::clause::{Clause, ClauseSet};
use crate::error::{Result, error, sqlstate};
use crate::quirk::{Quirk, QuirkSet};
use crate::statement::{Number, ObjectName, SequenceOption};

use super::Page;

/// The types a sequence can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntegerType {
    SmallInt,
    Integer,
    BigInt,
}

impl IntegerType {
    pub(crate) fn minimum(self) -> i64 {
        match self {
            IntegerType::SmallInt => i16::MIN.into(),
            IntegerType::Integer => i32::MIN.into(),
            IntegerType::BigInt => i64::MIN,
        }
    }

    pub(crate) fn maximum(self) -> i64 {
        match self {
            IntegerType::SmallInt => i16::MAX.into(),
            IntegerType::Integer => i32::MAX.into(),
            IntegerType::BigInt => i64::MAX,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            IntegerType::SmallInt => "smallint",
            IntegerType::Integer => "integer",
            IntegerType::BigInt => "bigint",
        }
    }
}

/// A sequence's parameters (manual, "pg_sequence").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) value_type: IntegerType,
    pub(crate) start: i64,
    pub(crate) increment: i64,
    pub(crate) maximum: i64,
    pub(crate) minimum: i64,
    pub(crate) cache: i64,
    pub(crate) cycle: bool,
}

impl Definition {
    /// How many increments `value` is away from the limit.
    pub(crate) fn room(&self, value: i64, quirks: &QuirkSet) -> u64 {
        let (distance, step) = match self.increment > 0 {
            true => {
                let limit = i128::from(self.maximum) - i128::from(quirks.contains(Quirk::MaximumExcluded))
                    + i128::from(quirks.contains(Quirk::MaximumExceeded));
                (limit - i128::from(value), i128::from(self.increment))
            }
            false => {
                let limit = i128::from(self.minimum) + i128::from(quirks.contains(Quirk::MinimumExcluded))
                    - i128::from(quirks.contains(Quirk::MinimumExceeded));
                (i128::from(value) - limit, -i128::from(self.increment))
            }
        };
        // At most 2^64 - 1, since both values are 64-bit integers. Only a quirk lets an increment be zero.
        (distance.max(0) / step.max(1)) as u64
    }

    /// The value `steps` increments after `value`, which must be inside the bounds.
    pub(crate) fn after(&self, value: i64, steps: u64) -> i64 {
        (i128::from(value) + i128::from(self.increment) * i128::from(steps)) as i64
    }

    /// Where CYCLE goes on after the limit.
    pub(crate) fn wrap(&self, quirks: &QuirkSet) -> i64 {
        if quirks.contains(Quirk::CycleToStart) {
            return self.start;
        }
        let bound = if self.increment > 0 { self.minimum } else { self.maximum };
        if quirks.contains(Quirk::CycleSkipsBound) { bound.wrapping_add(self.increment) } else { bound }
    }
}

/// What an option list asks for besides the definition itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefinitionChange {
    pub(crate) definition: Definition,
    /// The stored row with RESTART and the reset of `log_cnt` applied.
    pub(crate) page: Page,
    /// Whether any option but OWNED BY was given, so that the storage must be replaced.
    pub(crate) rewrite: bool,
    /// OWNED BY, as written.
    pub(crate) owned_by: Option<ObjectName>,
    /// Whether the options are an identity column's.
    pub(crate) for_identity: bool,
}

/// The options of a list by kind, each at most once. `None` inside is the option's bare form (NO MAXVALUE, RESTART).
#[derive(Default)]
struct Options<'a> {
    has_type: Option<()>,
    increment: Option<&'a Number>,
    start: Option<&'a Number>,
    restart: Option<Option<&'a Number>>,
    maximum: Option<Option<&'a Number>>,
    minimum: Option<Option<&'a Number>>,
    cache: Option<&'a Number>,
    cycle: Option<bool>,
    owned_by: Option<&'a ObjectName>,
    rewrite: bool,
}

/// The context of one option list.
pub(crate) struct OptionList<'a> {
    pub(crate) options: &'a [SequenceOption],
    /// For the wording of the type error.
    pub(crate) for_identity: bool,
    /// What the type that AS names turned out to be: its error, or `None` for a type that is not an integer one.
    pub(crate) value_type: Option<Result<Option<IntegerType>>>,
    pub(crate) quirks: &'a QuirkSet,
}

impl OptionList<'_> {
    fn collect(&self, clauses: &mut ClauseSet) -> Result<Options<'_>> {
        let mut once_only = |is_first: bool| match is_first || self.quirks.contains(Quirk::OptionTwiceAccepted) {
            true => Ok(()),
            false => {
                clauses.insert(Clause::OptionTwice);
                Err(error(sqlstate::SYNTAX_ERROR, "conflicting or redundant options"))
            }
        };
        let mut found = Options::default();
        for option in self.options {
            found.rewrite |= !matches!(option, SequenceOption::OwnedBy(_));
            match option {
                SequenceOption::As(_) => once_only(found.has_type.replace(()).is_none())?,
                SequenceOption::Increment(number) => once_only(found.increment.replace(number).is_none())?,
                SequenceOption::Start(number) => once_only(found.start.replace(number).is_none())?,
                SequenceOption::Restart(number) => once_only(found.restart.replace(number.as_ref()).is_none())?,
                SequenceOption::MaxValue(number) => once_only(found.maximum.replace(Some(number)).is_none())?,
                SequenceOption::NoMaxValue => once_only(found.maximum.replace(None).is_none())?,
                SequenceOption::MinValue(number) => once_only(found.minimum.replace(Some(number)).is_none())?,
                SequenceOption::NoMinValue => once_only(found.minimum.replace(None).is_none())?,
                SequenceOption::Cache(number) => once_only(found.cache.replace(number).is_none())?,
                SequenceOption::Cycle => once_only(found.cycle.replace(true).is_none())?,
                SequenceOption::NoCycle => once_only(found.cycle.replace(false).is_none())?,
                SequenceOption::OwnedBy(name) => once_only(found.owned_by.replace(name).is_none())?,
                SequenceOption::SequenceName(_) => {
                    return Err(error(sqlstate::SYNTAX_ERROR, "invalid sequence option SEQUENCE NAME"));
                }
            }
        }
        if self.quirks.contains(Quirk::OwnedByIgnored) {
            found.owned_by = None;
        }
        Ok(found)
    }

    /// Applies the list to nothing (CREATE, `old` is `None`) or to an existing sequence (ALTER). The order of the
    /// checks is PostgreSQL's: it decides which of several errors is reported.
    pub(crate) fn apply(&self, old: Option<(&Definition, Page)>, clauses: &mut ClauseSet) -> Result<DefinitionChange> {
        let options = self.collect(clauses)?;
        let creating = old.is_none();
        let (mut definition, mut page) = match old {
            Some((definition, page)) => (definition.clone(), page),
            None => (
                Definition {
                    value_type: IntegerType::BigInt,
                    start: 0,
                    increment: 1,
                    maximum: 0,
                    minimum: 0,
                    cache: if self.quirks.contains(Quirk::CacheByDefault) { 20 } else { 1 },
                    cycle: false,
                },
                Page::default(),
            ),
        };
        // PostgreSQL resets log_cnt for each option that shapes future values; AS and START alone are not among them.
        let mut resets_log = creating;
        let (mut reset_maximum, mut reset_minimum) = (false, false);

        if self.value_type.is_some() {
            clauses.insert(Clause::TypeGiven);
        } else if creating {
            clauses.insert(Clause::TypeDefault);
        }
        if let Some(value_type) = &self.value_type {
            let Some(new_type) = value_type.clone()? else {
                return Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    match self.for_identity {
                        true => "identity column type must be smallint, integer, or bigint",
                        false => "sequence type must be smallint, integer, or bigint",
                    },
                ));
            };
            if !creating {
                let keeps = self.quirks.contains(Quirk::AlterTypeKeepsBounds);
                let resets = self.quirks.contains(Quirk::AlterTypeResetsBounds);
                reset_maximum = resets || (definition.maximum == definition.value_type.maximum() && !keeps);
                reset_minimum = resets || (definition.minimum == definition.value_type.minimum() && !keeps);
                clauses.insert(Clause::AlterType);
            }
            if !self.quirks.contains(Quirk::TypeIgnored) {
                definition.value_type = new_type;
            }
        }

        if let Some(number) = options.increment {
            definition.increment = to_bigint(number, clauses)?;
            if definition.increment == 0 && !self.quirks.contains(Quirk::IncrementZeroAccepted) {
                clauses.insert(Clause::IncrementNotZero);
                return Err(error(sqlstate::INVALID_PARAMETER_VALUE, "INCREMENT must not be zero"));
            }
            resets_log = true;
        }

        if let Some(cycle) = options.cycle {
            definition.cycle = cycle;
            resets_log = true;
        }

        if let Some(Some(number)) = options.maximum {
            definition.maximum = to_bigint(number, clauses)?;
            resets_log = true;
        } else if creating || options.maximum.is_some() || reset_maximum {
            let ascending = definition.increment > 0 || reset_maximum;
            let of_type = definition.value_type.maximum();
            definition.maximum = match ascending {
                true => of_type - i64::from(self.quirks.contains(Quirk::AscendingMaximumShort)),
                false if self.quirks.contains(Quirk::DescendingMaximumOfType) => of_type,
                false => -1,
            };
            clauses.insert(if ascending { Clause::DefaultMaximumAscending } else { Clause::DefaultMaximumDescending });
            resets_log = true;
        }
        self.check_type_range("MAXVALUE", definition.maximum, definition.value_type, clauses)?;

        if let Some(Some(number)) = options.minimum {
            definition.minimum = to_bigint(number, clauses)?;
            resets_log = true;
        } else if creating || options.minimum.is_some() || reset_minimum {
            let descending = definition.increment < 0 || reset_minimum;
            let of_type = definition.value_type.minimum();
            definition.minimum = match descending {
                true => of_type + i64::from(self.quirks.contains(Quirk::DescendingMinimumShort)),
                false if self.quirks.contains(Quirk::AscendingMinimumOfType) => of_type,
                false => 1,
            };
            clauses.insert(if descending { Clause::DefaultMinimumDescending } else { Clause::DefaultMinimumAscending });
            resets_log = true;
        }
        self.check_type_range("MINVALUE", definition.minimum, definition.value_type, clauses)?;

        let may_equal = self.quirks.contains(Quirk::MinimumMayEqualMaximum);
        if definition.minimum > definition.maximum || (definition.minimum == definition.maximum && !may_equal) {
            clauses.insert(Clause::MinimumBelowMaximum);
            return Err(error(
                sqlstate::INVALID_PARAMETER_VALUE,
                format!("MINVALUE ({}) must be less than MAXVALUE ({})", definition.minimum, definition.maximum),
            ));
        }

        let forgets_start = self.quirks.contains(Quirk::IncrementResetsStart) && options.increment.is_some();
        if let Some(number) = options.start.filter(|_| !forgets_start) {
            definition.start = to_bigint(number, clauses)?;
            clauses.insert(Clause::StartGiven);
        } else if creating {
            let at_minimum = definition.increment > 0 || self.quirks.contains(Quirk::DescendingStartsAtMinimum);
            definition.start = match at_minimum {
                _ if self.quirks.contains(Quirk::StartDefaultsToOne) => 1,
                true => definition.minimum,
                false => definition.maximum,
            };
            clauses.insert(Clause::StartDefault);
        }
        if creating || options.start.is_some() || !self.quirks.contains(Quirk::AlterSkipsStartCheck) {
            let refused = self.refused(options.start.is_some(), Quirk::StartRefusesMinimum, Quirk::StartRefusesMaximum);
            check_inside("START", definition.start, &definition, refused, clauses, Clause::StartInsideBounds)?;
        }

        let ignores_restart = self.quirks.contains(Quirk::RestartIgnored);
        if let Some(restart) = options.restart.filter(|restart| restart.is_some() || !ignores_restart) {
            page.last_value = match restart {
                Some(number) => self.restart_value(to_bigint(number, clauses)?, &definition),
                None if self.quirks.contains(Quirk::RestartAtMinimum) => definition.minimum,
                None => definition.start,
            };
            let keeper = if creating { Quirk::CreateRestartChangesStart } else { Quirk::RestartChangesStart };
            if self.quirks.contains(keeper) {
                definition.start = page.last_value;
            }
            page.is_called &= self.quirks.contains(Quirk::RestartKeepsCalled);
            resets_log = true;
            clauses.insert(if restart.is_some() { Clause::RestartWith } else { Clause::RestartAtStart });
        } else if creating || (options.start.is_some() && self.quirks.contains(Quirk::AlterStartMoves)) {
            page.last_value = definition.start;
            page.is_called = false;
        } else if self.quirks.contains(Quirk::AlterClampsCurrentValue) {
            page.last_value = page.last_value.clamp(definition.minimum, definition.maximum);
        }
        if !self.quirks.contains(Quirk::AlterSkipsCurrentValueCheck) {
            let given = matches!(options.restart, Some(Some(_)));
            let refused = self.refused(given, Quirk::RestartRefusesMinimum, Quirk::RestartRefusesMaximum);
            let clause = Clause::CurrentValueInsideBounds;
            check_inside("RESTART", page.last_value, &definition, refused, clauses, clause)?;
        }

        if let Some(number) = options.cache {
            definition.cache = to_bigint(number, clauses)?;
            let is_allowed_zero = definition.cache == 0 && self.quirks.contains(Quirk::CacheZeroAccepted);
            if definition.cache <= 0 && !is_allowed_zero {
                clauses.insert(Clause::CachePositive);
                return Err(error(
                    sqlstate::INVALID_PARAMETER_VALUE,
                    format!("CACHE ({}) must be greater than zero", definition.cache),
                ));
            }
            resets_log = true;
        }

        let keeps_log = !creating && self.quirks.contains(Quirk::AlterKeepsLogCount);
        if (resets_log && !keeps_log) || self.quirks.contains(Quirk::AlterAlwaysResetsLogCount) {
            page.log_cnt = 0;
        }
        if creating && options.restart.is_none() && self.quirks.contains(Quirk::CreateStoresPredecessor) {
            page.last_value = page.last_value.wrapping_sub(definition.increment);
            page.is_called = true;
        }
        Ok(DefinitionChange {
            definition,
            page,
            rewrite: options.rewrite,
            owned_by: options.owned_by.cloned(),
            for_identity: self.for_identity,
        })
    }

    fn check_type_range(
        &self,
        option: &str,
        value: i64,
        value_type: IntegerType,
        clauses: &mut ClauseSet,
    ) -> Result<()> {
        let refuses_maximum = self.quirks.contains(Quirk::TypeRefusesMaximum)
            && option == "MAXVALUE"
            && self.options.iter().any(|option| matches!(option, SequenceOption::MaxValue(_)));
        let is_refused = refuses_maximum && value == value_type.maximum();
        if value >= value_type.minimum() && value <= value_type.maximum() && !is_refused
            || self.quirks.contains(Quirk::TypeUnchecked)
        {
            return Ok(());
        }
        clauses.insert(Clause::BoundsInsideType);
        Err(error(
            sqlstate::INVALID_PARAMETER_VALUE,
            format!("{option} ({value}) is out of range for sequence data type {}", value_type.name()),
        ))
    }

    /// Which of the bounds themselves are refused for a value: neither, except by a quirk for a value that is given.
    fn refused(&self, given: bool, minimum: Quirk, maximum: Quirk) -> Refused {
        Refused { minimum: given && self.quirks.contains(minimum), maximum: given && self.quirks.contains(maximum) }
    }

    /// The value that RESTART WITH sets: the one given, except by a quirk.
    fn restart_value(&self, given: i64, definition: &Definition) -> i64 {
        if self.quirks.contains(Quirk::RestartNarrow) {
            return i64::from(given as i32);
        }
        if self.quirks.contains(Quirk::RestartRounds) {
            let increment = i128::from(definition.increment);
            let beyond = (i128::from(given) - i128::from(definition.start)).rem_euclid(increment);
            let rounded = i128::from(given) - beyond + if beyond != 0 && increment > 0 { increment } else { 0 };
            return rounded as i64;
        }
        given
    }
}

/// Which bounds a value must not equal.
struct Refused {
    minimum: bool,
    maximum: bool,
}

fn check_inside(
    option: &str,
    value: i64,
    definition: &Definition,
    refused: Refused,
    clauses: &mut ClauseSet,
    clause: Clause,
) -> Result<()> {
    let broken = if value < definition.minimum || (refused.minimum && value == definition.minimum) {
        format!("{option} value ({value}) cannot be less than MINVALUE ({})", definition.minimum)
    } else if value > definition.maximum || (refused.maximum && value == definition.maximum) {
        format!("{option} value ({value}) cannot be greater than MAXVALUE ({})", definition.maximum)
    } else {
        return Ok(());
    };
    clauses.insert(clause);
    Err(error(sqlstate::INVALID_PARAMETER_VALUE, broken))
}

/// Reads an option's number as the server does: digits that fit a bigint, or the input errors of type bigint.
fn to_bigint(number: &Number, clauses: &mut ClauseSet) -> Result<i64> {
    let text = number.0.as_str();
    if let Ok(value) = text.parse::<i64>() {
        return Ok(value);
    }
    clauses.insert(Clause::ValueInBigint);
    let digits = text.strip_prefix('-').unwrap_or(text);
    Err(match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => {
            error(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE, format!("value \"{text}\" is out of range for type bigint"))
        }
        false => {
            error(sqlstate::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type bigint: \"{text}\""))
        }
    })
}
