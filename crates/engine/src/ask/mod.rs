//! What does the process that answers over the network ask of the one that works, and what is it told?
//!
//! - [`Ask`] and [`Answer`]: the two heads, each with a body behind it;
//! - [`frame`]: how both lie on the socket;
//! - [`Line`]: the end of `serve`, which holds nothing but the socket's name;
//! - [`Desk`]: the end of `work`, which acts.
//!
//! INVARIANT (serve writes nothing): no row and no file. What is to be written, signed or opened is asked for here.

mod answer;
mod call;
mod desk;
mod frame;
mod line;
mod sign;
mod socket;
#[cfg(test)]
mod tests;

use causeway_model::Violation;
use serde::{Deserialize, Serialize};

pub use answer::said;
pub use call::{
    Call, Given, GivenLists, KeysAsked, LONGEST_BODY, LookUpAsked, Page, PingCall, PingMeant, RecordsAsked,
    ReplayAsked, RowsAsked, SandboxAsked, SignedDocument, TransferAsked,
};
pub use desk::Desk;
pub use line::{Line, Unanswered};

pub use crate::ping::Sent;
use crate::token::{Granted, Password, Presented, Refusal};

/// The socket's name, in the folder `run` of an installation.
const SOCKET: &str = "work.sock";

/// What is asked of `work`. It has no `Debug`: an ask may hold a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Can something be written? It is taken back.
    Trial,
    /// May this program have a token?
    Token {
        /// What it presents.
        presented: Presented,
    },
    /// By which schemes does the key of the API sign, if it is the one of this certificate?
    TlsKey {
        /// The certificate, DER in hexadecimal.
        certificate: String,
    },
    /// Sign what a TLS 1.3 server signs.
    TlsSign {
        /// The scheme, as TLS numbers it.
        scheme: u16,
        /// What is to be signed, hexadecimal.
        message: String,
    },
    /// May this program have a token, which proves itself by a password?
    PingToken {
        /// What it presents.
        presented: Password,
    },
    /// A call at the door of PING's clients; records that are sent lie in the body.
    Ping {
        /// The token, as it was presented.
        token: String,
        /// The subscription key, as it was presented.
        key: String,
        /// Where it called from.
        address: String,
        /// What the call is about.
        meant: PingMeant,
        /// What is asked for.
        call: PingCall,
    },
    /// So much of a part was handed over: told afterwards, when the program's own token may have ended.
    Given {
        /// What was given when it was begun.
        taking: String,
        /// How many bytes, from the first one on.
        bytes: u64,
    },
    /// A call of the API.
    Call {
        /// The token, as it was presented.
        token: String,
        /// SHA-256 of the certificate that the connection showed.
        certificate: Option<String>,
        /// What is asked for.
        call: Call,
    },
}

impl Ask {
    /// How long the body behind it may be.
    fn longest_body(&self) -> usize {
        match self {
            Self::Call { call, .. } if call.brings() => LONGEST_BODY,
            Self::Ping { call: PingCall::Ingest { .. }, .. } => LONGEST_BODY,
            _ => 0,
        }
    }
}

/// How it came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Here it is.
    Shown,
    /// It is there now.
    Made,
    /// It was begun.
    Begun,
}

/// What `work` answers; what is shown lies in the body behind it. It has no `Debug`: it may hold a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// It was done.
    Done,
    /// A token.
    Token {
        /// It.
        granted: Granted,
    },
    /// No token.
    NoToken {
        /// Why, as far as anybody is told.
        refusal: Refusal,
    },
    /// Whoever asks must wait.
    Wait {
        /// So many seconds.
        seconds: u64,
    },
    /// It was done, and what is said of it lies in the body, as JSON.
    Said {
        /// How it came out.
        status: Status,
        /// Where it is found from now on, behind the base of the API.
        location: Option<String>,
        /// How far it has come, in a word, where it is not done yet.
        progress: Option<String>,
    },
    /// What is told about people lies in the body.
    Told {
        /// As a JWE to the program's key, or as JSON.
        sealed: bool,
    },
    /// So much of an upload is here.
    Upload {
        /// Whether it was begun just now.
        begun: bool,
        /// Its id.
        upload: String,
        /// How many bytes are here.
        received: u64,
        /// Whether nothing comes behind them.
        is_whole: bool,
    },
    /// A piece was passed over: it does not lie behind what is here.
    Elsewhere {
        /// How many bytes are here.
        received: u64,
    },
    /// The part may be sent.
    Part {
        /// Its SHA-256, hexadecimal.
        sha256: String,
        /// Its bytes.
        size: u64,
    },
    /// Those bytes of the part may be sent, from now on.
    Begun {
        /// What is shown when it is told how many were.
        taking: String,
    },
    /// By these schemes.
    Schemes {
        /// As TLS numbers them, the best first.
        schemes: Vec<u16>,
    },
    /// A signature.
    Signature {
        /// It, hexadecimal.
        signature: String,
    },
    /// The token is none.
    NobodyKnown,
    /// There is nothing of this name, for whoever calls.
    NotThere,
    /// Rules deny it.
    Refused {
        /// Why.
        violations: Vec<Violation>,
    },
    /// It makes no sense as it stands.
    Wrong {
        /// A word for it.
        code: String,
        /// Why, for whoever wrote it; nothing of a person.
        detail: String,
    },
    /// It could not be done, for a reason of the house's own; the text is for the log.
    Failed {
        /// Why.
        why: String,
    },
    /// Too much is asked at once.
    Busy,
}
