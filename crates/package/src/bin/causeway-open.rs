//! How does a partner who wants a program rather than five commands verify, open and acknowledge a package, and send records back?
//!
//! Exit codes: 0 done · 2 the input, a key or the machine is at fault · 3 the package or receipt failed verification.
//! Secrets come from files only, never from the command line or the environment.

use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_package::delta::{Signed, apply, held::Held};
use causeway_package::inbound::{Submission, Total, submit};
use causeway_package::key::{Identities, Recipient, SigningKey, VerifyingKey};
use causeway_package::manifest::shown;
use causeway_package::receipt::{Outcome, RECEIPT_TYPE, Receipt};
use causeway_package::{Data, Environment, InnerManifest, Limits, PackageError, canonical, open, read_inner, verify};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

/// Verify, open and acknowledge packages of a Causeway gateway.
///
/// Exit codes: 0 done, 2 input or machine at fault, 3 verification failed.
#[derive(Parser)]
#[command(name = "causeway-open", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prove the sender's signature and the digest of every part, without any secret key.
    Verify {
        /// The package's folder.
        dir: PathBuf,
        #[command(flatten)]
        sender: Sender,
    },
    /// Verify, then decrypt and unpack the data into an existing folder.
    Open {
        /// The package's folder.
        dir: PathBuf,
        #[command(flatten)]
        sender: Sender,
        #[command(flatten)]
        identity: IdentityFile,
        /// An existing folder; no file in it is overwritten.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Refuse a package that unpacks to more bytes than this.
        #[arg(long, value_name = "BYTES")]
        max_bytes: Option<u64>,
    },
    /// Verify, decrypt and apply a package of an exchange that is sent as states, full or a delta, to the states in a folder.
    Apply {
        /// The package's folder.
        dir: PathBuf,
        #[command(flatten)]
        sender: Sender,
        #[command(flatten)]
        identity: IdentityFile,
        /// The existing folder of your states; an empty one at first.
        #[arg(long, value_name = "DIR")]
        states: PathBuf,
        /// The sender changed its signing key, and you confirmed the new one: go on from states that the old one signed.
        #[arg(long)]
        sender_key_changed: bool,
        /// Refuse a package that unpacks to more bytes than this.
        #[arg(long, value_name = "BYTES")]
        max_bytes: Option<u64>,
    },
    /// Write and sign the receipt for a package; the signature goes to FILE.sig.
    Receipt(Box<ReceiptArgs>),
    /// Seal and sign a file of records for an exchange that accepts: one file, to be sent as it is.
    Submit(Box<SubmitArgs>),
    /// Print the fingerprint of a public key (PEM, or a file with an `age1…` line) to confirm it by voice.
    Fingerprint {
        /// The public key's file.
        file: PathBuf,
    },
}

#[derive(Args)]
struct Sender {
    /// The sender's public signing key (PEM), confirmed by its fingerprint.
    #[arg(long, value_name = "FILE")]
    sender: PathBuf,
    /// What you read for; a package of the other kind is refused.
    #[arg(long, value_enum, default_value_t = For::Production)]
    environment: For,
}

#[derive(Clone, Copy, ValueEnum)]
enum For {
    /// Real people's data.
    Production,
    /// Invented people's.
    Test,
}

impl Sender {
    fn key(&self) -> Result<VerifyingKey, PackageError> {
        let environment = match self.environment {
            For::Production => Environment::Production,
            For::Test => Environment::Test,
        };
        VerifyingKey::load_for(&self.sender, environment)
    }
}

#[derive(Args)]
struct IdentityFile {
    /// Your age identity file, readable by you only.
    #[arg(long, value_name = "FILE")]
    identity: PathBuf,
}

#[derive(Args)]
struct ReceiptArgs {
    /// The package's folder.
    dir: PathBuf,
    #[command(flatten)]
    sender: Sender,
    #[command(flatten)]
    identity: IdentityFile,
    /// What became of the data.
    #[arg(long, value_enum)]
    outcome: OutcomeArg,
    /// Records loaded; may be left out when accepted (all) or rejected (none).
    #[arg(long)]
    loaded: Option<u64>,
    /// Records that your own checks refused; may be left out likewise.
    #[arg(long)]
    rejected: Option<u64>,
    /// The data file as it was loaded, to compute the record digest from (CSV for machines, JSON Lines).
    #[arg(long, value_name = "FILE", conflicts_with = "digest")]
    data: Option<PathBuf>,
    /// The record digest that you computed over what you loaded, in hex.
    #[arg(long, value_name = "HEX")]
    digest: Option<String>,
    /// The folder of your states, for a package that was applied there: the receipt tells what the state comes to now.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["data", "digest"])]
    states: Option<PathBuf>,
    /// A word to the sender, without personal data.
    #[arg(long)]
    note: Option<String>,
    /// When it was loaded, as 2026-01-31T12:00:00Z; now when left out.
    #[arg(long, value_name = "TIME")]
    loaded_at: Option<Timestamp>,
    /// Your private signing key (PEM), readable by you only.
    #[arg(long, value_name = "FILE")]
    signing_key: PathBuf,
    /// Where the receipt is written; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct SubmitArgs {
    /// The file of records, in the format of the exchange.
    records: PathBuf,
    /// The exchange.
    #[arg(long)]
    exchange: String,
    /// Your name as the operation registered it.
    #[arg(long)]
    partner: String,
    /// Your number of this file, above every one that you sent for the exchange before.
    #[arg(long)]
    number: u64,
    /// The operation's recipient: a file with its `age1…` line, confirmed by its fingerprint.
    #[arg(long, value_name = "FILE")]
    recipient: PathBuf,
    /// Your private signing key (PEM), readable by you only.
    #[arg(long, value_name = "FILE")]
    signing_key: PathBuf,
    /// Where the envelope is written; it must not exist.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutcomeArg {
    Accepted,
    Partial,
    Rejected,
}

