//! What does the server answer when it is asked about itself?

use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Server, Source};

use super::PostgresSource;
use super::worker::Worker;
use crate::source::pace::{Brakes, RealPace};

/// Rows of texts.
pub(crate) type Answer = Vec<Vec<Option<String>>>;

/// Answers to statements all of whose columns are text, asked in one read-only transaction.
pub(crate) fn answers(
    source: &Source,
    server: &Server,
    base: &Path,
    statements: &'static [&'static str],
) -> Result<Vec<Answer>, SourceError> {
    let brakes = Arc::new(Brakes::new(source, Arc::new(RealPace::default()))?);
    let (name, server, base) = (source.name.clone(), server.clone(), base.to_owned());
    let worker = Worker::start(PostgresSource { name, server, base, brakes, max_age: None }, None)?;
    worker.ask(|session, runtime| {
        let ask = |statement: &&'static str| {
            let rows = runtime.block_on(session.rows(statement, &[]))?;
            let fields = |row: &tokio_postgres::Row| (0..row.len()).map(|at| session.field(row, at)).collect();
            rows.iter().map(fields).collect::<Result<Answer, _>>()
        };
        statements.iter().map(ask).collect()
    })
}
