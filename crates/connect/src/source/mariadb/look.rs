//! What does a server tell about a database and about our rights there?

use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::{SourceError, Watch};
use causeway_model::catalogue::{Server, Source};

use super::MariadbSource;
use super::session::Session;
use super::tables::{self, Column};
use super::target::Target;
use crate::source::pace::{Brakes, RealPace};
use crate::source::pump::Run;

/// What a server tells about a database.
pub(crate) struct Looked {
    /// The columns that we have some right to.
    pub(crate) columns: Vec<Column>,
    /// Our rights, a statement each, as `SHOW GRANTS` writes them.
    pub(crate) grants: Vec<String>,
}

/// Asks the server of `source`; files are relative to `base`.
pub(crate) fn look(source: &Source, server: &Server, base: &Path) -> Result<Looked, SourceError> {
    let brakes = Arc::new(Brakes::new(source, Arc::new(RealPace::default()))?);
    let (name, server, base) = (source.name.clone(), server.clone(), base.to_owned());
    let run = Run { origin: name.clone(), watch: Watch::default(), brakes: brakes.clone(), closes: None };
    let target = Arc::new(Target::new(&MariadbSource { name, server, base, brakes, max_age: None })?);
    let mut session = Session::open(&target, &run)?;
    let columns = tables::columns(&mut session, None);
    let columns = columns.map_err(|trouble| session.refuse(trouble, "looking at the tables"))?;
    let grants = session.rows("SHOW GRANTS").map_err(|trouble| session.refuse(trouble, "looking at our rights"))?;
    session.quit();
    Ok(Looked { columns, grants: grants.into_iter().flatten().flatten().collect() })
}
