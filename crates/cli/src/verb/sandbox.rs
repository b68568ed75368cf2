//! `causeway sandbox`: how does a partner try its own work on invented people, before anything is signed?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{add_test_keys, open_sandbox, run_sandbox, sandbox, sandbox_receipt};
use causeway_engine::{EngineError, House, SandboxKeys, drive};
use causeway_package::Environment;
use causeway_package::key::Recipient;
use causeway_store::query::SandboxRun;
use clap::Subcommand;

use super::officer::again;
use super::receipt::beside;
use super::{Ended, Place, public_key};

/// Runs that `show` tells of.
const SHOWN: u32 = 100;

/// Twins of exchanges on invented people.
#[derive(Subcommand)]
pub enum Sandbox {
    /// Brings in the keys with which a partner takes part: of their own, made for tests.
    Key {
        /// The partner, as arrangements write it; it need only be invited.
        partner: String,
        /// File with the age recipient; a line `# environment: test` says that it is one for tests.
        #[arg(long, value_name = "FILE")]
        recipient: PathBuf,
        /// File with the public key that receipts are signed with, with that line too.
        #[arg(long, value_name = "FILE")]
        signing_key: PathBuf,
    },
    /// Gives an exchange its twin. Its arrangement may be a draft.
    Make {
        /// The exchange.
        exchange: String,
        /// The twin's name; the exchange's with `-sandbox` behind, unless said.
        #[arg(long)]
        name: Option<String>,
        /// How many records a run invents.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        records: u32,
    },
    /// Makes a package of invented people, by the exchange as it stands now.
    Run {
        /// The twin, or the exchange.
        sandbox: String,
        /// How many records, this time.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        records: Option<u32>,
        /// The same number invents the same people; the number of the run, unless said.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Adds the partner's receipt for such a package.
    Receipt {
        /// The receipt.
        receipt: PathBuf,
        /// Its signature; the receipt's name with `.sig` unless said.
        #[arg(long)]
        signature: Option<PathBuf>,
    },
    /// Shows a sandbox and its newest runs.
    Show {
        /// The twin, or the exchange.
        sandbox: String,
    },
    /// Lists sandboxes.
    List,
}

impl Sandbox {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        let house = place.beside().await?;
        let actor = place.actor.as_str();
        match self {
            Sandbox::Key { partner, recipient, signing_key } => {
                let text = std::fs::read_to_string(recipient).map_err(EngineError::file("read", recipient))?;
                let (recipient, signing) = (Recipient::from_file_text(&text)?, public_key(signing_key)?);
                let saved = add_test_keys(&house, actor, partner, &recipient, &signing).await?;
                println!("{partner} takes part in sandboxes with");
                println!("  age recipient  {}", recipient.fingerprint());
                println!("  signing key    {}{}", signing.fingerprint(), again(saved));
            }
            Sandbox::Make { exchange, name, records } => {
                let name = name.clone().unwrap_or_else(|| format!("{exchange}-sandbox"));
                let opened = open_sandbox(&house, actor, exchange, &name, *records).await?;
                println!("sandbox {name} is the twin of {exchange}, for {}{}", opened.partner, again(opened.saved));
                let file = SandboxKeys::public_file(&house.home);
                println!("its packages are signed by {} ({})", opened.signer, Environment::Test);
                println!("give the partner {}", file.display());
            }
            Sandbox::Run { sandbox, records, seed } => {
                // What a run that died has left is cleared, as before every work.
                drive::recover(&house).await?;
                let ran = run_sandbox(&house, actor, sandbox, *records, *seed).await?;
                println!("SYNTHETIC: run {} of {}, nobody in it exists", ran.sequence, ran.sandbox.exchange);
                let clearance = &ran.clearance;
                let withheld: u64 = clearance.withheld.values().sum();
                println!("invented {}, withheld {withheld}, quarantined {}", clearance.released, clearance.quarantined);
                println!("{}", ran.folder.display());
            }
            Sandbox::Receipt { receipt, signature } => add(&house, actor, receipt, signature.as_deref()).await?,
            Sandbox::Show { sandbox: name } => {
                let found = sandbox(&house, name).await?;
                println!("sandbox {}, twin of {}: {} records a run", found.exchange, found.twin_of, found.records);
                for run in house.store.sandbox_runs(&found.exchange, SHOWN).await? {
                    println!("  {}", told(&run));
                }
            }
            Sandbox::List => {
                for one in house.store.sandboxes().await? {
                    let newest = house.store.sandbox_runs(&one.exchange, 1).await?;
                    let newest = newest.first().map_or("never run".to_owned(), told);
                    println!("{}  twin of {}  {newest}", one.exchange, one.twin_of);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn add(house: &House, actor: &str, receipt: &Path, signature: Option<&Path>) -> Result<(), EngineError> {
    let found = signature.map_or_else(|| beside(receipt), Path::to_owned);
    let json = std::fs::read(receipt).map_err(EngineError::file("read", receipt))?;
    let signature = std::fs::read(&found).map_err(EngineError::file("read", found))?;
    let accepted = sandbox_receipt(house, actor, &json, &signature).await?;
    let again = if accepted.again { ", as before" } else { "" };
    println!(
        "SYNTHETIC: run {}: {}, {} records loaded{again}",
        accepted.transfer, accepted.outcome, accepted.records_loaded
    );
    for disagreement in &accepted.disagreements {
        println!("  disputed: {disagreement}");
    }
    Ok(())
}

/// A run on one line.
fn told(run: &SandboxRun) -> String {
    let received = match &run.received {
        None => "no receipt".to_owned(),
        Some((outcome, disputed, loaded)) => {
            let disputed = if *disputed { ", disputed" } else { "" };
            format!("{}, {loaded} loaded{disputed}", outcome.name())
        }
    };
    format!("run {}: {} records for {}, package {}, {received}", run.sequence, run.released, run.partner, run.package)
}
