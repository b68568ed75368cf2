//! From which state does a transfer start, or why is it full, and what is kept of the state that it leads to?

use std::path::{Path, PathBuf};

use causeway_flow::seal::Following;
use causeway_flow::transform::Pseudonyms;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Deltas, Exchange};
use causeway_model::population::Predicate;
use causeway_model::{Code, Violation};
use causeway_package::PackageError;
use causeway_package::delta::{Base, BaseRef, Compared, Kept, StateDigest, StateKey};
use causeway_store::change::{PackageState, StartsFrom};
use causeway_store::query::{SentState, SetOwner};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;

use super::gate::held;
use super::room::remove;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::House;

/// The set of a state, until it is whole.
const STATE: &str = "state.age";

/// What the set of a state is called, behind the transfer and the token of its run.
const END: &str = ".state.age";

/// Sets of which the database is asked at once.
const TOGETHER: usize = 200;

/// How often a base is looked for that was purged while it was looked for.
const LOOKS: usize = 3;

/// How a transfer of an exchange that is sent as states is to be made.
pub(super) struct Chosen {
    key: StateKey,
    deltas: Deltas,
    places: Vec<usize>,
    shape: String,
    start: Start,
    grace_days: Option<u32>,
}

enum Start {
    Full(&'static str),
    On(Box<SentState>),
}

/// Holds a transfer back while its partner's word of another state is not settled.
pub(super) async fn undisputed(house: &House, transfer: &str, exchange: &str) -> Result<(), EngineError> {
    let Some(dispute) = house.store.open_disputes(exchange).await?.into_iter().next() else { return Ok(()) };
    let detail = format!("the receipt of transfer {} says so: {}", dispute.transfer, dispute.codes.join(", "));
    Err(held(transfer, Violation::new(Code::StateDisputed, exchange, detail)))
}

/// Decides how a transfer is made, and what it is compared with; nothing where its exchange sends everything each time.
pub(super) async fn choose(
    house: &House,
    (exchange, catalogue): (&Exchange, &Catalogue),
    (terms, digest): (&Arrangement, &str),
    pseudonyms: &Pseudonyms,
    narrowing: Option<Predicate>,
) -> Result<Option<(Chosen, Base)>, EngineError> {
    let Some(deltas) = exchange.delta.clone() else { return Ok(None) };
    let places = deltas.places(exchange).ok_or_else(|| EngineError::Wrong("`delta` names no output".to_owned()))?;
    let key = house.keys.states(&terms.partner, &exchange.exchange);
    // What makes two states comparable: who agreed what, what leaves how and is called what, whom was asked for, by which key they
    // are digested, and what people are called. Types and descriptions are the catalogue's, and a partner refuses other fields.
    let shape = json!({
        "exchange": exchange.exchange, "version": exchange.version, "arrangement": terms.arrangement, "terms": digest,
        "catalogue": catalogue.catalogue, "catalogue_version": catalogue.version,
        "partner": terms.partner, "place": narrowing, "key": key.fingerprint(),
        "pseudonyms": hex::encode(pseudonyms.key("state").of(b"state")),
    });
    let shape = sha256_hex(&shape.to_string());
    let (mut start, mut base) = (Start::Full("its base was not to be had"), Base::nobody());
    for _ in 0..LOOKS {
        let on = match house.store.confirmed_state(&exchange.exchange).await? {
            None => Err("no earlier state is confirmed"),
            Some(found) => fit(house, exchange, &deltas, &shape, found).await?,
        };
        let on = match on {
            Ok(on) => on,
            Err(why) => {
                start = Start::Full(why);
                break;
            }
        };
        let path = state_path(house, &on.transfer, &on.token);
        let kept = Kept { count: on.state.records, sha256: on.state.set_sha256.clone() };
        match tokio::task::block_in_place(|| Base::read(&path, &house.keys.operation, &kept)) {
            Ok(read) => {
                (start, base) = (Start::On(Box::new(on)), read);
                break;
            }
            // A newer one may have been confirmed, and this one purged, since it was looked for.
            Err(PackageError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                start = Start::Full("the set of its base is missing");
            }
            Err(_) => {
                start = Start::Full("the set of its base is damaged");
                break;
            }
        }
    }
    let grace_days = terms.removal_grace_days;
    Ok(Some((Chosen { key, deltas, places, shape, start, grace_days }, base)))
}

/// Whether a transfer may start from the state that was confirmed last; or why it is full.
async fn fit(
    house: &House,
    exchange: &Exchange,
    deltas: &Deltas,
    shape: &str,
    found: SentState,
) -> Result<Result<SentState, &'static str>, EngineError> {
    let (store, name) = (&house.store, &exchange.exchange);
    Ok(if store.disputed_since(&found.package).await? {
        Err("a dispute came after the state that was confirmed last")
    } else if found.state.shape != shape {
        Err(
            "the exchange, its arrangement, the catalogue, the place, the key or the pseudonyms are others than the base's",
        )
    } else if found.purge_by <= house.today() {
        Err("the partner must have erased the base by now")
    } else if store.deltas_in_a_row(name).await? + 1 >= u64::from(deltas.full_every) {
        Err("everything is sent every so many transfers")
    } else {
        Ok(found)
    })
}

