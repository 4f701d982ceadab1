//! CREATE DATABASE and DROP DATABASE, which the engine, a model of one database, has no statement for.

use super::lex::{Lexer, TokenKind};

/// A statement about a whole database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseCommand {
    /// `CREATE DATABASE name [[WITH] TEMPLATE [=] template]`.
    Create {
        /// The new database.
        name: String,
        /// What it is a copy of.
        template: Option<String>,
    },
    /// `DROP DATABASE [IF EXISTS] name [[WITH] (FORCE)]`.
    Drop {
        /// The database.
        name: String,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `FORCE`: sessions in it are ended.
        force: bool,
    },
}

/// Reads a query that is one such statement; `None` for any other text, and for options that are not listed above.
pub(crate) fn database_command(sql: &str) -> Option<DatabaseCommand> {
    let mut words = Vec::new();
    for token in Lexer::new(sql, 0) {
        let text = &sql[token.start..token.end];
        words.push(match token.kind {
            TokenKind::Word => Word::Plain(text.to_ascii_lowercase()),
            TokenKind::Quoted if text.starts_with('"') => Word::Quoted(text[1..text.len() - 1].replace("\"\"", "\"")),
            TokenKind::Operator | TokenKind::Punctuation => Word::Plain(text.to_owned()),
            _ => return None,
        });
    }
    while words.last() == Some(&Word::Plain(";".to_owned())) {
        words.pop();
    }
    let mut words = Words(words.into_iter().collect());
    if words.take("create") && words.take("database") {
        let name = words.name()?;
        words.take("with");
        let template = match words.take("template") {
            true => {
                words.take("=");
                Some(words.name()?)
            }
            false => None,
        };
        return words.is_over().then_some(DatabaseCommand::Create { name, template });
    }
    if words.take("drop") && words.take("database") {
        let if_exists = words.take("if");
        if if_exists && !words.take("exists") {
            return None;
        }
        let name = words.name()?;
        words.take("with");
        let force = words.take("(");
        if force && !(words.take("force") && words.take(")")) {
            return None;
        }
        return words.is_over().then_some(DatabaseCommand::Drop { name, if_exists, force });
    }
    None
}

#[derive(Debug, PartialEq, Eq)]
enum Word {
    Plain(String),
    Quoted(String),
}

struct Words(std::collections::VecDeque<Word>);

impl Words {
    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.0.front() == Some(&Word::Plain(word.to_owned()));
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    fn name(&mut self) -> Option<String> {
        match self.0.pop_front()? {
            Word::Quoted(name) => Some(name),
            Word::Plain(name) if name.starts_with(|first: char| first.is_alphabetic() || first == '_') => Some(name),
            Word::Plain(_) => None,
        }
    }

    fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_lists_and_nothing_else() {
        let create = |name: &str, template: Option<&str>| {
            Some(DatabaseCommand::Create { name: name.into(), template: template.map(str::to_owned) })
        };
        assert_eq!(database_command("CREATE DATABASE Shop;"), create("shop", None));
        assert_eq!(
            database_command("create database \"My \"\"Shop\" with template = template0"),
            create("My \"Shop", Some("template0"))
        );
        let drop = |if_exists, force| Some(DatabaseCommand::Drop { name: "a".into(), if_exists, force });
        assert_eq!(database_command("DROP DATABASE a"), drop(false, false));
        assert_eq!(database_command("DROP DATABASE IF EXISTS a WITH (FORCE)"), drop(true, true));
        assert_eq!(database_command("CREATE DATABASE a OWNER b"), None);
        assert_eq!(database_command("DROP DATABASE a, b"), None);
        assert_eq!(database_command("CREATE SEQUENCE s"), None);
    }
}
