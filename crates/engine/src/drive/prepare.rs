//! How do the stores become a sealed package: plan, source, aggregate, transform, enforce, seal?

use std::path::{Path, PathBuf};

use causeway_flow::enforce::{Clearance, Expectation, Reporter};
use causeway_flow::plan::Plan;
use causeway_flow::seal::{Sealed, Sealing};
use causeway_flow::source::{Source, Watch};
use causeway_flow::transform::Pseudonyms;
use causeway_flow::{FlowError, aggregate, enforce, seal, source, transform};
use causeway_model::arrangement::InForce;
use causeway_model::catalogue::Catalogue;
use causeway_model::environment::DataKind;
use causeway_model::exchange::Exchange;
use causeway_model::partner::KeyPurpose;
use causeway_model::request::{State, TransferRequest};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_package::disclosure::SealedSet;
use causeway_package::inner::{ArrangementRef, Source as SourceFact};
use causeway_package::key::Recipient;
use causeway_package::{Data, Entropy};
use causeway_store::change::{BeginAttempt, RefuseTransfer, SealTransfer, SealedFacts, Seen};
use causeway_store::query::{RequestRow, TransferRow};
use causeway_store::{Changed, StoreError};
use jiff::ToSpan;
use serde_json::json;

use super::gate::{Gate, held};
use super::heed::Heeded;
use super::lease::Lease;
use super::report::{rename, report_sink};
use super::room::{MOVED, PEOPLE, REPORT, remove};
use super::{disclosure_path, report_path};
use crate::command::{assessed, beyond, lapse, stopped, within};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House, audit};
use crate::keys::kept;
use crate::query::content;
use crate::standing::{Halted, Standing, under_way};

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The package's id.
    pub package: String,
    /// What was cleared; none if the package was sealed by an earlier run.
    pub clearance: Option<Clearance>,
}

/// Everything that one run needs, decided before anything is read.
struct Run<'h> {
    house: &'h House,
    id: &'h str,
    token: &'h str,
    /// Where nothing but this run's is in the making.
    room: PathBuf,
    arrangement: InForce,
    digest: String,
    exchange: Exchange,
    catalogue: Catalogue,
    expectation: Expectation,
    sequence: u64,
    checkpoint: String,
    recipient: Recipient,
    /// Its fingerprint.
    sealed_to: String,
    /// What people decided.
    heeded: Heeded,
    pseudonyms: Pseudonyms,
}

