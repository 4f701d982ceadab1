//! Scripts for psql (manual, "psql").
//!
//! psql has one connection. A trace of several sessions becomes a shell script that runs one psql for each, gives them
//! the steps in turn, and shows what each answers; a step that has not answered after a while is left waiting.

use super::{Item, comments, sessions, statements};
use crate::sql::quoted_identifier;
use crate::trace::Action;

pub(super) fn write(header: &[String], items: &[Item<'_>]) -> String {
    let sessions = sessions(items.iter().map(|item| item.step));
    match sessions.as_slice() {
        [] | [_] => one(header, items),
        several => many(header, several, items),
    }
}

/// A script for one psql.
fn one(header: &[String], items: &[Item<'_>]) -> String {
    let mut text = comments(header, "--");
    text.push_str("-- Run it with: psql -X -a -f FILE, in a database of its own\n\n");
    text.extend(items.iter().map(input));
    text
}

const PROLOGUE: &str = r#"# Run it with bash, with PGHOST, PGUSER, PGDATABASE and so on set for psql, in a database of its own.
set -u
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait 2>/dev/null; rm -rf "$folder"' EXIT

# Starts the psql of a session; $2 is the descriptor that leads to it.
session() {
  mkfifo "$folder/$1"
  psql -X -q <"$folder/$1" >"$folder/$1.out" 2>&1 &
  echo $! >"$folder/$1.process"
  eval "exec $2>\"\$folder/$1\""
  echo 0 >"$folder/$1.shown"
}

# Gives a session its next step, from standard input, and shows what came of it within a second.
step() {
  local session=$1 descriptor=$2 number=$3 input
  input=$(cat)
  printf '%s: %s\n' "$session" "$input"
  printf '%s\n\\echo step %s is over\n' "$input" "$number" >&"$descriptor"
  for _ in {1..20}; do
    grep -q "^step $number is over\$" "$folder/$session.out" && break
    sleep 0.05
  done
  show
}

# Cancels what a session waits for, as Ctrl-C does.
cancel() {
  printf '%s is cancelled\n' "$1"
  kill -INT "$(cat "$folder/$1.process")"
  sleep 0.5
  show
}

# Shows what has come from any session since the last time.
show() {
  local file session from to
  for file in "$folder"/*.out; do
    session=$(basename "$file" .out)
    from=$(cat "$folder/$session.shown")
    to=$(wc -l <"$file")
    sed -n "$((from + 1)),${to}p" "$file" | sed -e '/^step [0-9]* is over$/d' -e "s/^/    $session> /"
    echo "$to" >"$folder/$session.shown"
  done
}
"#;

/// A shell script for several psqls.
fn many(header: &[String], sessions: &[&str], items: &[Item<'_>]) -> String {
    // Descriptors below 10 are the shell's own.
    let descriptor = |name: &str| 10 + sessions.iter().position(|session| *session == name).unwrap_or_default();
    let mut text = format!("#!/usr/bin/env bash\n{}{PROLOGUE}\n", comments(header, "#"));
    for session in sessions {
        text.push_str(&format!("session {session} {}\n", descriptor(session)));
    }
    for (number, item) in items.iter().enumerate() {
        if let Action::Crash | Action::Restart | Action::Promote = item.step.action {
            text.push_str(&format!("\nread -rp '{} '\n", by_hand(&item.step.action)));
            continue;
        }
        let session = &item.step.session;
        if item.step.action == Action::Cancel {
            text.push_str(&format!("\ncancel {session}\n"));
            continue;
        }
        let input = input(item);
        let end = (0..).map(|count| format!("END{}", "_".repeat(count))).find(|end| !input.contains(end.as_str()));
        let end = end.unwrap_or_default();
        text.push_str(&format!("\nstep {session} {} {} <<'{end}'\n{input}{end}\n", descriptor(session), number + 1));
    }
    // What the last step woke may take a moment.
    text.push_str("\nsleep 1\nshow\n");
    text
}

/// What psql is given for a step.
fn input(item: &Item<'_>) -> String {
    match &item.step.action {
        Action::Query { sql, copy_data } => {
            // psql would send each statement as a query of its own; \; keeps them together.
            let statements = statements(sql);
            let mut text = match statements.is_empty() {
                true => ";\n".to_owned(),
                // A comment at the end would swallow the semicolon.
                false if sql.contains("--") => format!("{}\n;\n", statements.join("\n\\; ")),
                false => format!("{};\n", statements.join("\\; ")),
            };
            let takes_data = !copy_data.is_empty() || sql.to_ascii_uppercase().contains("FROM STDIN");
            if takes_data {
                copy_data.iter().for_each(|line| text.push_str(&format!("{line}\n")));
                text.push_str("\\.\n");
            }
            text
        }
        Action::Connect { role: Some(role) } => format!("\\connect - {}\n", quoted_identifier(role)),
        Action::Connect { role: None } => "\\connect -\n".to_owned(),
        // psql cannot be without a connection; a new one is as good for what dies with the old.
        Action::Disconnect => "\\connect -\n".to_owned(),
        Action::Checkpoint => "CHECKPOINT;\n".to_owned(),
        // Whoever reads this line waits for nobody.
        Action::Cancel => String::new(),
        Action::Standby => format!("\\prompt '{} ' host\n\\connect - - :host -\n", by_hand(&item.step.action)),
        Action::Crash | Action::Restart | Action::Promote => {
            format!("\\prompt '{} ' done\n\\connect -\n", by_hand(&item.step.action))
        }
    }
}

/// What psql has no command for.
fn by_hand(action: &Action) -> &'static str {
    match action {
        Action::Crash => "Stop the server with pg_ctl stop -m immediate, start it again, and press Enter.",
        Action::Standby => "Let a standby replay everything, and name its host or socket directory.",
        Action::Promote => "Promote the standby with pg_ctl promote, and press Enter.",
        _ => "Restart the server, and press Enter.",
    }
}
