//! Splitting scripts as psql does.

use proptest::prelude::*;
use seqcheck::sql::parse;
use seqcheck::sql::script::{ScriptContent, split};

/// Items as `line:column text`, COPY data after `<`, the reason after `!` where psql cannot be followed.
fn items(script: &str) -> Vec<String> {
    let describe = |content: &ScriptContent| match content {
        ScriptContent::Statement { sql, copy_data: None } => sql.clone(),
        ScriptContent::Statement { sql, copy_data: Some(lines) } => format!("{sql} < {}", lines.join("|")),
        ScriptContent::Connect { role } => format!("(connects as {})", role.as_deref().unwrap_or("before")),
        ScriptContent::LeftOut { text, reason } => format!("{text} ! {reason}"),
    };
    let script = split(script);
    script.items.iter().map(|item| format!("{} {}", item.location, describe(&item.content))).collect()
}

/// What is sent, and `!` and the reason for what cannot be followed.
fn sent(script: &str) -> Vec<String> {
    let items = split(script).items.into_iter();
    let describe = |content| match content {
        ScriptContent::Statement { sql, .. } => sql,
        ScriptContent::Connect { .. } => "(connects)".to_owned(),
        ScriptContent::LeftOut { reason, .. } => format!("! {reason}"),
    };
    items.map(|item| describe(item.content)).collect()
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
        (
            "\\echo a;b\nSELECT 1;\n\\c\n",
            &["1:1 \\echo a;b ! psql's \\echo", "2:1 SELECT 1", "3:1 (connects as before)"],
        ),
        ("\\echo 'a\\b' \\x\n", &["1:1 \\echo 'a\\b' ! psql's \\echo", "1:13 \\x ! psql's \\x"]),
        ("SELECT 1\n\\g\nSELECT 2 \\gx\nSELECT 3 \\gset\n", &["1:1 SELECT 1", "3:1 SELECT 2", "4:1 SELECT 3"]),
        ("SELECT 1,\n\\echo x\n2;", &["2:1 \\echo x ! psql's \\echo", "1:1 SELECT 1,\n2"]),
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

#[test]
fn variables_stand_for_their_text() {
    let cases: &[(&str, &[&str])] = &[
        // The arguments of \set are joined; quotes of one kind are taken off, and escapes read in them.
        ("\\set x 5\nSELECT :x, :'x', 1 AS :\"x\";", &["SELECT 5, '5', 1 AS \"5\""]),
        ("\\set a 'it''s' b \"c d\"\nSELECT :'a';", &["SELECT 'it''sb\"c d\"'"]),
        ("\\set c 'one\\ntwo\\x41\\101'\nSELECT :'c';", &["SELECT 'one\ntwoAA'"]),
        ("\\set b 'a\\\\b'\nSELECT :'b';", &["SELECT  E'a\\\\b'"]),
        ("\\set q a\"b\"\nSELECT 1 AS :\"q\";", &["SELECT 1 AS \"a\"\"b\"\"\""]),
        ("\\set x 5\n\\set d :x:x 1 ':x'\nSELECT :d;", &["SELECT 5515"]),
        // Not in constants, names and comments, nor where a colon means something in SQL or the name is nobody's.
        (
            "\\set x 5\nSELECT ':x', \":x\", $$:x$$, /* :x */ E'\\':x', 1::x, a := 1, b[1:2], :nope, :'nope' -- :x\n;",
            &["SELECT ':x', \":x\", $$:x$$, /* :x */ E'\\':x', 1::x, a := 1, b[1:2], :nope, :'nope'"],
        ),
        ("\\set x 5\nSELECT b[1:x], 'a':x, \\:x;", &["SELECT b[15], 'a'5, :x"]),
        ("\\set x 5\nSELECT :{?x}, :{?y};", &["SELECT TRUE, FALSE"]),
        ("\\set x 5\n\\unset x\nSELECT :x;", &["SELECT :x"]),
        ("\\set x\nSELECT 1 :x;", &["SELECT 1"]),
        // A value is read as if it stood there.
        ("\\set two 'SELECT 1; SELECT'\n:two 2;", &["SELECT 1", "SELECT 2"]),
        ("\\set open (\nSELECT :open 1; SELECT 2);", &["SELECT ( 1; SELECT 2)"]),
        ("\\set a ':b'\n\\set b 7\nSELECT :a;", &["SELECT 7"]),
        ("\\set a ':a 1'\nSELECT :a;", &["SELECT :a 1"]),
        // What psql refuses changes nothing.
        ("\\set bad-name 3\nSELECT :bad;", &["! psql's \\set", "SELECT :bad"]),
    ];
    for (script, expected) in cases {
        assert_eq!(sent(script), *expected, "{script}");
    }
}

#[test]
fn places_are_those_of_the_script() {
    let script =
        "\\set two 'SELECT 1;\\nSELECT 2;\\n'\n:two SELECT :two\nCOPY t FROM STDIN; SELECT 3;\n1\n\\.\nSELECT 4;";
    assert_eq!(
        items(script),
        [
            "2:1 SELECT 1",
            "2:1 SELECT 2",
            "2:6 SELECT SELECT 1",
            "2:13 SELECT 2",
            "3:1 COPY t FROM STDIN < 1",
            "3:20 SELECT 3",
            "6:1 SELECT 4",
        ]
    );
}

#[test]
fn what_is_not_known_makes_what_uses_it_unknown() {
    let cases: &[(&str, &[&str])] = &[
        (
            "SELECT nextval('s') AS id, 5 AS x \\gset\nSELECT :id;\nSELECT :y, 1;",
            &[
                "SELECT nextval('s') AS id, 5 AS x",
                "! the psql variable id, which \\gset in line 1 sets",
                "SELECT :y, 1",
            ],
        ),
        // Of columns that are not told, any name may be one.
        (
            "\\set x 5\nSELECT * FROM t \\gset p_\nSELECT :x; SELECT :p_x; SELECT :y;\n\\set p_x 6\nSELECT :p_x;",
            &[
                "SELECT * FROM t",
                "SELECT 5",
                "! the psql variable p_x, which \\gset in line 2 sets",
                "SELECT :y",
                "SELECT 6",
            ],
        ),
        (
            "\\set x 5\nTABLE t \\gset\nSELECT :x; SELECT :y;",
            &[
                "TABLE t",
                "! the psql variable x, which \\gset in line 2 sets",
                "! the psql variable y, which \\gset in line 2 sets",
            ],
        ),
        ("\\set x `date`\nSELECT :'x'; SELECT 1;", &["! the psql variable x, which \\set in line 1 sets", "SELECT 1"]),
        ("\\set x `date`\n\\set y a:x\nSELECT :y;", &["! the psql variable y, which \\set in line 2 sets"]),
        ("SELECT :SERVER_VERSION_NUM;", &["! the psql variable SERVER_VERSION_NUM, which the session sets"]),
        (
            "SELECT $1 \\bind 5 \\g\nSELECT 2;",
            &["! psql's \\bind, which sends the statement with parameters", "SELECT 2"],
        ),
        ("SELECT nextval('s') \\gdesc\n", &["! psql's \\gdesc, which does not run its statement"]),
    ];
    for (script, expected) in cases {
        assert_eq!(sent(script), *expected, "{script}");
    }
}

/// Variables that mean something to psql.
#[test]
fn variables_that_decide_how_statements_are_sent() {
    let off = "! psql's AUTOCOMMIT off, which begins a transaction";
    let before = "! a transaction that psql may have begun before, with AUTOCOMMIT off";
    let cases: &[(&str, &[&str])] = &[
        (
            "\\set AUTOCOMMIT on\n\\set ON_ERROR_ROLLBACK interactive\n\\set VERBOSITY verbose\n\\set QUIET\nSELECT 1;",
            &["SELECT 1"],
        ),
        (
            "SELECT 1;\n\\set AUTOCOMMIT off\nSELECT 2;\n\\set AUTOCOMMIT on\nSELECT 3;\n\\c\nSELECT 4;",
            &["SELECT 1", off, before, "(connects)", "SELECT 4"],
        ),
        ("\\unset AUTOCOMMIT\nSELECT 1;", &[off]),
        ("\\set AUTOCOMMIT perhaps\nSELECT 1;", &["! psql's \\set", "SELECT 1"]),
        ("\\set ON_ERROR_ROLLBACK on\nSELECT 1;", &["! psql's ON_ERROR_ROLLBACK, which sets savepoints"]),
    ];
    for (script, expected) in cases {
        assert_eq!(sent(script), *expected, "{script}");
    }
    let script = split("SELECT 1;\n\\set ON_ERROR_STOP on\nSELECT 2;\n\\set ON_ERROR_STOP 0\nSELECT 3;");
    let ends: Vec<bool> = script.items.iter().map(|item| item.is_error_the_end).collect();
    assert_eq!(ends, [false, true, false]);
}

#[test]
fn branches() {
    let cases: &[(&str, &[&str])] = &[
        ("\\if yes\nSELECT 1;\n\\elif 1\nSELECT 2;\n\\else\nSELECT 3;\n\\endif\nSELECT 4;", &["SELECT 1", "SELECT 4"]),
        ("\\set x off\n\\if :x\nSELECT 1;\n\\elif :{?x}\nSELECT 2;\n\\else\nSELECT 3;\n\\endif", &["SELECT 2"]),
        // What is no boolean is false.
        ("\\if :nope\nSELECT 1;\n\\else\nSELECT 2;\n\\endif", &["SELECT 2"]),
        ("\\if 0\n\\set x 5\n\\if 1\nSELECT 1;\n\\endif\n\\q\n\\else\nSELECT :x;\n\\endif", &["SELECT :x"]),
        ("SELECT\n\\if 0\n1;\n\\else\n2\n\\endif\n;", &["SELECT\n2"]),
        (
            "SELECT 1 AS x \\gset\n\\if :x\n\\set y 2\nSELECT 2;\n\\endif\nSELECT 3, :y;",
            &[
                "SELECT 1 AS x",
                "! psql's \\if, whose condition is up to the psql variable x, which \\gset in line 1 sets",
                "! the psql variable y, which \\set in line 3 sets",
            ],
        ),
        ("\\endif\nSELECT 1;", &["! psql's \\endif", "SELECT 1"]),
    ];
    for (script, expected) in cases {
        assert_eq!(sent(script), *expected, "{script}");
    }
}

/// Without a statement `\g` sends the last one again, and `\r` forgets what was read.
#[test]
fn sending() {
    assert_eq!(sent("SELECT nextval('s');\n\\g\n\\gset\n"), ["SELECT nextval('s')"; 3]);
    assert_eq!(sent("SELECT 1 AS a \\r\nSELECT 2;"), ["SELECT 2"]);
    assert_eq!(sent("\\echo a \\\\ SELECT 2;"), ["! psql's \\echo", "SELECT 2"]);
    assert_eq!(sent("SELECT 1;\n\\q\nSELECT 2;"), ["SELECT 1"]);
}

#[test]
fn data_of_copy() {
    assert_eq!(items("COPY t FROM STDIN \\g\n1\n\\.\nSELECT 1;"), ["1:1 COPY t FROM STDIN < 1", "4:1 SELECT 1"]);
    assert_eq!(
        items("COPY t FROM STDIN; COPY u FROM STDIN;\n1\n\\.\n2\n\\.\nSELECT 1;"),
        ["1:1 COPY t FROM STDIN < 1", "1:20 COPY u FROM STDIN < 2", "6:1 SELECT 1"]
    );
    assert_eq!(
        items("\\copy t from stdin\nDROP TABLE t;\n\\.\nSELECT 1;"),
        ["1:1 \\copy t from stdin ! psql's \\copy", "4:1 SELECT 1"]
    );
    // A variable that is not known does not make data statements.
    assert_eq!(
        sent("SELECT 1 AS t \\gset\nCOPY :t FROM STDIN;\nDROP TABLE t;\n\\.\n"),
        ["SELECT 1 AS t", "! the psql variable t, which \\gset in line 1 sets"]
    );
    // Of what cannot be parsed the server reads no data, nor does psql.
    assert_eq!(sent("COPY FROM STDIN;\nSELECT 1;"), ["COPY FROM STDIN", "SELECT 1"]);
    let unended = |script| split(script).unended_copy.map(|location| location.line);
    assert_eq!(unended("SELECT 1;\nCOPY t FROM STDIN;\n1\nSELECT 2;\n"), Some(2));
    assert_eq!(unended("\n\n\\copy t from stdin\n1\n"), Some(3));
    assert_eq!(unended("COPY t FROM STDIN;\n1\n\\.\n"), None);
}

#[test]
fn values_that_hold_each_other_do_not_grow_without_bounds() {
    let mut script = "\\set v0 xxxxxxxx\n".to_owned();
    for number in 0..60 {
        script += &format!("\\set v{} ':v{number}:v{number}'\n", number + 1);
    }
    assert_eq!(sent(&(script + "SELECT :v60;")), ["! psql variables that grow this long"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Text of any kind is answered, never panicked at, and errors are inside the text.
    #[test]
    fn any_text_is_answered(text in prop_oneof![
        any::<String>(),
        "([ \\n;()'\"$\\\\.,=<:*-]|E'|U&|--|/\\*|[a-z]{1,2}|é|1|SELECT|CREATE|SEQUENCE|FROM|IN|BETWEEN|AND|CASE|END|IS|NOT|NULL|COPY|STDIN|VALUES|JOIN|CROSS|ON|ARRAY|\\[|GRANT|TO|ALTER TABLE|ALTER|RESTART|SET|CHECK|LIKE|char|VIEW){0,30}",
        "(\\\\set x [:y';1]{0,4}\n|\\\\set y '(:x |é|;|a\n|:z|COPY t FROM STDIN;\n){0,3}'\n|:x|:'x'|:\"y\"|:|\\\\g|\\\\gset\n|\\\\r|\\\\(if|elif) [01`:x]{0,2}\n|\\\\else\n|\\\\endif\n|COPY t FROM STDIN;|\n|\\\\\\.\n|SELECT |;|é|'|[(]|1){0,30}",
    ]) {
        if let Err(error) = parse(&text) {
            prop_assert!(error.offset() <= text.len());
        }
        for item in split(&text).items {
            prop_assert!(item.location.line <= text.lines().count().max(1) + 1);
        }
    }
}
