//! Which of our errors does a server's trouble become? Never one with a value in it: the server's own words may quote one.

use std::io;

use causeway_flow::source::SourceError;
use causeway_model::Code;

use super::fields::Fields;
use crate::source::Refuse;

/// What went wrong in a conversation.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server says no, by its error number.
    Refused(u16),
    /// The connection ended.
    Cut,
    /// The network failed.
    Network(io::ErrorKind),
    /// The server, or we, could not be made sure of.
    Unverified(String),
    /// It says what a server never would.
    Garbled(&'static str),
    /// A row is longer than so many MiB.
    Oversize(usize),
    /// We stopped waiting, and why.
    Stop(SourceError),
}

impl Trouble {
    /// The error packet of a server, without its text.
    pub(super) fn of_packet(packet: &[u8]) -> Self {
        let mut fields = Fields(packet);
        fields.u8();
        fields.u16().map_or(Self::Garbled("an error without a number"), Self::Refused)
    }

    pub(super) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Self::Cut,
            io::ErrorKind::InvalidData => Self::Unverified("a record of TLS is damaged".to_owned()),
            kind => Self::Network(kind),
        }
    }

    /// Trouble while a connection is protected.
    pub(super) fn of_tls(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(inner) => Self::Unverified(format!("TLS fails: {inner}")),
            None => Self::of_io(error),
        }
    }

    /// Whether nothing more can be said on this connection.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Refused(number) => matches!(number, 1053 | 1077 | 1079 | 1927),
            Self::Stop(_) => false,
            _ => true,
        }
    }

    /// The error of `origin`, where `what` was being done: `reading table …`.
    pub(super) fn error(self, origin: &str, what: &str) -> SourceError {
        let refuse = Refuse(origin);
        match self {
            Self::Stop(error) => error,
            Self::Cut => refuse.early(format!("{what}: the server ended the connection")),
            Self::Network(kind) => refuse.early(format!("{what}: {kind}")),
            Self::Unverified(why) => refuse.unreachable(format!("{what}: {why}")),
            Self::Garbled(why) => refuse.malformed(format!("{what}: {why}, as no MariaDB or MySQL server speaks")),
            Self::Oversize(most) => refuse.oversize(format!("{what}: a row is longer than {most} MiB")),
            Self::Refused(number) => {
                let (code, words) = meaning(number);
                SourceError::new(code, origin, format!("{what}: {words} (the server's error {number})"))
            }
        }
    }
}

/// What an error number means, for those that an operator meets.
fn meaning(number: u16) -> (Code, &'static str) {
    let unreachable = |words| (Code::SourceUnreachable, words);
    let early = |words| (Code::SourceEndedEarly, words);
    match number {
        1045 | 1698 | 1862 => unreachable("the server does not accept this user with this password or certificate"),
        1044 => unreachable("this user may not use the database"),
        1049 => unreachable("there is no such database"),
        1040 | 1203 | 1226 => unreachable("the server takes no more connections"),
        1129 | 1130 => unreachable("the server takes no connections from this host"),
        3159 => unreachable("the server wants the connection protected: leave `tls.mode` out"),
        1142 | 1143 | 1227 | 1370 => unreachable("this user has no right to do that"),
        1356 => unreachable("a view leads to what is not there, or whoever defined it has no right to that"),
        1205 => (Code::SourceLimit, "a table is locked by somebody who changes it: run it again later"),
        1213 => early("the server gave the statement up for somebody else's lock"),
        1054 => (Code::ColumnMissing, "a column is not there"),
        1051 | 1146 => (Code::ColumnMissing, "there is no such table or view"),
        1969 | 3024 => (Code::SourceLimit, "the server's own limit for a statement has passed"),
        1317 => early("somebody stopped the statement"),
        1053 | 1077 | 1079 | 1927 => early("somebody ended the connection, or shut the server down"),
        1412 => early("the table was altered after the snapshot was taken: run it again"),
        _ => unreachable("the server refuses"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_own_words_are_not_repeated() {
        let packet = b"\xff\x28\x04#42000near 'Zuri' at line 1";
        let error = Trouble::of_packet(packet).error("store", "reading table `person`");
        assert_eq!(error.detail, "reading table `person`: the server refuses (the server's error 1064)");
    }
}
