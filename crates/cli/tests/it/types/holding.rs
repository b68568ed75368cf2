//! What is a store of edges, and what must come of each?

use super::read_back::Record;
use super::{Comes, Edge};

/// A store of edges, as the catalogue declares it.
pub(super) struct Holding {
    /// Name of the source, and of the entity.
    pub(super) name: &'static str,
    /// How it is reached, as the catalogue writes it.
    pub(super) connect: String,
    /// Whether it is a database, whose table is `edge`.
    pub(super) is_database: bool,
    /// Whether a text that is not there is an empty text.
    pub(super) empty_is_text: bool,
    pub(super) edges: &'static [Edge],
}

/// How the catalogue reaches a database on this machine.
pub(super) fn server(kind: &str, port: u16, name: &str) -> String {
    format!(
        "{{ {kind}: {{ host: 127.0.0.1, port: {port}, database: {name}, user: {name}, password: {{ file: password }}, tls: {{ mode: off }} }} }}"
    )
}

/// The columns of a store: one for each two types that meet in an edge.
pub(super) fn columns(edges: &[Edge]) -> Vec<(&'static str, &'static str)> {
    let mut columns = Vec::new();
    for (column, element, ..) in edges {
        if !columns.contains(&(*column, *element)) {
            columns.push((*column, *element));
        }
    }
    columns
}

/// The column that holds an edge.
pub(super) fn column(edges: &[Edge], edge: &Edge) -> usize {
    columns(edges).iter().position(|column| *column == (edge.0, edge.1)).unwrap()
}

/// Name of the record of an edge.
pub(super) fn label(number: usize) -> String {
    format!("e{number}")
}

/// The statements that fill a database.
pub(super) fn script(edges: &[Edge]) -> String {
    let declared: String = columns(edges).iter().enumerate().map(|(at, (kind, _))| format!(", c{at} {kind}")).collect();
    let mut script = format!("CREATE TABLE edge (no integer PRIMARY KEY, label varchar(9) NOT NULL{declared});\n");
    for (number, edge) in edges.iter().enumerate() {
        let (at, label, value) = (column(edges, edge), label(number), edge.2);
        script += &format!("INSERT INTO edge (no, label, c{at}) VALUES ({number}, '{label}', {value});\n");
    }
    script
}

/// What a text of a table stands for.
pub(super) fn expanded(text: &str) -> String {
    let times = text.rsplit_once('*').and_then(|(unit, count)| Some(unit.repeat(count.parse().ok()?)));
    times.unwrap_or_else(|| text.to_owned())
}

/// Element, code, the value as it came.
pub(super) type Reason = (String, String, Option<String>);

impl Holding {
    /// What is wrong with what came of an edge.
    pub(super) fn compare(
        &self,
        number: usize,
        edge: &Edge,
        kind: &str,
        record: Option<&Record>,
        reasons: &[Reason],
    ) -> Result<(), String> {
        let field = format!("c{}", column(self.edges, edge));
        let subject = format!("{}.{field}", self.name);
        let expected = match edge.3 {
            Comes::Not(code) => {
                return match (record, reasons) {
                    (None, [(about, why, Some(_))]) if *about == subject && why == code => Ok(()),
                    _ => Err(format!(
                        "{subject} {code} is not the only reason of edge {number}: {record:?}, {reasons:?}"
                    )),
                };
            }
            Comes::As(text) => Some(expanded(text)),
            Comes::Nothing => None,
        };
        let record = record.ok_or_else(|| format!("edge {number} is not there: {reasons:?}"))?;
        for (at, (_, element)) in columns(self.edges).iter().enumerate() {
            let name = format!("c{at}");
            let elsewhere = (self.empty_is_text && *element == "text").then(String::new);
            let meant = if name == field { &expected } else { &elsewhere };
            let meant = meant.as_ref().filter(|text| kind != "csv" || !text.is_empty());
            let found = record.get(&name).ok_or_else(|| format!("there is no field {name}"))?;
            if found.as_ref() != meant {
                return Err(format!("{name} of edge {number} is {found:?}"));
            }
        }
        if record.len() == columns(self.edges).len() { Ok(()) } else { Err("there are more fields".to_owned()) }
    }
}
