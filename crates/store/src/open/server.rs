//! Is this PostgreSQL server one that we can trust our memory to?

use crate::StoreError;
use crate::db::{Pool, query};

/// The oldest version that we know to work.
const OLDEST: i64 = 130_000;

/// Refuses a server that is too old, a database in another encoding than UTF-8, a standby, and a user who may not work.
pub(super) async fn check(pool: &Pool) -> Result<(), StoreError> {
    let unfit = |what: String, help| Err(StoreError::Unfit { what, help });
    let row = query(
        "SELECT current_setting('server_version_num')::bigint AS version, current_setting('server_encoding') AS encoding, \
         pg_is_in_recovery() AS standby, current_schema()::text AS schema, \
         coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create",
    )
    .fetch_one(pool)
    .await?;
    let cells = crate::db::Cells::new(&row, "the server's settings", "version");
    let version: i64 = cells.get("version")?;
    if version < OLDEST {
        return unfit(format!("it has version {}", version / 10_000), "install PostgreSQL 13 or a newer one");
    }
    let encoding: &str = cells.get("encoding")?;
    if encoding != "UTF8" {
        return unfit(format!("the database's encoding is `{encoding}`"), "make a database with ENCODING 'UTF8'");
    }
    if cells.get("standby")? {
        return unfit("it is a standby, which takes no changes".to_owned(), "connect to the primary");
    }
    if cells.get::<Option<&str>>("schema")?.is_none() {
        return unfit(
            "none of the schemas in the user's search_path exists".to_owned(),
            "make one, or set the user's search_path",
        );
    }
    if !cells.get::<bool>("may_create")? && super::schema::version(pool).await? < super::schema::newest() {
        return unfit(
            "the tables must be made or brought up to date, and our user may not".to_owned(),
            "run `GRANT CREATE ON SCHEMA … TO …` for as long as that takes",
        );
    }
    rights(pool).await
}

/// Where tables are already, we may read and write each of them.
async fn rights(pool: &Pool) -> Result<(), StoreError> {
    // Names of ours, none of which holds a quote.
    let tables = crate::backup::tables().join("', '");
    let lacking = query(format!(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() \
         AND tablename IN ('schema_version', 'schema_writer', '{tables}') \
         AND NOT (has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT') \
         AND has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT')) ORDER BY 1 LIMIT 1",
    ));
    match lacking.fetch_optional(pool).await? {
        None => Ok(()),
        Some(row) => Err(StoreError::Unfit {
            what: format!("our user may not read and write the table `{}`", row.only::<String>()?),
            help: "let the owner of the tables be the user in the configuration",
        }),
    }
}
