//! From a spec's words to its parts.

use super::lex::{Placed, Token, tokens};
use super::{Block, NamedStep, Session, Spec};

/// A place where a spec is not well formed.
pub type SpecError = crate::trace::ParseError;

impl SpecError {
    /// What was found in this line and column of `text`, both counted from 1, and what belongs there.
    pub(super) fn new(
        text: &str,
        line: usize,
        column: usize,
        found: impl Into<Box<str>>,
        expected: impl Into<Box<str>>,
    ) -> SpecError {
        let source = text.lines().nth(line - 1).unwrap_or_default().into();
        SpecError { file: None, line, column, found: found.into(), expected: expected.into(), help: None, source }
    }
}

pub(super) fn spec(text: &str) -> Result<Spec, SpecError> {
    let mut reader = Reader { text, tokens: tokens(text)?, at: 0 };
    let mut spec = Spec::default();
    while reader.keyword("setup") {
        spec.setup.push(reader.block()?);
    }
    if reader.keyword("teardown") {
        spec.teardown = Some(reader.block()?);
    }
    while reader.keyword("session") {
        let session = reader.session(&spec.sessions)?;
        spec.sessions.push(session);
    }
    if spec.sessions.is_empty() {
        let expected = if spec.teardown.is_some() { "session" } else { "setup, teardown or session" };
        return Err(reader.unexpected(expected));
    }
    while reader.keyword("permutation") {
        let permutation = reader.permutation(&spec.sessions)?;
        spec.permutations.push(permutation);
    }
    match reader.current().token {
        Token::End => Ok(spec),
        _ if spec.permutations.is_empty() => Err(reader.unexpected("step, teardown, session, permutation or the end")),
        _ => Err(reader.unexpected("a step's name, permutation or the end")),
    }
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Placed>,
    at: usize,
}

impl Reader<'_> {
    fn current(&self) -> &Placed {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(&self.current().token, Token::Word(found) if found == word);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: char) -> bool {
        let found = self.current().token == Token::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, expected: &str) -> SpecError {
        let Placed { token, line, column, .. } = self.current();
        SpecError::new(self.text, *line, *column, token.describe(), expected)
    }

    fn block(&mut self) -> Result<Block, SpecError> {
        let Placed { token: Token::Block(sql), sql_line, .. } = self.current().clone() else {
            return Err(self.unexpected("a block of SQL in braces"));
        };
        self.at += 1;
        Ok(Block { sql, line: sql_line })
    }

    /// A name, which is no keyword unless it is quoted.
    fn name(&mut self, what: &str) -> Result<String, SpecError> {
        const KEYWORDS: [&str; 6] = ["setup", "teardown", "session", "step", "permutation", "notices"];
        match &self.current().token {
            Token::Word(word) if KEYWORDS.contains(&word.as_str()) => Err(self.unexpected(what)),
            Token::Word(name) | Token::Quoted(name) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected(what)),
        }
    }

    fn session(&mut self, known: &[Session]) -> Result<Session, SpecError> {
        let name = self.name("the session's name")?;
        let mut session = Session { name, setup: None, steps: Vec::new(), teardown: None };
        if self.keyword("setup") {
            session.setup = Some(self.block()?);
        }
        while self.keyword("step") {
            let place = self.at;
            let name = self.name("the step's name")?;
            let steps = known.iter().flat_map(|session| &session.steps).chain(&session.steps);
            if steps.clone().any(|step| step.name == name) {
                self.at = place;
                return Err(self.unexpected("a name that no other step has"));
            }
            let block = self.block()?;
            session.steps.push(NamedStep { name, block });
        }
        if session.steps.is_empty() {
            return Err(self.unexpected("step"));
        }
        if self.keyword("teardown") {
            session.teardown = Some(self.block()?);
        }
        Ok(session)
    }

    fn permutation(&mut self, sessions: &[Session]) -> Result<Vec<String>, SpecError> {
        let mut names = vec![self.step_name(sessions)?];
        self.markers(sessions)?;
        loop {
            let is_keyword = matches!(&self.current().token, Token::Word(word) if word == "permutation");
            match self.current().token {
                Token::Word(_) | Token::Quoted(_) if !is_keyword => names.push(self.step_name(sessions)?),
                _ => return Ok(names),
            }
            self.markers(sessions)?;
        }
    }

    fn step_name(&mut self, sessions: &[Session]) -> Result<String, SpecError> {
        let place = self.at;
        let name = self.name("a step's name")?;
        match sessions.iter().flat_map(|session| &session.steps).any(|step| step.name == name) {
            true => Ok(name),
            false => {
                self.at = place;
                Err(self.unexpected("the name of a step of one of the sessions"))
            }
        }
    }

    /// Markers tell PostgreSQL's own tester in which order to report what happens at the same time. Here each reply is
    /// awaited where the model says that it comes, so that they are only checked.
    fn markers(&mut self, sessions: &[Session]) -> Result<(), SpecError> {
        if !self.sign('(') {
            return Ok(());
        }
        loop {
            if !self.sign('*') {
                self.step_name(sessions)?;
                if self.keyword("notices") {
                    match self.current().token {
                        Token::Number => self.at += 1,
                        _ => return Err(self.unexpected("the number of notices")),
                    }
                }
            }
            if self.sign(')') {
                return Ok(());
            }
            if !self.sign(',') {
                return Err(self.unexpected("\",\" or \")\""));
            }
        }
    }
}
