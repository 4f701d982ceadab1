//! The help texts, which are part of what users rely on.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use crate::say;

pub(crate) fn trials() -> Vec<Trial> {
    let texts: [(&str, &[&str]); 9] = [
        ("seqcheck", &["--help"]),
        ("check", &["check", "--help"]),
        ("replay", &["replay", "--help"]),
        ("fuzz", &["fuzz", "--help"]),
        ("shrink", &["shrink", "--help"]),
        ("export", &["export", "--help"]),
        ("hammer", &["hammer", "--help"]),
        ("zoo", &["zoo", "--help"]),
        ("serve", &["serve", "--help"]),
    ];
    texts
        .into_iter()
        .map(|(name, arguments)| Trial::test(format!("help::{name}"), move || is_as_pinned(name, arguments)))
        .collect()
}

fn is_as_pinned(name: &str, arguments: &[&str]) -> Result<(), Failed> {
    let said = say(Path::new("."), arguments);
    said.ends(0);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, said.out));
    Ok(())
}
