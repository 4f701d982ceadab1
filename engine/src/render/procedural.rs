//! DO, and PL/pgSQL in it.

use super::expression::expression;
use super::query::{perform, query};
use super::type_name::type_name;
use super::{Output, separated, sql_if, write_statement};
use crate::statement::{
    Block, Condition, Do, Expression, Handler, Into, LoopQuery, ProceduralStatement, RaiseLevel, RaiseOption,
};

pub(super) fn anonymous_block(out: &mut impl Output, statement: &Do) {
    let mut text = String::new();
    block(&mut text, &statement.block);
    // A mark that nothing inside can be taken for.
    let mark = (0_u32..)
        .map(|number| if number == 0 { "$$".to_owned() } else { format!("$do{number}$") })
        .find(|mark| !text.contains(mark))
        .unwrap_or_default();
    out.sql("DO ");
    out.sql(&mark);
    out.sql(" ");
    block(out, &statement.block);
    out.sql(" ");
    out.sql(&mark);
}

fn block(out: &mut impl Output, block: &Block) {
    if !block.declarations.is_empty() {
        out.sql("DECLARE ");
        for declaration in &block.declarations {
            out.identifier(&declaration.name);
            out.sql(" ");
            sql_if(out, declaration.constant, "CONSTANT ");
            type_name(out, &declaration.type_name);
            sql_if(out, declaration.not_null, " NOT NULL");
            if let Some(value) = &declaration.value {
                out.sql(" := ");
                expression(out, value);
            }
            out.sql("; ");
        }
    }
    out.sql("BEGIN ");
    statements(out, &block.statements);
    if !block.handlers.is_empty() {
        out.sql("EXCEPTION ");
        block.handlers.iter().for_each(|handler| self::handler(out, handler));
    }
    out.sql("END");
}

fn handler(out: &mut impl Output, handler: &Handler) {
    out.sql("WHEN ");
    separated(out, " OR ", &handler.conditions, condition);
    out.sql(" THEN ");
    statements(out, &handler.statements);
}

fn condition(out: &mut impl Output, condition: &Condition) {
    match condition {
        Condition::Name(name) => out.sql(name),
        Condition::SqlState(code) => {
            out.sql("SQLSTATE ");
            out.string(code);
        }
    }
}

/// Each with its semicolon and a space.
fn statements(out: &mut impl Output, all: &[ProceduralStatement]) {
    for one in all {
        statement(out, one);
        out.sql("; ");
    }
}

