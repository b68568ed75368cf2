//! What answers partners while it is measured? An installation at work on live databases: `work`, `serve`, and two programs of a partner.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use causeway_testkit::street::{Street, administrator};
use serde_json::Value;
use tempfile::TempDir;

use crate::bench::helper::Built;
use crate::bench::installation::documents;
use crate::bench::options::Size;
use crate::bench::stores::Stores;
use crate::{Outcome, shell};

const PARTNER: &str = "lantern-relief";
const URL: &str = "http://127.0.0.1:8621";

/// What partners call while it is measured; it ends and vanishes with this value.
pub struct Desk {
    /// Where `serve` answers.
    pub address: String,
    /// What the program for look-ups calls with.
    pub bearer: String,
    /// The headers that a client of PING's own API calls with.
    pub ping: Vec<(String, String)>,
    opener: PathBuf,
    keys: PathBuf,
    work: Running,
    serve: Running,
    _home: TempDir,
}

/// A process that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _it_may_have_ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Desk {
    /// Makes it, and has it begin.
    pub fn open(root: &Path, built: &Built, size: &Size, stores: &Stores) -> Outcome<Self> {
        let (causeway, opener) = (&built.causeway, &built.opener);
        let (home, folder) =
            documents(root, stores, &["arrangement-desk.yaml", "exchange-look-up.yaml", "exchange-fetch.yaml"])?;
        if size.people > 500_000 {
            let file = folder.join("exchange-fetch.yaml");
            let text = fs::read_to_string(&file)?;
            let (all, one) = ("[KE106322, KE111507, KE115655]", "[KE118766]");
            if !text.contains(all) {
                return Err(format!("examples/bench/exchange-fetch.yaml should name {all}").into());
            }
            fs::write(&file, text.replace(all, one))?;
        }
        let street = Street::new(causeway, home.path(), &folder);
        let exchanges = [("desk-look-up", "exchange-look-up.yaml"), ("desk-fetch", "exchange-fetch.yaml")];
        street.set_up_with(&[PARTNER], &["desk"], &exchanges)?;
        let config = home.path().join("causeway.toml");
        let door = format!("\n[api]\nlisten = \"127.0.0.1:0\"\nurl = \"{URL}\"\ncalls_a_minute = 1000000000\n");
        fs::write(&config, fs::read_to_string(&config)? + &door)?;

        let keys = home.path().join("program");
        fs::create_dir(&keys)?;
        let mut new = Command::new(opener);
        new.args(["client", "new", "--client", "desk", "--partner", PARTNER, "--scope", "exchange:desk-look-up"]);
        new.arg("--signing-key").arg(street.partner().join("signing.pem")).arg("--out").arg(&keys);
        shell::output(&mut new)?;
        let registration = keys.join("client.json").display().to_string();
        street.good(&["--as", &administrator(PARTNER), "partner", "client", "add", &registration])?;
        let add = ["partner", "client", "add-ping", "desk-ping", "--partner", PARTNER, "--partner-id", "PNR-1000"];
        let secrets = street.good(&[&add[..], &["--exchange", "desk-fetch"]].concat())?;

        let work = Running::begin(&street, &["work"], "at work")?.0;
        let (serve, line) = Running::begin(&street, &["serve", "--listen", "127.0.0.1:0"], "answering partners")?;
        let line: Value = serde_json::from_str(&line)?;
        let address = line.pointer("/fields/address").and_then(Value::as_str).ok_or("`serve` names no address")?;
        let mut desk = Self {
            address: address.to_owned(),
            bearer: String::new(),
            ping: Vec::new(),
            opener: opener.to_owned(),
            keys,
            work,
            serve,
            _home: home,
        };
        desk.bearer = desk.token()?;
        desk.ping = desk.ping_headers(&secrets)?;
        Ok(desk)
    }

    /// Processes whose work is the gateway's.
    pub fn processes(&self) -> [(&'static str, u32); 2] {
        [("work", self.work.0.id()), ("serve", self.serve.0.id())]
    }

    /// Opens a sealed answer, as the program does.
    pub fn open_answer(&self, sealed: &str) -> Outcome<Value> {
        let mut open = Command::new(&self.opener);
        open.args(["client", "open", "--key"]).arg(self.keys.join("encryption.jwk"));
        let file = self.keys.join("answer");
        fs::write(&file, sealed)?;
        Ok(serde_json::from_str(&shell::output(open.arg(&file))?)?)
    }

    fn token(&self) -> Outcome<String> {
        let mut proof = Command::new(&self.opener);
        proof.args(["client", "assertion", "--client", "desk", "--audience", &format!("{URL}/oauth2/token")]);
        let proof = shell::output(proof.arg("--key").arg(self.keys.join("signature.jwk")))?;
        let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
        let form =
            format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={}", proof.trim());
        self.token_of("/oauth2/token", &form)
    }

    fn ping_headers(&self, secrets: &str) -> Outcome<Vec<(String, String)>> {
        let after = |name: &str| secrets.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (password, key) = after("password:").zip(after("subscription key:")).ok_or("no secrets were printed")?;
        let form = format!(
            "grant_type=password&username=desk-ping&password={password}&client_id=desk-ping&scope=x&response_type=token"
        );
        let token = self.token_of("/tenant/policy/oauth2/v2.0/token", &form)?;
        let bearer = format!("Bearer {token}");
        Ok(vec![("authorization".into(), bearer), ("ocp-apim-subscription-key".into(), key.to_owned())])
    }

    fn token_of(&self, path: &str, form: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        let kind = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        let answer: Value = serde_json::from_slice(&posted(&mut stream, path, &kind, form)?)?;
        let token = answer.get("access_token").and_then(Value::as_str);
        Ok(token.ok_or_else(|| format!("there is no token: {answer}"))?.to_owned())
    }
}

impl Running {
    /// Begins a command that logs as JSON, and waits until it says so; that line.
    fn begin(street: &Street, words: &[&str], says: &str) -> Outcome<(Self, String)> {
        let mut command = street.command(&[words, &["--log", "json"]].concat());
        let mut child = Self(command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn()?);
        let lines = child.0.stderr.take().ok_or("nothing is heard of what was begun")?;
        let mut lines = BufReader::new(lines).lines();
        for line in lines.by_ref() {
            let line = line?;
            if line.contains(says) {
                // What it says later is read and dropped, so that it never waits.
                drop(std::thread::spawn(move || lines.for_each(drop)));
                return Ok((child, line));
            }
        }
        Err(format!("`causeway {}` ended before it was {says}", words.join(" ")).into())
    }
}

/// Posts over a connection that stays; the body of an answer that must be a good one.
pub fn posted(stream: &mut TcpStream, path: &str, headers: &[(String, String)], body: &str) -> Outcome<Vec<u8>> {
    let mut text = format!("POST {path} HTTP/1.1\r\nhost: gateway\r\ncontent-length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{text}\r\n{body}").as_bytes())?;
    let (mut bytes, mut some) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = stream.read(&mut some)?;
        bytes.extend_from_slice(some.get(..read).unwrap_or_default());
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
        let Some((head, said)) = end.and_then(|end| bytes.split_at_checked(end)) else {
            if read == 0 {
                return Err("the gateway hung up".into());
            }
            continue;
        };
        let head = String::from_utf8_lossy(head).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if length.is_some_and(|length| said.len() >= length) {
            return if head.starts_with("http/1.1 200") {
                Ok(said.to_vec())
            } else {
                Err(format!("the gateway answered {}: {}", head.trim(), String::from_utf8_lossy(said)).into())
            };
        }
        if read == 0 {
            return Err("the gateway hung up in its answer".into());
        }
    }
}