impl Chosen {
    /// What the street is told.
    pub(super) fn following(&self, house: &House, base: Base) -> Following<'_> {
        let grace = |days: u32| house.today().saturating_add(i64::from(days).days());
        Following {
            key: &self.key,
            fields: self.deltas.key.clone(),
            places: self.places.clone(),
            compared_with: base,
            base: match &self.start {
                Start::Full(_) => None,
                Start::On(on) => Some(BaseRef {
                    sequence: on.sequence,
                    state: StateDigest { count: on.state.records, digest: on.state.digest.clone() },
                }),
            },
            grace_until: self.grace_days.map(grace),
        }
    }

    /// How the transfer is made, for its history.
    fn said(&self, compared: &Compared) -> String {
        match &self.start {
            Start::Full(why) => format!("full: {why}"),
            Start::On(on) => format!(
                "a delta on number {}: {} added, {} changed, {} removed",
                on.sequence,
                compared.added,
                compared.changed,
                compared.removed.len()
            ),
        }
    }
}

/// A set that is sealed, with what is stored of it.
pub(super) struct LaidBy {
    /// What is stored.
    pub(super) state: PackageState,
    /// How the transfer was made.
    pub(super) said: String,
    unfinished: PathBuf,
    path: PathBuf,
}

impl LaidBy {
    /// Seals the set of a state in the room of its run.
    pub(super) fn seal(
        house: &House,
        chosen: Option<&Chosen>,
        compared: Option<Compared>,
        room: &Path,
        place: PathBuf,
    ) -> Result<Option<Self>, EngineError> {
        let (Some(chosen), Some(compared)) = (chosen, compared) else { return Ok(None) };
        let (unfinished, said) = (room.join(STATE), chosen.said(&compared));
        let Compared { state, added, changed, removed, set } = compared;
        let kept = set.seal(&unfinished, house.keys.recipient())?;
        private_folder(&house.home.states())?;
        // CRASH: the set of a state in the room, which recovery clears with the package.
        (house.surroundings.probe)("prepare-state-sealed");
        let starts_from = match &chosen.start {
            Start::Full(why) => StartsFrom::Nothing { why: (*why).to_owned() },
            Start::On(on) => StartsFrom::Package { package: on.package.clone() },
        };
        let state = PackageState {
            starts_from,
            shape: chosen.shape.clone(),
            records: state.count,
            digest: state.digest,
            set_sha256: kept.sha256,
            added,
            changed,
            removed: removed.len() as u64,
        };
        Ok(Some(Self { state, said, unfinished, path: place }))
    }

    /// Moves it out of the room, to where it is looked for.
    pub(super) fn move_out(&self) -> Result<(), EngineError> {
        std::fs::rename(&self.unfinished, &self.path).map_err(EngineError::file("rename", &self.path))?;
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(EngineError::file("sync", folder))
    }

    /// Removes it, of a package that was not committed.
    pub(super) fn undo(&self) -> Result<(), EngineError> {
        remove(&self.path).map(|_| ())
    }
}

/// Where the set of the state stands that a run led to.
pub(super) fn state_path(house: &House, transfer: &str, token: &str) -> PathBuf {
    house.home.states().join(format!("{transfer}.{token}{END}"))
}

/// Purges the sets from which nothing starts any more: those before the state that was confirmed last, of transfers that came to
/// nothing or are disputed, and those whose day has come.
pub(crate) async fn purge_states(house: &House) -> Result<(), EngineError> {
    let folder = house.home.states();
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(EngineError::file("read", &folder))?,
    };
    let mut sets = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some((transfer, token)) = name.strip_suffix(END).and_then(|name| name.rsplit_once('.')) {
            let (transfer, token) = (transfer.to_owned(), token.to_owned());
            sets.push((path, transfer, token));
        }
    }
    for sets in sets.chunks(TOGETHER) {
        let transfers: Vec<String> = sets.iter().map(|(_, transfer, _)| transfer.clone()).collect();
        let owners = house.store.set_owners(&transfers).await?;
        for (path, transfer, token) in sets {
            // Of a transfer that nobody knows: it was lost with the ledger's newest entries.
            if owners.get(transfer).is_none_or(|owner| is_over(owner, token, house.today())) {
                remove(path)?;
            }
        }
    }
    Ok(())
}

/// Whether nothing starts any more from the set that a run made for a transfer.
fn is_over(owner: &SetOwner, token: &str, today: Date) -> bool {
    match owner.state.as_str() {
        // Its run, or whoever clears after it, has it in hand.
        "requested" | "preparing" => false,
        "sealed" | "delivering" | "delivered" | "receipted" => {
            owner.token.as_deref() != Some(token)
                || owner.sequence.is_none_or(|number| number < owner.confirmed)
                || owner.purge_by.is_none_or(|day| day <= today)
        }
        _ => true,
    }
}
