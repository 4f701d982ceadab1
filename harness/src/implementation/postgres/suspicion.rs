//! What SQL text might do, told from its words alone before it is sent.
//!
//! A suspicion that proves wrong costs a little time; one that is missed would cost a wrong verdict. So a word counts
//! wherever it stands, in comments and names too.

/// Whether the text may hold a COPY statement.
pub(super) fn may_copy(sql: &str) -> bool {
    mentions(sql, "copy")
}

/// Whether the text may make temporary relations.
pub(super) fn may_make_temporary(sql: &str) -> bool {
    mentions(sql, "temp")
}

/// Whether the letters of a word stand in the text, as capitals or not.
fn mentions(sql: &str, word: &str) -> bool {
    sql.as_bytes().windows(word.len()).any(|letters| letters.eq_ignore_ascii_case(word.as_bytes()))
}