/// Prepares a transfer's package unless one is sealed already.
pub(super) async fn prepare(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    lease: &Lease,
) -> Result<Prepared, EngineError> {
    let id = lease.transfer();
    let row = house.transfer(id).await?;
    if let Some(package) = row.state.package() {
        return Ok(Prepared { package: package.to_owned(), clearance: None });
    }
    if !matches!(row.state, Transfer::Requested | Transfer::Preparing { .. }) {
        return Err(EngineError::Wrong(format!("transfer {id} is {}: request another", row.state)));
    }
    let request = house.store.request(id).await?;
    if let Some(request) = &request
        && matches!(request.state, State::AwaitingApproval { .. })
    {
        let what = if request.denied.is_empty() { "an officer's approval" } else { "two consents" };
        return Err(EngineError::Waits { transfer: id.to_owned(), what });
    }
    let asked = request.as_ref().map_or_else(|| bare(&row.exchange), |request| request.asked.clone());
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    // INVARIANT (a stop holds): looked up before anything is read, every second while it is, and before it is sealed.
    let gate = Gate::open(house, &row, &partner, lease).await?;
    let token = lease.token().to_owned();
    let event = audit(actor, "attempt-begun", id, json!({ "token": token }));
    let begin = BeginAttempt { seen: lease.seen(&row), token: token.clone() };
    let seen = house.store.begin_attempt(Changed::new(begin, event), house.stamp()).await?;
    // What an attempt before left that came to nothing: nobody asks for its report any more.
    if let Some(before) = &row.attempt_token {
        remove(&report_path(house, id, before))?;
    }
    let checkpoint = house.sequence().await?;
    // CRASH: an attempt is named in the ledger and nothing was read: the next run begins another.
    (house.surroundings.probe)("prepare-attempt-begun");
    let standing = match go_on(house, actor, &row, &seen).await? {
        Ok(found) => found,
        Err(violations) => return refuse(house, actor, seen, &token, violations).await,
    };
    // Judged again: a request may have died before it was, and others may have used the frequency up since.
    let mut violations = beyond(house, &row.exchange, &standing.terms, &standing.frequencies, None).await?;
    let own = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value;
    violations.extend(within(house, id, &asked, &own).await?);
    violations.extend(assessed(house, id, &own).await?);
    let catalogue = house.catalogue().await?;
    violations.extend(house.may_not_pass(&own, &catalogue).await?);
    let mut exchange = house.exchange(&row.exchange).await?;
    if exchange.needs_approval && !request.is_some_and(|request| is_approved(&request)) {
        violations.push(Violation::new(Code::NotPermitted, id, "the exchange asks for an officer's approval"));
    }
    if let Some(place) = asked.narrowing() {
        exchange.population = Some(match exchange.population.take() {
            Some(population) => population.and(place),
            None => place,
        });
    }
    if !violations.is_empty() {
        return refuse(house, actor, seen, &token, violations).await;
    }
    let Standing { terms: arrangement, digest, .. } = standing;
    let recipient = house.partner_key(&arrangement.partner, KeyPurpose::Recipient).await?;
    let recipient = recipient.ok_or_else(|| EngineError::Unknown {
        what: "current key of partner",
        name: arrangement.partner.clone(),
        help: "see `causeway partner show`",
    })?;
    let last = house.store.last_receipted(&row.exchange).await?;
    let room = lease.room(house);
    private_folder(&room)?;
    let run = Run {
        house,
        id,
        token: &token,
        room,
        digest,
        exchange,
        expectation: Expectation { last_receipted: last.map(|last| last.released), fewer_expected: row.expect_fewer },
        sequence: house.store.next_sequence(&row.exchange).await?,
        checkpoint,
        // Whoever is registered here is registered for what the installation is for.
        recipient: Recipient::parse(&recipient.text)?.meant_for(kept(house.environment())),
        sealed_to: recipient.fingerprint,
        heeded: Heeded::load(house, catalogue.subject().map_or("", |people| &people.name), &arrangement).await?,
        pseudonyms: house.pseudonyms_now(&arrangement.partner, &arrangement.purpose.code).await?,
        catalogue,
        arrangement,
    };
    let mut sources = Vec::new();
    for source in &run.catalogue.sources {
        match connectors.open(source, &house.home.sources()) {
            Ok(source) => sources.push(source),
            Err(error) => return refuse(house, actor, seen, &token, vec![Violation::from(error)]).await,
        }
    }
    // The street is one straight piece of work on this thread; nothing else of the process waits for it.
    let walked = tokio::task::block_in_place(|| run.walk(&sources, lease.watch()));
    let sealed = match walked {
        Ok(sealed) => sealed,
        // As after a run that died: the next begins another attempt.
        Err(_) if !gate.is_open() => return shut(house, actor, &row, &seen, &gate).await,
        Err(error) => return refuse(house, actor, seen, &token, error.violations()).await,
    };
    if !gate.is_open() || stopped(house, &partner).await?.is_some() {
        destroy(&sealed)?;
        return shut(house, actor, &row, &seen, &gate).await;
    }
    // Reading takes its time. Once more before anything is sealed for good: the terms, the partner, and what would leave.
    let released = sealed.package.released;
    let judged = async {
        let standing = match go_on(house, actor, &row, &seen).await? {
            Ok(found) => found,
            Err(violations) => return Ok(violations),
        };
        let mut violations =
            beyond(house, &row.exchange, &standing.terms, &standing.frequencies, Some(released)).await?;
        if house.store.key_is_revoked(&run.sealed_to).await? {
            violations.push(Violation::new(
                Code::KeyRevoked,
                &run.sealed_to,
                "it was revoked while the package was made",
            ));
        }
        Ok(violations)
    };
    match judged.await {
        Ok(violations) if violations.is_empty() => match commit(run, actor, seen.clone(), &token, sealed).await {
            // Out of force since it was judged: it lapses, unless it is in force again by now.
            Err(EngineError::Store(error @ StoreError::ChangedMeanwhile { .. })) => {
                drop(go_on(house, actor, &row, &seen).await?);
                Err(error.into())
            }
            outcome => outcome,
        },
        outcome => {
            destroy(&sealed)?;
            match outcome {
                Ok(violations) => refuse(house, actor, seen, &token, violations).await,
                Err(error) => Err(error),
            }
        }
    }
}

/// The terms under which a run goes on; or why it is refused. A transfer whose arrangement is out of force lapses.
async fn go_on(
    house: &House,
    actor: &str,
    row: &TransferRow,
    seen: &Seen,
) -> Result<Result<Standing, Vec<Violation>>, EngineError> {
    let row = TransferRow { state: seen.state.clone(), ..row.clone() };
    match under_way(house, &row).await? {
        Ok(standing) => Ok(Ok(standing)),
        Err(Halted::Waits(refused)) => Ok(Err(refused.violations)),
        Err(Halted::Lapses(refused)) => Err(lapse(house, actor, seen.clone(), refused.violations).await),
    }
}

