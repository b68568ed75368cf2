//! How fast is a table of a database server read?
//!
//!     CAUSEWAY_PASSWORD=… cargo run --release -p causeway-connect --example read_server -- \
//!         mariadb 127.0.0.1 3306 DATABASE USER TABLE enrolment:integer taken:date name:text
//!
//! Reads without TLS and prints rows a second; measure the CPU from outside (`time`).

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use causeway_connect::source::{self, Pace, RealPace};
use causeway_flow::source::{Hint, Scan, ScanColumn, Watch};
use causeway_model::catalogue::{Connection, Limits, Secret, Server, SnapshotMode, Source, Tls, TlsMode};
use causeway_model::environment::DataKind;
use causeway_model::{ElementRef, ValueType};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kind, host, port, database, user, table, columns @ ..] = arguments.as_slice() else {
        return Err("KIND HOST PORT DATABASE USER TABLE COLUMN:TYPE…".into());
    };
    let server = Server {
        host: host.clone(),
        port: Some(port.parse()?),
        database: database.clone(),
        user: user.clone(),
        password: Some(Secret::Env("CAUSEWAY_PASSWORD".to_owned())),
        tls: Tls { mode: TlsMode::Off, ..Tls::default() },
        snapshot: SnapshotMode::Transaction,
    };
    let connect = match kind.as_str() {
        "mariadb" => Connection::Mariadb(server),
        "postgres" => Connection::Postgres(server),
        other => return Err(format!("`{other}` is no kind of server: mariadb or postgres").into()),
    };
    let source = Source {
        name: "server".to_owned(),
        description: String::new(),
        data: DataKind::Real,
        connect,
        limits: Limits::default(),
    };
    let columns: Vec<ScanColumn> = columns.iter().map(|column| parse(column)).collect::<Result<_, _>>()?;
    let scan = Scan {
        source: source.name.clone(),
        entity: "record".to_owned(),
        table: Some(table.clone()),
        columns,
        hint: Hint::default(),
    };
    let pace = RealPace::default();
    let mut snapshot =
        source::open(&source, Path::new("."))?.snapshot(jiff::Timestamp::UNIX_EPOCH, &Watch::default())?;
    let (mut rows, mut faulty) = (0_usize, 0_usize);
    for batch in snapshot.scan(&scan)? {
        let batch = batch?;
        rows += batch.records.num_rows();
        faulty += batch.faults.iter().count();
    }
    drop(snapshot);
    let seconds = pace.elapsed().as_secs_f64();
    println!("{rows} rows, {faulty} of them faulty, {seconds:.2} s, {:.0} rows a second", rows as f64 / seconds);
    Ok(())
}

fn parse(column: &str) -> Result<ScanColumn, Box<dyn Error>> {
    let (name, value_type) = column.split_once(':').ok_or("a column is NAME:TYPE")?;
    let codes = ["face", "fingerprint", "iris"].map(str::to_owned);
    Ok(ScanColumn {
        name: name.to_owned(),
        element: ElementRef::new("record", name),
        column: name.to_owned(),
        value_type: if value_type == "code" { ValueType::Code("code".to_owned()) } else { value_type.parse()? },
        codes: Some(Arc::new(BTreeSet::from(codes))),
        max_length: 10_000,
        optional: true,
        format: None,
    })
}