/// Why the program ends without having done its work.
enum Failed {
    Package(PackageError),
    Input(String),
}

impl From<PackageError> for Failed {
    fn from(error: PackageError) -> Self {
        Self::Package(error)
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Verify { dir, sender } => verify_package(&dir, &sender),
        Command::Open { dir, sender, identity, out, max_bytes } => {
            open_package(&dir, &sender, &identity, &out, max_bytes)
        }
        Command::Apply { dir, sender, identity, states, sender_key_changed, max_bytes } => {
            let signed = if sender_key_changed { Signed::ByAnother } else { Signed::AsBefore };
            apply_package(&dir, &sender, signed, &identity, &states, max_bytes)
        }
        Command::Receipt(args) => write_receipt(*args),
        Command::Submit(args) => seal_submission(&args),
        Command::Fingerprint { file } => fingerprint(&file),
    };
    match done {
        Ok(message) => match writeln!(std::io::stdout(), "{message}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(2),
        },
        Err(Failed::Input(message)) => fail(&message, 2),
        Err(Failed::Package(error)) => fail(&error.to_string(), if error.is_verification() { 3 } else { 2 }),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "causeway-open: {message}");
    ExitCode::from(code)
}

fn verify_package(dir: &Path, sender: &Sender) -> Result<String, Failed> {
    let verified = verify(dir, &sender.key()?)?;
    let parts = verified.manifest.parts.len();
    Ok(format!(
        "package {} is whole and signed by the sender: {parts} parts, manifest SHA-256 {}",
        verified.manifest.package, verified.manifest_sha256
    ))
}

fn open_package(
    dir: &Path,
    sender: &Sender,
    identity: &IdentityFile,
    out: &Path,
    max_bytes: Option<u64>,
) -> Result<String, Failed> {
    let (sender, identities) = (sender.key()?, Identities::load(&identity.identity)?);
    let limits = max_bytes.map_or_else(Limits::default, |plain_size| Limits { plain_size });
    let opened = open(dir, &identities, &sender, out, &limits)?;
    let about = &opened.inner.about;
    let mut lines = vec![
        format!("opened package {}: {} records", opened.manifest.package, opened.inner.released),
        format!(
            "  transfer {}, number {} of exchange {}",
            shown(&about.transfer),
            about.sequence,
            shown(&about.exchange)
        ),
        format!("  arrangement {}, version {}", shown(&about.arrangement.id), about.arrangement.version),
        format!("  to be erased by {}", about.purge_by),
    ];
    if opened.inner.data == Data::Synthetic {
        lines.push("  SYNTHETIC: nobody in it exists".to_owned());
    }
    lines.extend(opened.data.iter().chain([&opened.inner_file]).map(|path| format!("  wrote {}", path.display())));
    Ok(lines.join("\n"))
}

fn apply_package(
    dir: &Path,
    sender: &Sender,
    signed: Signed,
    identity: &IdentityFile,
    states: &Path,
    max_bytes: Option<u64>,
) -> Result<String, Failed> {
    let (sender, identities) = (sender.key()?, Identities::load(&identity.identity)?);
    let limits = max_bytes.map_or_else(Limits::default, |plain_size| Limits { plain_size });
    let applied = apply(dir, &identities, &sender, signed, states, &limits)?;
    let about = &applied.inner.about;
    let before = if applied.again { " before" } else { "" };
    let mark = if applied.inner.data == Data::Synthetic { "\n  SYNTHETIC: nobody in it exists" } else { "" };
    Ok(format!(
        "applied package {}{before}: number {} of exchange {}\n  {} records are held\n  to be erased by {}{mark}\n  state {}",
        applied.inner.package,
        about.sequence,
        shown(&about.exchange),
        applied.state.count,
        about.purge_by,
        applied.data.display()
    ))
}

