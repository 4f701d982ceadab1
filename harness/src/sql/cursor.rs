//! Reading a syntax tree's node child by child, so that none is overlooked.

use squawk_syntax::ast::AstNode;
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken};

use super::error::SqlError;

/// What lowering gives.
pub(super) type Lowered<T> = Result<T, SqlError>;

/// The children of one node that are not yet lowered: nodes and tokens without white space and comments.
///
/// Lowering takes them in order and ends with [`Cursor::finish`], which refuses whatever is left.
pub(super) struct Cursor {
    owner: SyntaxNode,
    rest: std::iter::Peekable<std::vec::IntoIter<SyntaxElement>>,
}

impl Cursor {
    /// All children of `node`; a statement's closing semicolon is none of its parts.
    pub(super) fn new(node: &SyntaxNode) -> Cursor {
        let rest: Vec<_> = node
            .children_with_tokens()
            .filter(|element| !is_trivia(element.kind()) && element.kind() != SyntaxKind::SEMICOLON)
            .collect();
        Cursor { owner: node.clone(), rest: rest.into_iter().peekable() }
    }

    /// The node whose children these are.
    pub(super) fn owner(&self) -> SyntaxNode {
        self.owner.clone()
    }

    /// The kind of the next child.
    pub(super) fn peek(&mut self) -> Option<SyntaxKind> {
        self.rest.peek().map(|element| element.kind())
    }

    /// Takes the next child if it is a token of this kind.
    pub(super) fn token(&mut self, kind: SyntaxKind) -> Option<SyntaxToken> {
        let element = self.rest.next_if(|element| element.kind() == kind && element.as_token().is_some())?;
        element.into_token()
    }

    /// Takes the next child if it is a token of this kind, and tells whether it was.
    pub(super) fn has(&mut self, kind: SyntaxKind) -> bool {
        self.token(kind).is_some()
    }

    /// Takes tokens of these kinds.
    pub(super) fn expect(&mut self, kinds: &[SyntaxKind]) -> Lowered<()> {
        for kind in kinds {
            if !self.has(*kind) {
                return Err(self.unexpected());
            }
        }
        Ok(())
    }

    /// Takes the next child if it is a node of this type.
    pub(super) fn node<N: AstNode>(&mut self) -> Option<SyntaxNode> {
        let element = self.rest.next_if(|element| element.as_node().is_some() && N::can_cast(element.kind()))?;
        element.into_node()
    }

    /// Takes a node of this type.
    pub(super) fn expect_node<N: AstNode>(&mut self) -> Lowered<SyntaxNode> {
        match self.node::<N>() {
            Some(node) => Ok(node),
            None => Err(self.unexpected()),
        }
    }

    /// Takes the next child if it is a node of this kind.
    pub(super) fn node_of(&mut self, kind: SyntaxKind) -> Option<SyntaxNode> {
        let element = self.rest.next_if(|element| element.kind() == kind && element.as_node().is_some())?;
        element.into_node()
    }

    /// Takes the next child if it is a node.
    pub(super) fn any_node(&mut self) -> Option<SyntaxNode> {
        self.rest.next_if(|element| element.as_node().is_some())?.into_node()
    }

    /// Takes all children, which must be nodes.
    pub(super) fn all_nodes(mut self) -> Lowered<Vec<SyntaxNode>> {
        let mut nodes = Vec::new();
        while let Some(node) = self.any_node() {
            nodes.push(node);
        }
        self.finish()?;
        Ok(nodes)
    }

    /// Takes nodes of one type, separated by commas, until something else comes.
    pub(super) fn comma_separated<N: AstNode, T>(
        &mut self,
        lower: impl Fn(&SyntaxNode) -> Lowered<T>,
    ) -> Lowered<Vec<T>> {
        let mut items = Vec::new();
        while let Some(node) = self.node::<N>() {
            items.push(lower(&node)?);
            if !self.has(SyntaxKind::COMMA) {
                break;
            }
        }
        Ok(items)
    }

    /// Takes whatever comes next.
    pub(super) fn take(&mut self) -> Option<SyntaxElement> {
        self.rest.next()
    }

    /// The syntax error that PostgreSQL reports when it stops at the next child.
    pub(super) fn stop(&mut self) -> SqlError {
        let token = match self.rest.peek() {
            Some(SyntaxElement::Token(token)) => Some(token.clone()),
            Some(SyntaxElement::Node(node)) => tokens(node).next(),
            None => None,
        };
        token.map_or_else(|| self.unexpected(), |token| syntax_error_at(&token))
    }

    /// Refuses what is left, by its name.
    pub(super) fn finish(mut self) -> Lowered<()> {
        match self.rest.next() {
            Some(element) => Err(unsupported(&element)),
            None => Ok(()),
        }
    }

    /// The error for a next child that is not what must come here: outside the model, or missing altogether.
    pub(super) fn unexpected(&mut self) -> SqlError {
        match self.rest.peek() {
            Some(element) => unsupported(element),
            None => match last_token(&self.owner) {
                Some(token) => syntax_error_after(&token),
                None => SqlError::syntax(self.owner.text_range().end().into(), None),
            },
        }
    }
}

