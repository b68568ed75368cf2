//! `causeway partner`: to whom may packages be sealed, and what did it show before?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use causeway_engine::command::{
    Admitted, Moved, PartnerKeys, accept_attestations, activate_partner, add_partner, admit_real_data, attest,
    challenge_partner, close_partner, prove_key, restrict_partner, resume_partner, suspend_partner, verify_partner,
};
use causeway_engine::documents::Read;
use causeway_engine::{EngineError, House};
use causeway_model::partner::{AttestationKind, Profile, readiness};
use causeway_package::key::Recipient;
use clap::Subcommand;

use super::officer::again;
use super::page::Page;
use super::{Ended, Place, public_key};

/// Partners.
#[derive(Subcommand)]
pub enum Partner {
    /// Invites a partner with its public keys. Until it is verified, activated and ready, it receives nothing.
    Add {
        /// Short name, as arrangements write it.
        name: String,
        /// Full name.
        #[arg(long, required_unless_present = "profile")]
        title: Option<String>,
        /// Country whose law binds it (ISO 3166 alpha-3), or `INT`.
        #[arg(long, value_name = "COUNTRY", required_unless_present = "profile")]
        jurisdiction: Option<String>,
        /// Country where it keeps data, ISO 3166 alpha-3.
        #[arg(long, value_name = "COUNTRY", required_unless_present = "profile")]
        hosting_country: Option<String>,
        /// All that in a document, with who handles data for it (`causeway schema partner`).
        #[arg(long, value_name = "FILE", conflicts_with_all = ["title", "jurisdiction", "hosting_country"])]
        profile: Option<PathBuf>,
        /// Only invented people may go to it, until two people say otherwise (`admit-real-data`).
        #[arg(long)]
        synthetic_only: bool,
        /// File with the age recipient (`age1…`).
        #[arg(long)]
        recipient: PathBuf,
        /// Fingerprint of the recipient, as the partner told it by another way; at `verify`, unless it is known already.
        #[arg(long)]
        recipient_fingerprint: Option<String>,
        /// File with the public key that receipts are signed with.
        #[arg(long)]
        signing_key: PathBuf,
        /// Fingerprint of that key, as the partner told it by another way; at `verify`, unless it is known already.
        #[arg(long)]
        signing_fingerprint: Option<String>,
    },
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
            Partner::Add { .. } => self.add(&house, actor).await?,
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
            Partner::Show { name } => show(&house, name).await?,
            Partner::List(page) => {
                let restricted = house.store.synthetic_only_partners().await?;
                let restricted: Vec<String> = restricted.into_iter().map(|(name, _)| name).collect();
                let found = house.store.partners_after(page.after(), page.asked()).await?;
                let (partners, end) = page.cut(found, |partner| partner.name.clone());
                for partner in partners {
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

    async fn add(&self, house: &House, actor: &str) -> Result<(), EngineError> {
        let Partner::Add {
            name,
            title,
            jurisdiction,
            hosting_country,
            profile,
            synthetic_only,
            recipient,
            recipient_fingerprint,
            signing_key,
            signing_fingerprint,
        } = self
        else {
            return Ok(());
        };
        let mut profile = match profile {
            Some(file) => {
                let read: Read<Profile> = Read::file(file)?;
                read.refuse_errors(&read.value.check())?;
                read.value
            }
            None => Profile {
                partner: name.clone(),
                title: title.clone().unwrap_or_default(),
                jurisdiction: jurisdiction.clone().unwrap_or_default(),
                hosting_country: hosting_country.clone().unwrap_or_default(),
                synthetic_only: false,
                recipients: Vec::new(),
            },
        };
        profile.synthetic_only |= *synthetic_only;
        if profile.partner != *name {
            return Err(EngineError::Wrong(format!("the document is of `{}`, not of `{name}`", profile.partner)));
        }
        if let Some(finding) = profile.check().iter().next() {
            return Err(EngineError::Wrong(format!("{}: {}", finding.message, finding.help)));
        }
        let text = std::fs::read_to_string(recipient).map_err(EngineError::file("read", recipient))?;
        let keys = PartnerKeys {
            recipient: &Recipient::from_file_text(&text)?,
            recipient_confirmed: recipient_fingerprint.as_deref(),
            signing: &public_key(signing_key)?,
            signing_confirmed: signing_fingerprint.as_deref(),
        };
        let confirmed = [recipient_fingerprint, signing_fingerprint].iter().filter(|told| told.is_some()).count();
        let only = if profile.synthetic_only { ", for invented people only" } else { "" };
        let (state, saved) = add_partner(house, actor, profile, keys).await?;
        println!("partner {name} is {state}, {confirmed} of 2 keys confirmed{only}{}", again(saved));
        Ok(())
    }
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

async fn show(house: &House, name: &str) -> Result<(), EngineError> {
    let found = house.store.partner(name).await?.zip(house.store.partner_life(name).await?);
    let (partner, life) = found.ok_or_else(|| EngineError::Unknown {
        what: "partner",
        name: name.to_owned(),
        help: "see `causeway partner list`",
    })?;
    let profile = &life.profile;
    println!("{name}: {} ({}, keeps data in {})", partner.title, profile.jurisdiction, profile.hosting_country);
    println!("state: {}", life.state);
    if house.store.is_synthetic_only(name).await? {
        match house.store.real_data_asked(name).await? {
            None => println!("takes invented people only"),
            Some(asked) => {
                println!("takes invented people only; {} has asked for real data: {}", asked.by, asked.reason)
            }
        }
    }
    for key in life.state.keys() {
        let confirmed = key.confirmed_by.as_ref().map_or("not confirmed".to_owned(), |by| format!("confirmed by {by}"));
        let proven = if key.possession_proven { "proven" } else { "not proven" };
        println!("key {} ({}): {confirmed}, {proven}", key.key, key.purpose);
    }
    for recipient in &profile.recipients {
        println!("{} {} ({}, {})", recipient.kind, recipient.name, recipient.jurisdiction, recipient.hosting_country);
    }
    let attestations = house.store.attestations(name).await?;
    for one in &attestations {
        let accepted = one.accepted_by.as_ref().map_or("not accepted".to_owned(), |by| format!("accepted by {by}"));
        println!("{} until {} ({}): stated by {}, {accepted}", one.kind, one.valid_until, one.evidence, one.stated_by);
    }
    for violation in readiness(&AttestationKind::required(), &attestations, house.today()) {
        println!("not ready: {violation}");
    }
    Ok(())
}