fn write_receipt(args: ReceiptArgs) -> Result<String, Failed> {
    let (sender, identities) = (args.sender.key()?, Identities::load(&args.identity.identity)?);
    let key = SigningKey::load(&args.signing_key)?;
    let (verified, inner) = read_inner(&args.dir, &identities, &sender)?;
    let counts = |loaded, rejected| (args.loaded.unwrap_or(loaded), args.rejected.unwrap_or(rejected));
    let (outcome, (records_loaded, records_rejected)) = match args.outcome {
        OutcomeArg::Accepted => (Outcome::Accepted, counts(inner.released, 0)),
        OutcomeArg::Rejected => (Outcome::Rejected, counts(0, inner.released)),
        OutcomeArg::Partial => match (args.loaded, args.rejected) {
            (Some(loaded), Some(rejected)) => (Outcome::Partial, (loaded, rejected)),
            _ => return Err(Failed::Input("`--outcome partial` needs `--loaded N` and `--rejected N`".to_owned())),
        },
    };
    if records_loaded.checked_add(records_rejected) != Some(inner.released) {
        return Err(Failed::Input(format!(
            "{records_loaded} loaded and {records_rejected} rejected do not add up to the {} records of the package",
            inner.released
        )));
    }
    let digest_as_loaded = match args.data {
        Some(path) => Some(digest_of(&path, &inner)?),
        None => args.digest,
    };
    let differs = digest_as_loaded.as_ref().is_some_and(|digest| *digest != inner.record_digest.value);
    if outcome == Outcome::Accepted && differs {
        return Err(Failed::Input(
            "what was loaded has another record digest than the package; load it again, or choose another outcome"
                .to_owned(),
        ));
    }
    let state = args.states.map(|states| Held::read(&states)?.found(&inner)).transpose()?;
    if outcome == Outcome::Accepted && state.is_none() && inner.delta.is_some() {
        return Err(Failed::Input(
            "the package leads to a state: name the folder where it was applied with `--states DIR`".to_owned(),
        ));
    }
    #[expect(clippy::disallowed_methods, reason = "a program is where the clock comes in")]
    let loaded_at = args.loaded_at.unwrap_or_else(Timestamp::now);
    let receipt = Receipt {
        kind: RECEIPT_TYPE.to_owned(),
        package: verified.manifest.package,
        environment: inner.environment,
        data: inner.data,
        transfer: inner.about.transfer,
        token: inner.receipt_token.reveal().to_owned(),
        outcome,
        records_loaded,
        records_rejected,
        digest_as_loaded,
        state,
        checkpoint_seen: inner.about.checkpoint,
        loaded_at,
        note: args.note,
    };
    let (json, signature) = receipt.sign(&key)?;
    let mut signature_file = args.out.as_os_str().to_owned();
    signature_file.push(".sig");
    write_new(&args.out, &json)?;
    write_new(Path::new(&signature_file), &signature)?;
    Ok(format!("wrote {} and its signature; send both to the sender", args.out.display()))
}

fn seal_submission(args: &SubmitArgs) -> Result<String, Failed> {
    let read = |source| PackageError::Io { doing: "read", path: args.recipient.clone(), source };
    let recipient = Recipient::from_file_text(&std::fs::read_to_string(&args.recipient).map_err(read)?)?;
    let key = SigningKey::load(&args.signing_key)?;
    #[expect(clippy::disallowed_methods, reason = "a program is where the clock comes in")]
    let created = Timestamp::now();
    let submission = Submission {
        exchange: &args.exchange,
        partner: &args.partner,
        number: args.number,
        created,
        recipient: &recipient,
        key: &key,
        part_size: None,
    };
    let posted = submit(&args.records, &submission, &args.out)?;
    let plain = posted.manifest.total(Total::Plain);
    Ok(format!("wrote {}: {plain} bytes of records, sealed and signed; send it as it is", args.out.display()))
}

fn digest_of(path: &Path, inner: &InnerManifest) -> Result<String, Failed> {
    let computed = File::open(path).and_then(|file| canonical::digest_of_file(&mut BufReader::new(file), inner));
    match computed {
        Ok(Some(digest)) => Ok(digest.to_hex()),
        Ok(None) => Err(Failed::Input(
            "the record digest of this format cannot be computed here; give it with `--digest HEX`, or leave both out"
                .to_owned(),
        )),
        Err(source) => Err(PackageError::Io { doing: "read", path: path.to_path_buf(), source }.into()),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|source| PackageError::Io { doing: "write", path: path.to_path_buf(), source }.into())
}

fn fingerprint(file: &Path) -> Result<String, Failed> {
    let read = || -> Result<_, PackageError> {
        let text = std::fs::read_to_string(file).map_err(|source| PackageError::Io {
            doing: "read",
            path: file.to_path_buf(),
            source,
        })?;
        match text.lines().map(str::trim).find(|line| line.starts_with("age1")) {
            Some(line) => Ok(Recipient::parse(line)?.fingerprint()),
            None => Ok(VerifyingKey::load(file)?.fingerprint()),
        }
    };
    let print = read()?;
    Ok(format!("{print}\n{}", print.aloud()))
}
