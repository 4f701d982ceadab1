//! Splitting scripts as psql does.

use proptest::prelude::*;
use seqcheck::sql::parse;
use seqcheck::sql::script::{ScriptContent, split};

/// Items as `line:column text`, COPY data after `<`, meta-commands as they are.
fn items(script: &str) -> Vec<String> {
    let describe = |content: &ScriptContent| match content {
        ScriptContent::Statement { sql, copy_data: None } => sql.clone(),
        ScriptContent::Statement { sql, copy_data: Some(lines) } => format!("{sql} < {}", lines.join("|")),
        ScriptContent::MetaCommand(command) => command.clone(),
    };
    split(script).iter().map(|item| format!("{} {}", item.location, describe(&item.content))).collect()
}

#[test]
fn scripts() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" ;; -- nothing\n", &[]),
        ("SELECT 1; SELECT 2", &["1:1 SELECT 1", "1:11 SELECT 2"]),
        ("-- comment\n  /* another */ SELECT 1 -- kept out\n;", &["2:17 SELECT 1"]),
        ("SELECT 1 -- in\n + 2;", &["1:1 SELECT 1 -- in\n + 2"]),
        ("\u{feff}SELECT 1;", &["1:2 SELECT 1"]),
        (
            "SELECT ';', E'\\';', \";\", $$;$$, $a$;$$;$a$, U&';', /* ; /* ; */ ; */ 1; SELECT 2;",
            &["1:1 SELECT ';', E'\\';', \";\", $$;$$, $a$;$$;$a$, U&';', /* ; /* ; */ ; */ 1", "1:73 SELECT 2"],
        ),
        ("SELECT (1;2); SELECT 3;", &["1:1 SELECT (1;2)", "1:15 SELECT 3"]),
        ("BEGIN\\; SELECT 1\\; COMMIT; SELECT 2;", &["1:1 BEGIN; SELECT 1; COMMIT", "1:28 SELECT 2"]),
        ("\\echo a;b\nSELECT 1;\n\\c\n", &["1:1 \\echo a;b", "2:1 SELECT 1", "3:1 \\c"]),
        ("\\echo 'a\\b' \\set x\n", &["1:1 \\echo 'a\\b'", "1:13 \\set x"]),
        (
            "SELECT 1\n\\g\nSELECT 2 \\gx\nSELECT 3 \\gset\n",
            &["1:1 SELECT 1", "3:1 SELECT 2", "4:1 SELECT 3", "4:10 \\gset"],
        ),
        ("SELECT 1,\n\\echo x\n2;", &["2:1 \\echo x", "1:1 SELECT 1,\n2"]),
        ("COPY t FROM STDIN;\n1\ta;\n'\n\\.\nSELECT 1;", &["1:1 COPY t FROM STDIN < 1\ta;|'", "5:1 SELECT 1"]),
        (
            "COPY t (a) FROM stdin ; SELECT 1; \r\n1\r\n\\.\r\nSELECT 2",
            &["1:1 COPY t (a) FROM stdin < 1", "1:25 SELECT 1", "4:1 SELECT 2"],
        ),
        ("COPY t FROM STDIN;\n1", &["1:1 COPY t FROM STDIN < 1"]),
        ("COPY t TO STDOUT;\nSELECT 1;", &["1:1 COPY t TO STDOUT", "2:1 SELECT 1"]),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;",
            &[
                "1:1 CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
                "1:95 SELECT 3",
            ],
        ),
        ("BEGIN; END; SELECT 1;", &["1:1 BEGIN", "1:8 END", "1:13 SELECT 1"]),
        ("SELECT 'open; SELECT 2;\n", &["1:1 SELECT 'open; SELECT 2;\n"]),
    ];
    for (script, expected) in cases {
        assert_eq!(items(script), *expected, "{script}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Text of any kind is answered, never panicked at, and errors are inside the text.
    #[test]
    fn any_text_is_answered(text in prop_oneof![
        any::<String>(),
        "([ \\n;()'\"$\\\\.,=<:*-]|E'|U&|--|/\\*|[a-z]{1,2}|é|1|SELECT|CREATE|SEQUENCE|FROM|IN|BETWEEN|AND|CASE|END|IS|NOT|NULL|COPY|STDIN|VALUES|JOIN|CROSS|ON|ARRAY|\\[|GRANT|TO|ALTER TABLE|ALTER|RESTART|SET|CHECK|LIKE|char|VIEW){0,30}",
    ]) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.offset() <= text.len());
        }
        for item in split(&text) {
            prop_assert!(item.location.line <= text.lines().count().max(1) + 1);
        }
    }
}
