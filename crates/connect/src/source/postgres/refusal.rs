//! What does trouble with a server mean, told without the server's own words?
//!
//! A server's message may quote what it read or was sent. So only its code is told (SQLSTATE, PostgreSQL's documentation,
//! appendix A), and what we make of it.

use std::error::Error as _;

use causeway_flow::source::SourceError;
use causeway_model::Code;
use causeway_model::catalogue::Server;
use tokio_postgres::Error;

use crate::source::Refuse;

/// What a refused connection means.
pub(crate) fn refused(origin: &str, server: &Server, error: &Error) -> SourceError {
    let (place, user) = (place(server), &server.user);
    let refuse = Refuse(origin);
    if let Some(state) = error.code().map(|state| state.code()) {
        let why = match state {
            "28P01" | "28000" => format!(
                "refuses the user or the password of `{user}` ({state}), or its `pg_hba.conf` asks for something else"
            ),
            "3D000" => format!("has no database `{}` ({state})", server.database),
            "42501" => format!("does not let `{user}` into database `{}` ({state})", server.database),
            "53300" => format!("has no connection left ({state}): try again"),
            "57P03" => format!("is starting or stopping ({state}): try again"),
            _ => format!("refuses the connection (its code {state})"),
        };
        return refuse.unreachable(format!("{place} {why}"));
    }
    let (tls, io) = causes(error);
    if let Some(tls) = tls {
        let tls = if tls.contains("UnknownIssuer") { format!("{tls}: nobody known signed it") } else { tls };
        return refuse.unreachable(format!("no protected connection to {place}: {tls}"));
    }
    let told = error.source().map(ToString::to_string).unwrap_or_default();
    if told.contains("password missing") {
        let detail = format!("{place} asks for a password: name the place where it is kept as `password`");
        return refuse.unreachable(detail);
    }
    if told.contains("does not support TLS") {
        let detail =
            format!("{place} offers no TLS: have it set up there (`ssl = on`), or write `tls: {{ mode: off }}`");
        return refuse.unreachable(detail);
    }
    let why = io.map_or_else(|| "it does not answer as PostgreSQL does".to_owned(), |kind| kind.to_string());
    refuse.unreachable(format!("{place} cannot be reached: {why}"))
}

/// Host and port.
pub(super) fn place(server: &Server) -> String {
    format!("`{}:{}`", server.host, server.port.unwrap_or(super::PORT))
}

/// The trouble of TLS, and the kind of the system's, under an error.
fn causes(error: &Error) -> (Option<String>, Option<std::io::ErrorKind>) {
    let (mut tls, mut io) = (None, None);
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<rustls::Error>() {
            tls = Some(found.to_string());
        }
        if let Some(found) = inner.downcast_ref::<std::io::Error>() {
            io = Some(found.kind());
            let under = found.get_ref().and_then(|under| under.downcast_ref::<rustls::Error>());
            tls = tls.or_else(|| under.map(ToString::to_string));
        }
        cause = inner.source();
    }
    (tls, io)
}

/// What a refused statement means; `doing` is read after "while".
pub(super) fn statement_error(origin: &str, doing: &str, error: &Error) -> SourceError {
    let refuse = Refuse(origin);
    let Some(database) = error.as_db_error() else {
        let why = causes(error).1.map_or_else(|| "the server hung up".to_owned(), |kind| kind.to_string());
        return refuse.early(format!("the connection broke while {doing}: {why}"));
    };
    let state = database.code().code();
    let coded = |code: Code, detail: String| SourceError::new(code, origin, detail);
    // Names of tables and columns are no values.
    let what = match (database.table(), database.column()) {
        (Some(table), Some(column)) => format!(", column `{column}` of `{table}`"),
        (Some(table), None) => format!(", table `{table}`"),
        _ => String::new(),
    };
    match state {
        "42501" => refuse.unreachable(format!("the user may not do that while {doing}{what} ({state}): grant SELECT")),
        "42P01" | "42703" | "3F000" => {
            refuse.missing(format!("a table or column is not there while {doing}{what} ({state})"))
        }
        "42804" | "42883" | "42846" => {
            coded(Code::ColumnRetyped, format!("a type does not fit while {doing}{what} ({state})"))
        }
        "55P03" => coded(
            Code::SourceLimit,
            format!("the table is locked by somebody who changes it, while {doing} ({state}): run again later"),
        ),
        "57014" => coded(
            Code::SourceLimit,
            format!(
                "the server ended the statement while {doing} ({state}): its own `statement_timeout` is its limit, or somebody cancelled it"
            ),
        ),
        "25P03" | "25P04" => {
            coded(Code::SourceLimit, format!("the server ended our transaction while {doing} ({state}): its own limit"))
        }
        "40001" | "40P01" => refuse.early(format!(
            "the replica gave up our snapshot while {doing} ({state}), to follow its primary: see `hot_standby_feedback`"
        )),
        "22P05" | "22021" => coded(
            Code::InvalidUtf8,
            format!("a text has no form in UTF-8, found while {doing} ({state}): mend it in the source"),
        ),
        "57P01" | "57P02" | "57P05" => {
            refuse.early(format!("the server ended the connection while {doing} ({state})"))
        }
        _ => refuse.early(format!("the server refused while {doing}{what} (its code {state})")),
    }
}
