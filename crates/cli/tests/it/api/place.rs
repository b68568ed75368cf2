//! How does a test call as a partner's program does: with keys of its own, over the network, by nothing but what it was told?

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use causeway_package::Environment;
use causeway_package::client::{ActsAs, CLIENT_TYPE, EncryptionPair, Registration, SigningPair, assertion};
use causeway_package::key::SigningKey;
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{Street, administrator};
use jiff::Timestamp;
use rand::RngCore as _;
use serde_json::Value;

use crate::copied::{Copy, Original};
use crate::governance::place::Kind;
use crate::serve::Process;

/// How partners call the gateway of tests.
pub const URL: &str = "http://127.0.0.1:8621";

/// Where tokens are asked for.
pub const AUDIENCE: &str = "http://127.0.0.1:8621/oauth2/token";

/// A partner's program.
pub struct Program {
    pub name: String,
    pub key: SigningPair,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Sends bytes as they are; what came back, as far as it is an answer.
pub fn sent(address: &str, bytes: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let _it_may_hang_up = stream.write_all(bytes);
    let mut text = Vec::new();
    let _as_it_may = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().unwrap();
    Some(Reply { status, head: head.to_owned(), body: body.to_owned() })
}

/// Calls.
pub fn http(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    http_bytes(address, method, path, headers, body.as_bytes())
}

/// The same with bytes that are no text.
pub fn http_bytes(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n");
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    if !body.is_empty() || ["POST", "PATCH"].contains(&method) {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    sent(address, &[text.as_bytes(), b"\r\n", body].concat()).unwrap()
}

/// A random word.
pub fn word() -> String {
    format!("{:016x}", rand::rng().next_u64())
}

impl Program {
    /// What proves it, now.
    #[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
    pub fn proof(&self) -> String {
        assertion::assertion(&self.name, AUDIENCE, &self.key, Timestamp::now(), &word())
    }

    /// Asks for a token with what is said to prove it.
    pub fn asks(address: &str, proof: &str, more: &str) -> Reply {
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        let form = format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={proof}{more}");
        http(address, "POST", "/oauth2/token", &[("content-type", "application/x-www-form-urlencoded")], &form)
    }

    /// A token for everything that it may be about.
    pub fn token(&self, address: &str) -> String {
        let reply = Self::asks(address, &self.proof(), "");
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["access_token"].as_str().unwrap().to_owned()
    }
}

/// Calls with a token.
pub fn call(address: &str, token: &str, method: &str, path: &str, body: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![("authorization", bearer.as_str())];
    if !body.is_empty() {
        headers.push(("content-type", "application/json"));
    }
    http(address, method, &format!("/api/v1{path}"), &headers, body)
}

/// What the partner signs about a program; the file.
#[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
pub fn signed(street: &Street, program: &Program, partner: &str, shape: impl FnOnce(&mut Registration)) -> PathBuf {
    let mut registration = Registration {
        kind: CLIENT_TYPE.into(),
        client: program.name.clone(),
        partner: partner.into(),
        environment: Environment::Production,
        acts_as: ActsAs::PartnerOperator,
        scopes: vec!["account".into(), "exchange:food-people".into()],
        keys: vec![program.key.public(), EncryptionPair::from_seed(&random()).public()],
        certificates: Vec::new(),
        made_at: Timestamp::now(),
        others_until: None,
    };
    shape(&mut registration);
    let key = SigningKey::load(&street.partner().join("signing.pem")).unwrap();
    let (json, signature) = registration.sign(&key).unwrap();
    let file = street.partner().join(format!("{}.{}.json", program.name, word()));
    fs::write(&file, json).unwrap();
    fs::write(format!("{}.sig", file.display()), signature).unwrap();
    file
}

pub fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A program that may call.
pub fn registered(street: &Street, partner: &str, name: &str, shape: impl FnOnce(&mut Registration)) -> Program {
    let program = Program { name: name.into(), key: SigningPair::from_seed(&random()) };
    let file = signed(street, &program, partner, shape);
    let file = file.display().to_string();
    street.good(&["--as", &administrator(partner), "partner", "client", "add", &file]).unwrap();
    program
}

/// An installation with two partners, an arrangement and an exchange of the first, and an API.
pub fn original(kind: Kind) -> Original {
    original_with(kind, |_| {})
}

/// The same, with more.
pub fn original_with(kind: Kind, more: impl FnOnce(&Street)) -> Original {
    Original::new(kind, |street| {
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        let exchanges = [("food-people", "exchange-people.yaml")];
        street.set_up_with(&["lantern-relief", "acacia-schools"], &["food"], &exchanges).unwrap();
        more(street);
        let config = street.home().join("causeway.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}{}", door())).unwrap();
    })
}

/// The lines of a configuration that open a door.
pub fn door() -> String {
    format!("\n[api]\nlisten = \"127.0.0.1:0\"\nurl = \"{URL}\"\n")
}

/// A worker that sits at the desk, and dies at a mark if it is told one.
pub fn at_work(street: &Street, dies_at: Option<&str>) -> Process {
    let socket = street.home().join("run/work.sock");
    let _of_one_who_died = fs::remove_file(&socket);
    let mut worker = Process::begin(street, &["work"], |command| {
        if let Some(mark) = dies_at {
            command.env("CAUSEWAY_CRASH_AT", mark);
        }
    });
    worker.says("at work");
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(20));
    }
    worker
}

/// A gateway at work: who works, who serves, and where partners ask.
pub struct Gateway {
    pub worker: Process,
    pub serve: Process,
    pub address: String,
}

impl Gateway {
    pub fn open(copy: &Copy) -> Self {
        Self::on(&copy.street)
    }

    pub fn on(street: &Street) -> Self {
        let worker = at_work(street, None);
        let (serve, address) = Self::serving(street);
        Self { worker, serve, address }
    }

    fn serving(street: &Street) -> (Process, String) {
        let words = ["serve", "--listen", "127.0.0.1:0", "--log", "json"];
        let mut serve = Process::begin(street, &words, |_| {});
        let line: Value = serde_json::from_str(&serve.says("answering partners")).unwrap();
        let address = line["fields"]["address"].as_str().unwrap().to_owned();
        serve.says("serving");
        (serve, address)
    }
}
