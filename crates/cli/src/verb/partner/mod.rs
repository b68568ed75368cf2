//! `causeway partner`: to whom may packages be sealed, and what did it show before?

mod add;
mod client;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{
    Admitted, Moved, NextKeys, accept_attestations, activate_partner, admit_real_data, attest, challenge_partner,
    close_partner, confirm_key, declare_recipient, prove_key, restrict_partner, resume_partner, revoke_key, rotate_key,
    suspend_partner, undeclare_recipient, verify_partner,
};
use causeway_engine::{EngineError, House};
use causeway_model::partner::{AttestationKind, Recipient, RecipientKind};
use causeway_model::permission::Action;
use causeway_package::key::Recipient as AgeRecipient;
use clap::Subcommand;

use super::officer::again;
use super::page::Page;
use super::{Ended, Place, public_key};

/// Partners.
#[derive(Subcommand)]
pub enum Partner {
    /// Invites a partner with its public keys. Until it is verified, activated and ready, it receives nothing.
    Add(add::Add),
    /// Writes a challenge to a file, sealed to the partner's recipient: send it, and take the answer with `prove-key`.
    Challenge {
        /// The partner.
        name: String,
        /// The file to make.
        #[arg(long)]
        out: PathBuf,
    },
    /// Takes the partner's answer to the challenge, decrypted and signed: both keys are proven by it.
    ProveKey {
        /// The partner.
        name: String,
        /// The decrypted challenge.
        #[arg(long)]
        answer: PathBuf,
        /// Its signature by the partner's signing key.
        #[arg(long)]
        signature: PathBuf,
    },
    /// Finds the partner's keys trusted: fingerprints confirmed by another way, possession proven.
    Verify {
        /// The partner.
        name: String,
        /// Fingerprint of the recipient, where it was not given before.
        #[arg(long)]
        recipient_fingerprint: Option<String>,
        /// Fingerprint of the signing key, where it was not given before.
        #[arg(long)]
        signing_fingerprint: Option<String>,
    },
    /// Takes in the partner's next keys. They count once they are proven and confirmed; the ones before go on until a day.
    RotateKey {
        /// The partner.
        name: String,
        /// File with the next age recipient (`age1…`).
        #[arg(long)]
        recipient: Option<PathBuf>,
        /// File with the next public key that receipts are signed with.
        #[arg(long)]
        signing_key: Option<PathBuf>,
        /// Last day of the key before it, once the next one counts.
        #[arg(long, value_name = "DAY")]
        old_until: jiff::civil::Date,
    },
    /// Confirms a key that came in later, by its fingerprint as the partner told it by another way.
    ConfirmKey {
        /// The partner.
        name: String,
        /// The fingerprint.
        #[arg(long)]
        fingerprint: String,
    },
    /// Ends at once, and for good, what a key may do. What is sealed to it and on its way lapses.
    RevokeKey {
        /// The partner.
        name: String,
        /// The key's fingerprint.
        #[arg(long)]
        fingerprint: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Declares who handles the data for the partner, or receives them from it, and where.
    Declare {
        /// The partner.
        name: String,
        /// Name of whoever it is.
        #[arg(long, value_name = "NAME")]
        recipient: String,
        /// What it is to the partner: processor or sub-recipient.
        #[arg(long)]
        kind: RecipientKind,
        /// Country whose law binds it (ISO 3166 alpha-3), or `INT`.
        #[arg(long, value_name = "COUNTRY")]
        jurisdiction: String,
        /// Country where it keeps data, ISO 3166 alpha-3.
        #[arg(long, value_name = "COUNTRY")]
        hosting_country: String,
        /// What it does with them.
        #[arg(long)]
        purpose: String,
    },
    /// Takes such a declaration back: whoever it was handles the data no more.
    Undeclare {
        /// The partner.
        name: String,
        /// Name of whoever it was.
        #[arg(long, value_name = "NAME")]
        recipient: String,
    },
    /// Lets data go to a verified partner.
    Activate {
        /// The partner.
        name: String,
    },
    /// Lets nothing go to the partner for now.
    Suspend {
        /// The partner.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Ends the partner's suspension.
    Resume {
        /// The partner.
        name: String,
    },
    /// Ends the partnership for good.
    Close {
        /// The partner.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Lets nothing but invented people go to the partner, from now on.
    Restrict {
        /// The partner.
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Says, as one of two, that real people's data may go to a partner for invented ones.
    AdmitRealData {
        /// The partner.
        name: String,
        /// Why; whoever asks first says it.
        #[arg(long)]
        reason: Option<String>,
    },
    /// States for the partner that it is ready, with where the evidence lies.
    Attest {
        /// The partner.
        name: String,
        /// In which respect; may be given several times. All that are required, unless said.
        #[arg(long = "kind", value_name = "KIND")]
        kinds: Vec<AttestationKind>,
        /// A document's number or digest; never the document.
        #[arg(long)]
        evidence: String,
        /// Last day on which it holds.
        #[arg(long, value_name = "DAY")]
        until: jiff::civil::Date,
    },
    /// Accepts the evidence of what the partner stated.
    AcceptAttestation {
        /// The partner.
        name: String,
        /// In which respect; may be given several times. All that wait, unless said.
        #[arg(long = "kind", value_name = "KIND")]
        kinds: Vec<AttestationKind>,
    },
    /// Programs of partners that ask over the network.
    #[command(subcommand)]
    Client(client::Client),
    /// Shows a partner: state, keys, readiness.
    Show {
        /// The partner.
        name: String,
    },
    /// Lists partners.
    List(Page),
}

impl Partner {
    /// Carries it out.
    pub async fn run(&self, place: &Place) -> Ended {
        // People decide beside whoever works: nobody waits for a running transfer to end.
        let house = place.beside().await?;
        let actor = place.actor.as_str();
        match self {
            Partner::Add(add) => add.run(&house, actor).await?,
            Partner::Challenge { name, out } => {
                challenge_partner(&house, actor, name, out).await?;
                println!("{}: for {name} to decrypt, sign and send back within two weeks", out.display());
            }
            Partner::ProveKey { name, answer, signature } => {
                let read = |path: &Path| std::fs::read(path).map_err(EngineError::file("read", path));
                let moved = prove_key(&house, actor, name, &read(answer)?, &read(signature)?).await?;
                println!("both keys of {name} are proven{}", said(&moved).1);
            }
            Partner::Verify { name, recipient_fingerprint, signing_fingerprint } => {
                let (recipient, signing) = (recipient_fingerprint.as_deref(), signing_fingerprint.as_deref());
                tell(name, &verify_partner(&house, actor, name, recipient, signing).await?);
            }
            Partner::RotateKey { .. } | Partner::ConfirmKey { .. } | Partner::RevokeKey { .. } => {
                self.keys(&house, actor).await?;
            }
            Partner::Declare { name, recipient, kind, jurisdiction, hosting_country, purpose } => {
                let one = Recipient {
                    name: recipient.clone(),
                    kind: *kind,
                    jurisdiction: jurisdiction.clone(),
                    hosting_country: hosting_country.clone(),
                    purpose: purpose.clone(),
                };
                let saved = declare_recipient(&house, actor, name, one).await?;
                println!("{name} declares {kind} {recipient} ({jurisdiction}, {hosting_country}){}", again(saved));
            }
            Partner::Undeclare { name, recipient } => {
                let saved = undeclare_recipient(&house, actor, name, recipient).await?;
                println!("{name} declares {recipient} no more{}", again(saved));
            }
            Partner::Activate { name } => tell(name, &activate_partner(&house, actor, name).await?),
            Partner::Suspend { name, reason } => tell(name, &suspend_partner(&house, actor, name, reason).await?),
            Partner::Resume { name } => tell(name, &resume_partner(&house, actor, name).await?),
            Partner::Close { name, reason } => tell(name, &close_partner(&house, actor, name, reason).await?),
            Partner::Restrict { name, reason } => {
                let saved = restrict_partner(&house, actor, name, reason).await?;
                println!("partner {name} takes invented people only{}", again(saved));
            }
            Partner::AdmitRealData { name, reason } => {
                match admit_real_data(&house, actor, name, reason.as_deref()).await? {
                    Admitted::Asked { again } => {
                        let again = if again { " already" } else { "" };
                        println!("{actor} has asked{again} that real data may go to {name}; another person must agree");
                    }
                    Admitted::Now => println!("real data may go to {name}, as far as everything else allows"),
                    Admitted::Already => println!("real data are not kept from {name}: nothing changed"),
                }
            }
            Partner::Attest { name, kinds, evidence, until } => {
                let kinds =
                    if kinds.is_empty() { AttestationKind::required() } else { kinds.iter().copied().collect() };
                let saved = attest(&house, actor, name, &kinds, evidence, *until).await?;
                println!("{name} states {}, until {until}{}", words(kinds), again(saved));
            }
            Partner::AcceptAttestation { name, kinds } => {
                let accepted = accept_attestations(&house, actor, name, &kinds.iter().copied().collect()).await?;
                match accepted.is_empty() {
                    true => println!("nothing of {name} waits to be accepted: already so, nothing changed"),
                    false => println!("accepted of {name}: {}", words(accepted)),
                }
            }
            Partner::Client(client) => client.run(&house, actor).await?,
            Partner::Show { name } => {
                house.may_see(actor, Action::ShowPartner, &house.of_partner(name, name)).await?;
                show::show(&house, name).await?;
            }
            Partner::List(page) => {
                let restricted = house.store.synthetic_only_partners().await?;
                let restricted: Vec<String> = restricted.into_iter().map(|(name, _)| name).collect();
                let found = house.store.partners_after(page.after(), page.asked()).await?;
                let (partners, end) = page.cut(found, |partner| partner.name.clone());
                for partner in partners {
                    let thing = house.of_partner(&partner.name, &partner.name);
                    if !house.sees(actor, Action::ShowPartner, &thing).await? {
                        continue;
                    }
                    let only = if restricted.contains(&partner.name) { "  (invented people only)" } else { "" };
                    println!(
                        "{}  {}  {}  {}{only}",
                        partner.name,
                        partner.state.name(),
                        partner.title,
                        partner.fingerprint
                    );
                }
                end.tell();
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn keys(&self, house: &House, actor: &str) -> Result<(), EngineError> {
        match self {
            Partner::RotateKey { name, recipient, signing_key, old_until } => {
                let recipient = recipient.as_deref().map(age_recipient).transpose()?;
                let signing = signing_key.as_deref().map(public_key).transpose()?;
                let next = NextKeys { recipient, signing };
                let (keys, moved) = rotate_key(house, actor, name, &next, *old_until).await?;
                for key in keys {
                    println!("next key of {name}: {key}, the one before it until {old_until}{}", said(&moved).1);
                }
                println!("it counts once `challenge`, `prove-key` and `confirm-key` are done");
            }
            Partner::ConfirmKey { name, fingerprint } => {
                let (key, moved) = confirm_key(house, actor, name, fingerprint).await?;
                println!("key {key} of {name} is confirmed{}", said(&moved).1);
            }
            Partner::RevokeKey { name, fingerprint, reason } => {
                let (key, moved, lapsed) = revoke_key(house, actor, name, fingerprint, reason).await?;
                let (state, already) = said(&moved);
                println!("key {key} of {name} is revoked{already}; the partner is {state}");
                lapsed.iter().for_each(|transfer| println!("transfer {transfer} lapsed"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The age recipient in a file, which may hold comments besides.
fn age_recipient(path: &Path) -> Result<AgeRecipient, EngineError> {
    let text = std::fs::read_to_string(path).map_err(EngineError::file("read", path))?;
    Ok(AgeRecipient::from_file_text(&text)?)
}

fn said(moved: &Moved) -> (&'static str, &'static str) {
    match moved {
        Moved::Now(state) => (state.name(), ""),
        Moved::Already(state) => (state.name(), ": already so, nothing changed"),
    }
}

fn tell(name: &str, moved: &Moved) {
    let (state, already) = said(moved);
    println!("partner {name} is {state}{already}");
}

fn words(kinds: impl IntoIterator<Item = AttestationKind>) -> String {
    kinds.into_iter().map(AttestationKind::as_str).collect::<Vec<_>>().join(", ")
}