fn statement(out: &mut impl Output, statement: &ProceduralStatement) {
    match statement {
        ProceduralStatement::Null => out.sql("NULL"),
        ProceduralStatement::Block(inner) => block(out, inner),
        ProceduralStatement::Assign { variable, value } => {
            out.identifier(variable);
            out.sql(" := ");
            expression(out, value);
        }
        ProceduralStatement::Perform(select) => perform(out, select),
        ProceduralStatement::Sql { statement, into } => {
            write_statement(out, statement);
            self::into(out, into.as_ref());
        }
        ProceduralStatement::Execute { dynamic, into } => {
            out.sql("EXECUTE ");
            expression(out, &dynamic.text);
            self::into(out, into.as_ref());
            using(out, &dynamic.arguments);
        }
        ProceduralStatement::If { branches, otherwise } => {
            for (place, (condition, body)) in branches.iter().enumerate() {
                out.sql(if place == 0 { "IF " } else { "ELSIF " });
                expression(out, condition);
                out.sql(" THEN ");
                statements(out, body);
            }
            if !otherwise.is_empty() {
                out.sql("ELSE ");
                statements(out, otherwise);
            }
            out.sql("END IF");
        }
        ProceduralStatement::Loop { condition, body } => {
            if let Some(condition) = condition {
                out.sql("WHILE ");
                expression(out, condition);
                out.sql(" ");
            }
            loop_body(out, body);
        }
        ProceduralStatement::ForRange { variable, reverse, first, last, step, body } => {
            out.sql("FOR ");
            out.identifier(variable);
            out.sql(" IN ");
            sql_if(out, *reverse, "REVERSE ");
            expression(out, first);
            out.sql(" .. ");
            expression(out, last);
            if let Some(step) = step {
                out.sql(" BY ");
                expression(out, step);
            }
            out.sql(" ");
            loop_body(out, body);
        }
        ProceduralStatement::ForQuery { targets, query: rows, body } => {
            out.sql("FOR ");
            separated(out, ", ", targets, |out, target| out.identifier(target));
            out.sql(" IN ");
            match rows {
                LoopQuery::Query(rows) => query(out, rows),
                LoopQuery::Execute(dynamic) => {
                    out.sql("EXECUTE ");
                    expression(out, &dynamic.text);
                    using(out, &dynamic.arguments);
                }
            }
            out.sql(" ");
            loop_body(out, body);
        }
        ProceduralStatement::Exit(condition) => jump(out, "EXIT", condition.as_ref()),
        ProceduralStatement::Continue(condition) => jump(out, "CONTINUE", condition.as_ref()),
        ProceduralStatement::Return => out.sql("RETURN"),
        ProceduralStatement::Raise { level, condition, message, arguments, options } => {
            out.sql("RAISE");
            if message.is_some() || condition.is_some() || !options.is_empty() {
                out.sql(match level {
                    RaiseLevel::Debug => " DEBUG ",
                    RaiseLevel::Log => " LOG ",
                    RaiseLevel::Info => " INFO ",
                    RaiseLevel::Notice => " NOTICE ",
                    RaiseLevel::Warning => " WARNING ",
                    RaiseLevel::Exception => " EXCEPTION ",
                });
            }
            condition.iter().for_each(|known| self::condition(out, known));
            message.iter().for_each(|message| out.string(message));
            for argument in arguments {
                out.sql(", ");
                expression(out, argument);
            }
            sql_if(
                out,
                !options.is_empty(),
                if message.is_some() || condition.is_some() { " USING " } else { "USING " },
            );
            separated(out, ", ", options, |out, (option, value)| {
                out.sql(match option {
                    RaiseOption::Errcode => "ERRCODE = ",
                    RaiseOption::Message => "MESSAGE = ",
                    RaiseOption::Detail => "DETAIL = ",
                    RaiseOption::Hint => "HINT = ",
                });
                expression(out, value);
            });
        }
        ProceduralStatement::Assert { condition, message } => {
            out.sql("ASSERT ");
            expression(out, condition);
            if let Some(message) = message {
                out.sql(", ");
                expression(out, message);
            }
        }
        ProceduralStatement::Case { branches, otherwise } => {
            out.sql("CASE ");
            for (condition, body) in branches {
                out.sql("WHEN ");
                expression(out, condition);
                out.sql(" THEN ");
                statements(out, body);
            }
            if let Some(otherwise) = otherwise {
                out.sql("ELSE ");
                statements(out, otherwise);
            }
            out.sql("END CASE");
        }
        ProceduralStatement::GetRowCount(variable) => {
            out.sql("GET DIAGNOSTICS ");
            out.identifier(variable);
            out.sql(" = ROW_COUNT");
        }
    }
}

fn into(out: &mut impl Output, into: Option<&Into>) {
    if let Some(Into { strict, targets }) = into {
        out.sql(" INTO ");
        sql_if(out, *strict, "STRICT ");
        separated(out, ", ", targets, |out, target| out.identifier(target));
    }
}

fn using(out: &mut impl Output, arguments: &[Expression]) {
    sql_if(out, !arguments.is_empty(), " USING ");
    separated(out, ", ", arguments, expression);
}

fn loop_body(out: &mut impl Output, body: &[ProceduralStatement]) {
    out.sql("LOOP ");
    statements(out, body);
    out.sql("END LOOP");
}

fn jump(out: &mut impl Output, word: &str, condition: Option<&Expression>) {
    out.sql(word);
    if let Some(condition) = condition {
        out.sql(" WHEN ");
        expression(out, condition);
    }
}
