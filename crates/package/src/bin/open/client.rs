//! `causeway-open client`: how does a partner let a program of its call the gateway?

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use causeway_package::PackageError;
use causeway_package::answer::{AnswerError, AnswerSecret};
use causeway_package::client::{ActsAs, CLIENT_TYPE, EncryptionPair, Registration, SigningPair, assertion};
use causeway_package::key::SigningKey;
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::{Failed, write_new};

/// Programs that call the sender's gateway for you.
#[derive(Subcommand)]
pub enum Client {
    /// Make a program's keys and sign its registration; send `client.json` and `client.json.sig` to the sender.
    New {
        /// The program's name: lower-case letters, digits, dashes.
        #[arg(long, value_name = "NAME")]
        client: String,
        /// Your name at the sender.
        #[arg(long, value_name = "NAME")]
        partner: String,
        /// As whom it acts for you.
        #[arg(long, value_enum, default_value_t = Acts::PartnerOperator)]
        acts_as: Acts,
        /// What it may be about: `account`, `exchange:NAME`; repeat.
        #[arg(long, value_name = "SCOPE", required = true)]
        scope: Vec<String>,
        /// SHA-256 of a certificate that it shows when it connects, 64 hexadecimal digits; repeat.
        #[arg(long, value_name = "HEX")]
        certificate: Vec<String>,
        /// The last day of its keys before these; left out, they end at once.
        #[arg(long, value_name = "DAY")]
        others_until: Option<Date>,
        /// Your private signing key (PEM), readable by you only.
        #[arg(long, value_name = "FILE")]
        signing_key: PathBuf,
        /// An existing folder; no file in it is overwritten.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Print a proof of the program, good for a minute and once, to ask for a token with.
    Assertion {
        /// The program's name.
        #[arg(long, value_name = "NAME")]
        client: String,
        /// The address of tokens: `https://…/oauth2/token`.
        #[arg(long, value_name = "URL")]
        audience: String,
        /// The program's private key, `signature.jwk`.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Open an answer that is sealed to the program (`application/jose`) and print it.
    Open {
        /// The program's private key, `encryption.jwk`.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The answer, as it came; the standard input when left out.
        answer: Option<PathBuf>,
    },
}

/// As whom a program acts.
#[derive(Clone, Copy, ValueEnum)]
pub enum Acts {
    /// It asks, fetches and acknowledges.
    PartnerOperator,
    /// Besides, it brings in keys.
    PartnerAdministrator,
}

impl Client {
    pub fn run(self) -> Result<String, Failed> {
        #[expect(clippy::disallowed_methods, reason = "a program is where the clock comes in")]
        let now = Timestamp::now();
        match self {
            Self::New { client, partner, acts_as, scope, certificate, others_until, signing_key, out } => {
                let signs = SigningKey::load(&signing_key)?;
                let (signing, opening) = (SigningPair::from_seed(&random()?), EncryptionPair::from_seed(&random()?));
                let registration = Registration {
                    kind: CLIENT_TYPE.to_owned(),
                    client,
                    partner,
                    environment: signs.environment(),
                    acts_as: match acts_as {
                        Acts::PartnerOperator => ActsAs::PartnerOperator,
                        Acts::PartnerAdministrator => ActsAs::PartnerAdministrator,
                    },
                    scopes: scope,
                    keys: vec![signing.public(), opening.public()],
                    certificates: certificate,
                    made_at: now,
                    others_until,
                };
                let (json, signature) = registration.sign(&signs)?;
                write_private(&out.join("signature.jwk"), signing.to_file()?.as_bytes())?;
                write_private(&out.join("encryption.jwk"), opening.to_file()?.as_bytes())?;
                write_new(&out.join("client.json"), &json)?;
                write_new(&out.join("client.json.sig"), &signature)?;
                let (folder, key) = (out.display(), signing.public().thumbprint());
                Ok(format!(
                    "wrote {folder}/client.json and its signature; send both to the sender\n  key {key}\n  \
                     `signature.jwk` and `encryption.jwk` stay with the program"
                ))
            }
            Self::Assertion { client, audience, key } => {
                let text = std::fs::read_to_string(&key).map_err(io("read", &key))?;
                let pair = SigningPair::parse(&text, &key.display().to_string())?;
                let id: String = random()?.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(assertion::assertion(&client, &audience, &pair, now, &id))
            }
            Self::Open { key, answer } => {
                let text = std::fs::read_to_string(&key).map(Zeroizing::new).map_err(io("read", &key))?;
                let jwk = serde_json::from_str(&text).map_err(|_| Failed::Input(AnswerError::Key.to_string()))?;
                let secret = AnswerSecret::parse(&jwk).map_err(|error| Failed::Input(error.to_string()))?;
                let sealed = match &answer {
                    Some(file) => std::fs::read_to_string(file).map_err(io("read", file))?,
                    None => std::io::read_to_string(std::io::stdin()).map_err(io("read", Path::new("-")))?,
                };
                let opened = secret.open(&sealed).map_err(|error| Failed::Input(error.to_string()))?;
                Ok(String::from_utf8_lossy(opened.trim_ascii_end()).into_owned())
            }
        }
    }
}

fn random() -> Result<[u8; 32], Failed> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| Failed::Input("the system gives no randomness".to_owned()))?;
    Ok(bytes)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let made: Result<File, _> = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = made.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(io("write", path))
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Failed {
    let path = path.to_path_buf();
    move |source| PackageError::Io { doing, path, source }.into()
}
