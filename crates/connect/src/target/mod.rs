//! How is a database written in which what comes in is to stand?
//!
//! One way for all of them: [`apply`] and [`undo`] speak through a `Link`, which each kind of database has, in statements that
//! [`statement`] makes of a mapping. Values are bound, and what stands there afterwards is read again and compared.
//!
//! | file | answers |
//! |---|---|
//! | [`session`], [`applied`] | what is there, and what follows from what was applied? |
//! | [`apply`], [`undo`] | how is a group applied once, and undone? |
//! | [`marker`] | by what is it known that a group was applied? |
//! | [`dialect`], [`statement`] | in which words? |
//! | [`link`], [`sqlite`], [`postgres`], [`mariadb`] | over which connection? |
//! | [`wanted`], [`prepare`] | which table and rights does it need, and how are they made? |

mod applied;
mod apply;
mod dialect;
mod link;
mod mariadb;
mod marker;
mod postgres;
mod prepare;
mod session;
mod sqlite;
mod statement;
mod undo;
mod wanted;

use std::path::{Path, PathBuf};
use std::time::Duration;

use causeway_flow::accept::target::{Layout, Session, Target, TargetError};
use causeway_model::catalogue::{self, TargetConnection};

pub use prepare::prepare;

use session::Open;

/// How long a statement may take and a lock is waited for, where the catalogue does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// A target of the catalogue; its paths are relative to `base`, the folder of the catalogue. Nothing is connected before it is
/// opened.
pub fn open(target: &catalogue::Target, base: &Path) -> Box<dyn Target> {
    Box::new(Declared { target: target.clone(), base: base.to_owned() })
}

struct Declared {
    target: catalogue::Target,
    base: PathBuf,
}

impl Target for Declared {
    fn name(&self) -> &str {
        &self.target.name
    }

    fn open(&self, layout: &Layout) -> Result<Box<dyn Session>, TargetError> {
        let name = self.target.name.as_str();
        let patience = self.target.statement_timeout_s.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.into()));
        match &self.target.connect {
            TargetConnection::Sqlite { path } => {
                let link = sqlite::Sqlite::open(name, path, &self.base.join(path), patience)?;
                Ok(Box::new(Open::new(name, layout, link)?))
            }
            TargetConnection::Postgres(server) => {
                let link = postgres::Postgres::open(name, server, &self.base, patience)?;
                Ok(Box::new(Open::new(name, layout, link)?))
            }
            TargetConnection::Mariadb(server) => {
                let link = mariadb::Mariadb::open(name, server, &self.base, patience)?;
                Ok(Box::new(Open::new(name, layout, link)?))
            }
        }
    }
}