/// Destroys a package that was never committed.
fn destroy(sealed: &Sealed) -> Result<(), EngineError> {
    let dir = &sealed.package.dir;
    std::fs::remove_dir_all(dir).map_err(EngineError::file("remove", dir))
}

/// What a transfer of an older program was asked for with: nothing but its exchange.
fn bare(exchange: &str) -> TransferRequest {
    TransferRequest { exchange: exchange.to_owned(), cycle: None, place: None, cut_off: None, note: None }
}

/// Whether an officer approved it, another than whoever asked.
fn is_approved(request: &RequestRow) -> bool {
    matches!(&request.state, State::Approved { by, approved_by: Some(officer) } if !by.may_be(officer))
}

/// The gate shut while it was prepared: nothing is sealed. It lapses where its terms are out of force; else nothing is lost.
async fn shut(
    house: &House,
    actor: &str,
    row: &TransferRow,
    seen: &Seen,
    gate: &Gate,
) -> Result<Prepared, EngineError> {
    if gate.lapses() {
        drop(go_on(house, actor, row, seen).await?);
    }
    let id = row.id.as_str();
    let why = gate.why().unwrap_or_else(|| Violation::new(Code::Stopped, id, "it was stopped before it was sealed"));
    house.record(actor, "attempt-interrupted", id, json!({ "violations": [why] })).await?;
    Err(held(id, why))
}

impl Run<'_> {
    fn walk(&self, sources: &[Box<dyn Source>], watch: &Watch) -> Result<Sealed, FlowError> {
        let house = self.house;
        let plan = Plan::compile(&self.arrangement, &self.exchange, &self.catalogue, &self.pseudonyms)
            .map_err(FlowError::Refused)?;
        let mut extract = source::extract(&plan, sources, &|| house.now(), watch)?;
        let spread_s = extract.spread_s();
        if let Some(most) = self.exchange.snapshot_spread_s
            && spread_s > u64::from(most)
        {
            let detail =
                format!("the sources were held still within {spread_s} s of one another; the exchange allows {most} s");
            return Err(FlowError::refuse(Violation::new(Code::SnapshotSpread, &self.exchange.exchange, detail)));
        }
        let snapshots = extract.snapshots();
        let report = self.room.join(REPORT);
        let _ = std::fs::remove_file(&report);
        let (sink, finish) = report_sink(&report, house)?;
        let memory = house.memory(self.room.clone());
        let bundle =
            aggregate::aggregate(&mut extract, &plan, Reporter::new(sink), self.heeded.register(house), &memory)?;
        let draft = transform::transform(bundle, &plan);
        let cleared = enforce::enforce(draft, &plan, self.expectation, watch.clone());
        let sources = snapshots
            .into_iter()
            .map(|(name, info)| SourceFact { name, snapshot: info.kind, taken_at: info.taken_at })
            .collect();
        let purge_by = house
            .now()
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date()
            .saturating_add(i64::from(self.arrangement.retention_days).days());
        let sealing = Sealing {
            staging: &self.room,
            exchange: &self.exchange,
            now: house.now(),
            recipients: vec![self.recipient.clone()],
            signing_key: &house.keys.package,
            entropy: Entropy::new(house.random()),
            disclosure_key: &house.keys.disclosure(),
            subject: self.catalogue.subject().map_or("", |subject| subject.name.as_str()),
            transfer: self.id.to_owned(),
            sequence: self.sequence,
            arrangement: ArrangementRef {
                id: self.arrangement.arrangement.clone(),
                version: self.arrangement.version,
                digest: self.digest.clone(),
            },
            purge_by,
            checkpoint: self.checkpoint.clone(),
            sources,
            snapshot_spread_s: spread_s,
        };
        let sealed = seal::seal(cleared, &plan, sealing);
        // The report tells why, whether or not anything is released.
        if let Err(error) = finish().and_then(|()| rename(&report, &report_path(house, self.id, self.token))) {
            // Nothing is released while the operation cannot be told who was left out.
            if let Ok(sealed) = sealed {
                let _ = std::fs::remove_dir_all(&sealed.package.dir);
            }
            return Err(error);
        }
        // CRASH: the report of an attempt that came to nothing stands: the next attempt removes it.
        (house.surroundings.probe)("prepare-report-kept");
        sealed
    }
}