/// The error for an element outside the model.
pub(super) fn unsupported(element: &SyntaxElement) -> SqlError {
    let what = match element {
        SyntaxElement::Node(node) => kind_name(node.kind()),
        SyntaxElement::Token(token) => token.text().to_uppercase(),
    };
    SqlError::unsupported(start_of(element), what)
}

/// The error for a node outside the model, under a name of its own.
pub(super) fn unsupported_node(node: &SyntaxNode, what: impl Into<String>) -> SqlError {
    SqlError::unsupported(start_of(&SyntaxElement::Node(node.clone())), what)
}

/// Where an element's first real token starts.
pub(super) fn start_of(element: &SyntaxElement) -> usize {
    let start = match element {
        SyntaxElement::Node(node) => {
            tokens(node).next().map_or(node.text_range().start(), |token| token.text_range().start())
        }
        SyntaxElement::Token(token) => token.text_range().start(),
    };
    start.into()
}

/// The syntax error that PostgreSQL reports when it stops at `token`.
pub(super) fn syntax_error_at(token: &SyntaxToken) -> SqlError {
    SqlError::syntax(token.text_range().start().into(), Some(token.text()))
}

/// The syntax error that PostgreSQL reports when it stops behind `token`.
pub(super) fn syntax_error_after(token: &SyntaxToken) -> SqlError {
    let mut next = token.next_token();
    while let Some(token) = next {
        if !is_trivia(token.kind()) {
            return syntax_error_at(&token);
        }
        next = token.next_token();
    }
    let end = token.parent_ancestors().last().map_or(token.text_range().end(), |root| root.text_range().end());
    SqlError::syntax(end.into(), None)
}

/// All tokens below `node` in order, without white space and comments.
pub(super) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.descendants_with_tokens().filter_map(SyntaxElement::into_token).filter(|token| !is_trivia(token.kind()))
}

fn last_token(node: &SyntaxNode) -> Option<SyntaxToken> {
    tokens(node).filter(|token| token.kind() != SyntaxKind::SEMICOLON).last()
}

fn is_trivia(kind: SyntaxKind) -> bool {
    matches!(kind, SyntaxKind::WHITESPACE | SyntaxKind::COMMENT)
}

/// What people call a kind of node: `CREATE FUNCTION`, `WINDOW clause`.
pub(super) fn kind_name(kind: SyntaxKind) -> String {
    match kind {
        SyntaxKind::ARG_LIST => return "type modifier".to_owned(),
        SyntaxKind::TUPLE_EXPR => return "row constructor".to_owned(),
        SyntaxKind::JOIN_EXPR => return "JOIN".to_owned(),
        SyntaxKind::FIELD_EXPR => return "field selection".to_owned(),
        SyntaxKind::REQUIRED_AS_ALIAS | SyntaxKind::OPTIONAL_AS_ALIAS => {
            return "alias of the changed table".to_owned();
        }
        SyntaxKind::COPY_OPTION_LIST => return "COPY option".to_owned(),
        SyntaxKind::INDEX_EXPR | SyntaxKind::SLICE_EXPR => return "subscript".to_owned(),
        SyntaxKind::CONFLICT_ON_INDEX | SyntaxKind::CONFLICT_ON_CONSTRAINT => return "ON CONFLICT target".to_owned(),
        SyntaxKind::CONFLICT_DO_UPDATE_SET => return "ON CONFLICT DO UPDATE".to_owned(),
        SyntaxKind::WITH_PARAMS => return "storage parameter".to_owned(),
        SyntaxKind::OP_CLASS_REF => return "operator class".to_owned(),
        SyntaxKind::PERCENT_TYPE => return "%TYPE".to_owned(),
        SyntaxKind::SORT_DESC => return "DESC".to_owned(),
        SyntaxKind::RENAME_CONSTRAINT => return "RENAME CONSTRAINT".to_owned(),
        SyntaxKind::USING_INDEX_NAME => return "USING INDEX".to_owned(),
        SyntaxKind::CONSTRAINT_INCLUDE_CLAUSE => return "INCLUDE clause".to_owned(),
        SyntaxKind::COLUMN_DEF_LIST => return "column definition list".to_owned(),
        _ => {}
    }
    let words = format!("{kind:?}").replace('_', " ");
    // What PL/pgSQL has beside SQL.
    let words = words.strip_prefix("PLPGSQL ").unwrap_or(&words);
    let words = words.strip_suffix(" STMT").unwrap_or(words);
    for (ending, noun) in [
        (" CLAUSE", "clause"),
        (" EXPR", "expression"),
        (" FN", "expression"),
        (" FROM ITEM", "in FROM"),
        (" CONSTRAINT", "constraint"),
        (" TYPE", "type"),
    ] {
        if let Some(name) = words.strip_suffix(ending) {
            return format!("{name} {noun}");
        }
    }
    if let Some(property) = words.strip_suffix(" CONSTRAINT OPTION") {
        return format!("{property} constraint");
    }
    match words.strip_prefix("OPTION ") {
        Some(option) => format!("{option} option"),
        None => words.to_owned(),
    }
}
