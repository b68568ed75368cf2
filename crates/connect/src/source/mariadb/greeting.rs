//! How does a server introduce itself, and how do we sign in?
//!
//! Protocol 41 as MariaDB and MySQL document it ("Connection phase"). Of what a client may offer we offer little: no local
//! files, no several statements at once, no compression.

use super::auth;
use super::failure::Trouble;
use super::fields::Fields;
use super::wire::Wire;

/// Long passwords, long flags, database, protocol 4.1, transactions, secure connection, methods by name, and attributes.
pub(super) const CAPABILITIES: u32 = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000 | 0x10_0000;

/// That the connection is to be protected.
pub(super) const TLS: u32 = 0x800;

/// `utf8mb4_general_ci`, until the session says more.
const UTF8MB4: u8 = 45;

/// Longest packet that we take.
const LONGEST: u32 = 1 << 30;

/// The program's name, for the server's lists.
const ATTRIBUTES: &[u8] = b"\x0cprogram_name\x08causeway";

/// What a server says first.
pub(super) struct Greeting {
    /// Its version, for people.
    pub(super) version: String,
    /// Number of this connection in its lists.
    pub(super) id: u32,
    capabilities: u32,
    challenge: Vec<u8>,
    method: String,
}

impl Greeting {
    /// Whether it can protect the connection.
    pub(super) fn offers_tls(&self) -> bool {
        self.capabilities & TLS != 0
    }

    /// Whether it is a MariaDB, whose dialect differs here and there.
    pub(super) fn is_mariadb(&self) -> bool {
        self.version.contains("MariaDB")
    }
}

/// Reads what the server says first.
pub(super) fn read(wire: &mut Wire) -> Result<Greeting, Trouble> {
    let packet = wire.packet()?;
    match packet.first() {
        Some(0xff) => Err(Trouble::of_packet(packet)),
        Some(10) => parse(packet).ok_or(Trouble::Garbled("its greeting is cut")),
        _ => Err(Trouble::Garbled("its greeting is of another protocol")),
    }
}

fn parse(packet: &[u8]) -> Option<Greeting> {
    let mut fields = Fields(packet);
    fields.u8()?;
    let version = String::from_utf8_lossy(fields.until_zero()).into_owned();
    let id = fields.u32()?;
    let mut challenge = fields.take(8)?.to_vec();
    fields.u8()?;
    let low = u32::from(fields.u16()?);
    // Character set, status.
    fields.take(3)?;
    let high = u32::from(fields.u16()?);
    let length = usize::from(fields.u8()?);
    fields.take(10)?;
    let rest = fields.take(length.saturating_sub(8).max(13))?;
    challenge.extend_from_slice(rest.strip_suffix(&[0]).unwrap_or(rest));
    let method = String::from_utf8_lossy(fields.until_zero()).into_owned();
    Some(Greeting { version, id, capabilities: low | high << 16, challenge, method })
}

/// Asks the server to go on protected.
pub(super) fn ask_for_tls(wire: &mut Wire) -> Result<(), Trouble> {
    wire.send(&[&opening(CAPABILITIES | TLS)])
}

fn opening(capabilities: u32) -> Vec<u8> {
    let mut out = capabilities.to_le_bytes().to_vec();
    out.extend_from_slice(&LONGEST.to_le_bytes());
    out.push(UTF8MB4);
    out.extend_from_slice(&[0; 23]);
    out
}

/// As whom to sign in.
pub(super) struct Who<'w> {
    pub(super) user: &'w str,
    pub(super) database: &'w str,
    pub(super) password: &'w str,
    /// Whether nobody else can listen.
    pub(super) protected: bool,
}

/// Signs in.
pub(super) fn sign_in(wire: &mut Wire, greeting: &Greeting, who: &Who<'_>) -> Result<(), Trouble> {
    if who.user.contains('\0') || who.database.contains('\0') {
        return Err(Trouble::Unverified("a user or database has a zero in its name".to_owned()));
    }
    // A method that we do not have may be the server's usual one and not this user's: then it says so.
    let known = auth::answer(&greeting.method, who.password, &greeting.challenge);
    let (mut method, proof) = match known {
        Some(proof) => (greeting.method.clone(), proof),
        None => (auth::NATIVE.to_owned(), Vec::new()),
    };
    let capabilities = CAPABILITIES | if who.protected { TLS } else { 0 };
    wire.send(&[
        &opening(capabilities),
        who.user.as_bytes(),
        &[0, u8::try_from(proof.len()).unwrap_or(0)],
        &proof,
        who.database.as_bytes(),
        b"\0",
        method.as_bytes(),
        &[0, u8::try_from(ATTRIBUTES.len()).unwrap_or(0)],
        ATTRIBUTES,
    ])?;
    loop {
        let packet = wire.packet()?;
        match (packet, method.as_str()) {
            ([0, ..], _) => return Ok(()),
            ([0xff, ..], _) => return Err(Trouble::of_packet(packet)),
            ([0xfe, rest @ ..], _) => {
                let mut fields = Fields(rest);
                method = String::from_utf8_lossy(fields.until_zero()).into_owned();
                let challenge = fields.0.strip_suffix(&[0]).unwrap_or(fields.0);
                let proof = auth::answer(&method, who.password, challenge).ok_or_else(|| unknown(&method))?;
                wire.send(&[&proof])?;
            }
            // The server remembers the password, and lets us in with the next packet.
            ([1, 3], auth::CACHING) => {}
            ([1, 4], auth::CACHING) if who.protected => wire.send(&[who.password.as_bytes(), b"\0"])?,
            ([1, 4], auth::CACHING) => {
                let why =
                    "the server wants to see the password itself, which is shown over TLS only: leave `tls.mode` out";
                return Err(Trouble::Unverified(why.to_owned()));
            }
            _ => return Err(Trouble::Garbled("an answer that fits no way to sign in")),
        }
    }
}

fn unknown(method: &str) -> Trouble {
    let known = [auth::NATIVE, auth::CACHING, auth::ED25519].join(", ");
    Trouble::Unverified(format!(
        "this user signs in by `{}`, which we cannot: let it be one of {known}",
        method.escape_debug()
    ))
}
