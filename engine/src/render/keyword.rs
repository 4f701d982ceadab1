//! PostgreSQL's keywords that are not free to use as names.
//!
//! The union over majors 13 to 18 of what `pg_get_keywords()` lists outside category U (manual, Appendix C "SQL Key
//! Words"). A word has the same category in every major that lists it, so one table serves all of them.

/// Where a keyword may stand as a name without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Nowhere, except as a label after AS or after a dot.
    Reserved,
    /// As the name of a column, table and so on, but not of a function or type.
    ColumnName,
    /// As the name of a function or type, but not of a column or table.
    TypeOrFunctionName,
}

/// Category R, sorted.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check",
    "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role", "current_time",
    "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except",
    "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially", "intersect", "into",
    "lateral", "leading", "limit", "localtime", "localtimestamp", "not", "null", "offset", "on", "only", "or",
    "order", "placing", "primary", "references", "returning", "select", "session_user", "some", "symmetric",
    "system_user", "table", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "when",
    "where", "window", "with",
];

/// Category C, sorted.
#[rustfmt::skip]
const COLUMN_NAME: &[&str] = &[
    "between", "bigint", "bit", "boolean", "char", "character", "coalesce", "dec", "decimal", "exists", "extract",
    "float", "greatest", "grouping", "inout", "int", "integer", "interval", "json", "json_array", "json_arrayagg",
    "json_exists", "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table",
    "json_value", "least", "merge_action", "national", "nchar", "none", "normalize", "nullif", "numeric", "out",
    "overlay", "position", "precision", "real", "row", "setof", "smallint", "substring", "time", "timestamp", "treat",
    "trim", "values", "varchar", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists", "xmlforest",
    "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

/// Category T, sorted.
#[rustfmt::skip]
const TYPE_OR_FUNCTION_NAME: &[&str] = &[
    "authorization", "binary", "collation", "concurrently", "cross", "current_schema", "freeze", "full", "ilike",
    "inner", "is", "isnull", "join", "left", "like", "natural", "notnull", "outer", "overlaps", "right", "similar",
    "tablesample", "verbose",
];

/// The category of `word`, which is in lower case; `None` for words that are free to use and for those that are no
/// keywords.
pub fn category(word: &str) -> Option<Category> {
    let is_in = |words: &[&str]| words.binary_search(&word).is_ok();
    if is_in(RESERVED) {
        Some(Category::Reserved)
    } else if is_in(COLUMN_NAME) {
        Some(Category::ColumnName)
    } else if is_in(TYPE_OR_FUNCTION_NAME) {
        Some(Category::TypeOrFunctionName)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_disjoint() {
        for words in [RESERVED, COLUMN_NAME, TYPE_OR_FUNCTION_NAME] {
            assert!(words.is_sorted_by(|left, right| left < right));
        }
        let all = RESERVED.len() + COLUMN_NAME.len() + TYPE_OR_FUNCTION_NAME.len();
        let distinct: std::collections::BTreeSet<_> =
            [RESERVED, COLUMN_NAME, TYPE_OR_FUNCTION_NAME].into_iter().flatten().collect();
        assert_eq!(distinct.len(), all);
    }

    #[test]
    fn categories() {
        assert_eq!(category("select"), Some(Category::Reserved));
        assert_eq!(category("bigint"), Some(Category::ColumnName));
        assert_eq!(category("left"), Some(Category::TypeOrFunctionName));
        assert_eq!(category("sequence"), None);
        assert_eq!(category("nextval"), None);
    }
}
