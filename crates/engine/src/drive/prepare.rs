//! How do the stores become a sealed package: what is judged before anything is read, and once more before it is sealed?

use causeway_flow::enforce::{Clearance, Expectation};
use causeway_flow::seal::Sealed;
use causeway_model::partner::KeyPurpose;
use causeway_model::request::{State, TransferRequest};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_package::key::Recipient;
use causeway_store::change::{BeginAttempt, RefuseTransfer, Seen};
use causeway_store::query::{RequestRow, TransferRow};
use causeway_store::{Changed, StoreError};
use jiff::ToSpan;
use serde_json::json;

use super::commit::commit;
use super::following::{choose, undisputed};
use super::gate::{Gate, held};
use super::heed::Heeded;
use super::lease::Lease;
use super::report_path;
use super::room::remove;
use super::run::Run;
use crate::command::{assessed, beyond, lapse, stopped, within};
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House, audit};
use crate::keys::kept;
use crate::standing::{Halted, Standing, under_way};

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The package's id.
    pub package: String,
    /// What was cleared; none if the package was sealed by an earlier run.
    pub clearance: Option<Clearance>,
    /// How it was made, where its exchange is sent as states.
    pub sent: Option<SentAs>,
}

/// How a package was made that leads to a state. What was cleared is the state.
#[derive(Clone, Debug)]
pub struct SentAs {
    /// Full and why, or on which number.
    pub said: String,
    /// How many records are in the package.
    pub released: u64,
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
        return Ok(Prepared { package: package.to_owned(), clearance: None, sent: None });
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
    undisputed(house, id, &row.exchange).await?;
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
    let last = house.store.last_receipted(&row.exchange).await?.map(|last| last.released);
    let pseudonyms_seen = house.store.pseudonyms_changed().await?;
    let pseudonyms = house.pseudonyms_now(&arrangement.partner, &arrangement.purpose.code).await?;
    let (sent, terms) = ((&exchange, &catalogue), (&*arrangement, &*digest));
    let chosen = choose(house, sent, terms, &pseudonyms, asked.narrowing()).await?;
    let (chosen, base) = chosen.unzip();
    let room = lease.room(house);
    private_folder(&room)?;
    let run = Run {
        house,
        id,
        token: &token,
        room,
        digest,
        exchange,
        expectation: Expectation { last_receipted: last, fewer_expected: row.expect_fewer },
        sequence: house.store.next_sequence(&row.exchange).await?,
        checkpoint,
        // Whoever is registered here is registered for what the installation is for.
        recipient: Recipient::parse(&recipient.text)?.meant_for(kept(house.environment())),
        sealed_to: recipient.fingerprint,
        heeded: Heeded::load(house, catalogue.subject().map_or("", |people| &people.name), &arrangement).await?,
        pseudonyms,
        pseudonyms_seen,
        purge_by: house.today().saturating_add(i64::from(arrangement.retention_days).days()),
        catalogue,
        arrangement,
        chosen,
    };
    let mut sources = Vec::new();
    for source in &run.catalogue.sources {
        match connectors.open(source, &house.home.sources()) {
            Ok(source) => sources.push(source),
            Err(error) => return refuse(house, actor, seen, &token, vec![Violation::from(error)]).await,
        }
    }
    // The street is one straight piece of work on this thread; nothing else of the process waits for it.
    let walked = tokio::task::block_in_place(|| run.walk(&sources, lease.watch(), base.unwrap_or_default()));
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

pub(super) async fn refuse(
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