async fn commit(run: Run<'_>, actor: &str, seen: Seen, token: &str, sealed: Sealed) -> Result<Prepared, EngineError> {
    let (house, id) = (run.house, run.id);
    let Sealed { package, clearance, disclosed, elements } = sealed;
    // CRASH: whole, in staging, known to nobody: destroyed by recovery.
    (house.surroundings.probe)("prepare-package-in-staging");
    let people = disclosure_path(house, id, token);
    let unfinished = run.room.join(PEOPLE);
    let disclosed = disclosed.seal(&unfinished, house.keys.recipient())?;
    // CRASH: a disclosure set in the room, which recovery clears with the package.
    (house.surroundings.probe)("prepare-disclosure-sealed");
    let to = house.home.packages().join(&package.id);
    // CRASH: whoever clears this room finds here which package may stand among those that exist without being one.
    let moved = run.room.join(MOVED);
    std::fs::write(&moved, format!("{id} {}", package.id)).map_err(EngineError::file("write", &moved))?;
    sync(&run.room)?;
    std::fs::rename(&unfinished, &people).map_err(EngineError::file("rename", &people))?;
    std::fs::rename(&package.dir, &to).map_err(EngineError::file("rename", &to))?;
    sync(&house.home.packages())?;
    sync(&house.home.sealed())?;
    // CRASH: moved, not committed: an orphan that recovery destroys.
    (house.surroundings.probe)("prepare-package-moved");
    let purge_by = house
        .now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
        .saturating_add(i64::from(run.arrangement.retention_days).days());
    let body = json!({
        "package": package.id, "manifest_sha256": package.manifest_sha256, "released": clearance.released, "people_disclosed": disclosed,
        "withheld": clearance.withheld.iter().map(|(code, count)| json!({ "code": code, "count": count })).collect::<Vec<_>>(),
        "quarantined": clearance.quarantined,
        "faults": clearance.faults.iter().map(|((subject, code), count)| json!({ "subject": subject, "code": code, "count": count })).collect::<Vec<_>>(),
        "conflicts": clearance.conflicts,
        "substitutions": clearance.substitutions.iter().map(|((field, kind), count)| json!({ "field": field, "kind": kind, "count": count })).collect::<Vec<_>>(),
        "arrangement": run.arrangement.arrangement, "arrangement_version": run.arrangement.version, "arrangement_sha256": run.digest, "sealed_to": run.sealed_to,
        "exchange": run.exchange.exchange, "sequence": run.sequence,
    });
    let event = audit(actor, "transfer-sealed", id, body);
    let seal = SealTransfer {
        seen,
        token: token.to_owned(),
        package: package.id.clone(),
        sealed_to: run.sealed_to.clone(),
        sequence: run.sequence,
        facts: SealedFacts {
            released: package.released,
            digest: package.record_digest.clone(),
            manifest_sha256: package.manifest_sha256.clone(),
            purge_by,
        },
        content: content(&run.exchange, &run.catalogue, disclosed, elements),
        data: match package.manifest.data {
            Data::Real => DataKind::Real,
            Data::Synthetic => DataKind::Synthetic,
        },
        receipt_token_sha256: sha256_hex(package.receipt_token.reveal()),
        decisions_seen: run.heeded.seen(),
    };
    let set = SealedSet { path: people.clone(), people: Some(disclosed) };
    match run.heeded.seal(house, seal.clone(), event, &set).await {
        Ok(_) => {}
        Err(EngineError::Store(error @ (StoreError::Denied { .. } | StoreError::ChangedMeanwhile { .. }))) => {
            // INVARIANT (a stop holds): said by the transaction that would have sealed it. Its terms went out of force, or the partner
            // was kept from real data, at the last moment.
            std::fs::remove_dir_all(&to).map_err(EngineError::file("remove", &to))?;
            std::fs::remove_file(&people).map_err(EngineError::file("remove", &people))?;
            return match error {
                StoreError::Denied { source, .. } => refuse(house, actor, seal.seen, token, source.violations).await,
                error => Err(error.into()),
            };
        }
        Err(error) => return Err(error),
    }
    // CRASH: sealed and committed; the next run only delivers.
    (house.surroundings.probe)("prepare-sealed");
    house.sequence().await?;
    // Nothing is left in it but the note of what was moved out.
    remove(&run.room)?;
    Ok(Prepared { package: package.id, clearance: Some(clearance) })
}

async fn refuse(
    house: &House,
    actor: &str,
    seen: Seen,
    token: &str,
    violations: Vec<Violation>,
) -> Result<Prepared, EngineError> {
    let transfer = seen.transfer.clone();
    let event = audit(actor, "transfer-refused", &transfer, json!({ "violations": violations }));
    let refusal = RefuseTransfer { seen, token: Some(token.to_owned()), violations: violations.clone() };
    house.store.refuse(Changed::new(refusal, event), house.stamp()).await?;
    house.sequence().await?;
    Err(EngineError::Refused { transfer, violations })
}

fn sync(folder: &Path) -> Result<(), EngineError> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", folder))
}
