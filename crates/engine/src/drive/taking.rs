//! How does a partner's program take a part of a package? The intent first, in a signed checkpoint; then the bytes, which `serve` hands over;
//! then how many they were. When every part was handed over whole, the package has arrived.

use std::collections::BTreeMap;

use causeway_model::transfer::Transfer;
use causeway_package::OuterManifest;
use causeway_package::manifest::MANIFEST_FILE;
use causeway_store::change::{BeginDelivery, BeginTaking, EndTaking};
use causeway_store::query::{Taking, TransferRow};
use causeway_store::{Changed, Safeguard, StoreError};
use serde_json::json;

use super::ready::arrive;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Which bytes of a part are to leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) package: &'a str,
    pub(crate) part: &'a str,
    pub(crate) first_byte: u64,
    pub(crate) bytes: u64,
}

/// The manifest of a package that is kept here.
pub(crate) fn manifest_of(house: &House, package: &str) -> Result<OuterManifest, EngineError> {
    let gone = |_| EngineError::Unknown { what: "package", name: package.to_owned(), help: "" };
    let bytes = std::fs::read(house.home.packages().join(package).join(MANIFEST_FILE)).map_err(gone)?;
    Ok(OuterManifest::parse(&bytes)?)
}

/// Begins: from here on these bytes may leave. What whoever hands them over shows afterwards.
pub(crate) async fn begin_taking(
    house: &House,
    client: &str,
    row: &TransferRow,
    wanted: Wanted<'_>,
) -> Result<String, EngineError> {
    let (actor, Wanted { package, part, first_byte, bytes }) = (format!("client/{client}"), wanted);
    if row.awaits_partner() && !is_open(house, row).await? {
        begin_delivery(house, &actor, row, package).await?;
    }
    let token = hex::encode(house.random());
    let body = json!({ "package": package, "part": part, "first_byte": first_byte, "bytes": bytes });
    let event = audit(&actor, "part-taking-begun", &row.id, body);
    let begin = BeginTaking {
        package: package.to_owned(),
        part: part.to_owned(),
        client: client.to_owned(),
        first_byte,
        bytes,
        token_sha256: sha256_hex(&token),
    };
    house.store.begin_taking(Changed::new(begin, event), house.stamp()).await?;
    // INVARIANT (what leaves waits for its leaf): no byte is handed over before this is answered.
    if house.surroundings.safeguards().stand(Safeguard::LeafBeforeLeaving) {
        house.sequence().await?;
    }
    // CRASH: the intent is committed, nothing has left: the program asks again, and that is another taking.
    (house.surroundings.probe)("taking-begun");
    Ok(token)
}

/// Whether an attempt is under way: one that was interrupted is followed by another.
async fn is_open(house: &House, row: &TransferRow) -> Result<bool, EngineError> {
    Ok(house.store.deliveries(&row.id).await?.iter().any(|attempt| attempt.outcome.is_none()))
}

/// The first of it is about to leave: the transfer is on its way.
async fn begin_delivery(house: &House, actor: &str, row: &TransferRow, package: &str) -> Result<(), EngineError> {
    let event = audit(actor, "delivery-begun", &row.id, json!({ "package": package }));
    let begin = BeginDelivery { seen: row.seen(), data: house.environment().data() };
    match house.store.begin_delivery(Changed::new(begin, event), house.stamp()).await {
        Ok(_) => Ok(()),
        Err(StoreError::Denied { source, .. }) => Err(house.deny(actor, "deliver", &row.id, source).await),
        // Another part was faster; if it was anything else, the taking is refused.
        Err(StoreError::Conflict { .. } | StoreError::OpenDelivery { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Notes how many bytes were handed over. `token` is what was given when it was begun: a program's own may have ended meanwhile.
pub(crate) async fn end_taking(house: &House, token: &str, given: u64) -> Result<(), EngineError> {
    let digest = sha256_hex(token);
    let unknown = || EngineError::Unknown { what: "taking of a part", name: "so begun".to_owned(), help: "" };
    let taking = house.store.taking(&digest).await?.ok_or_else(unknown)?;
    let package = house.store.package(&taking.package).await?.ok_or_else(unknown)?;
    let actor = format!("client/{}", taking.client);
    let body = json!({
        "package": taking.package, "part": taking.part, "first_byte": taking.first_byte, "bytes": taking.bytes, "given": given,
    });
    let event = audit(&actor, "part-taken", &package.transfer, body);
    let end = EndTaking { token_sha256: digest, given };
    // CRASH: it was told and is not noted: it is told again.
    (house.surroundings.probe)("taking-told");
    house.store.end_taking(Changed::new(end, event), house.stamp()).await?;
    // CRASH: it is known what was handed over; whether the package is whole by that, the next sweep finds out.
    (house.surroundings.probe)("taking-ended");
    let row = house.transfer(&package.transfer).await?;
    arrive_if_whole(house, &actor, &row).await?;
    house.sequence().await?;
    Ok(())
}

/// Whether every part of a package that is on its way was handed over whole; then it has arrived.
pub(super) async fn arrive_if_whole(house: &House, actor: &str, row: &TransferRow) -> Result<bool, EngineError> {
    let Transfer::Delivering { package, .. } = &row.state else { return Ok(false) };
    if !row.awaits_partner() {
        return Ok(false);
    }
    let takings = house.store.takings(package).await?;
    let parts = match manifest_of(house, package) {
        // Nobody takes any more of what is not kept.
        Err(EngineError::Unknown { .. }) => return Ok(false),
        manifest => manifest?.parts,
    };
    if !is_whole(parts.into_iter().map(|part| (part.name, part.size)), &takings) {
        return Ok(false);
    }
    arrive(house, actor, row, "every part was handed over whole").await?;
    Ok(!house.transfer(&row.id).await?.awaits_partner())
}

/// Whether what was handed over covers every part.
fn is_whole(sizes: impl IntoIterator<Item = (String, u64)>, takings: &[Taking]) -> bool {
    let mut given: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for one in takings {
        if let Some(bytes) = one.given {
            given.entry(&one.part).or_default().push((one.first_byte, one.first_byte.saturating_add(bytes)));
        }
    }
    sizes.into_iter().all(|(part, size)| {
        let mut ranges = given.get(part.as_str()).cloned().unwrap_or_default();
        ranges.sort_unstable();
        let reached =
            ranges.into_iter().fold(0, |reached, (from, to)| if from <= reached { reached.max(to) } else { reached });
        reached >= size
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taking(part: &str, first_byte: u64, given: Option<u64>) -> Taking {
        Taking {
            package: "p".into(),
            number: 1,
            part: part.into(),
            client: "c".into(),
            first_byte,
            bytes: 100,
            begun_at: jiff::Timestamp::UNIX_EPOCH,
            given,
        }
    }

    #[test]
    fn a_package_is_whole_when_every_byte_of_every_part_was_handed_over() {
        let sizes = || [("a".to_owned(), 100), ("b".to_owned(), 10)];
        let b = || taking("b", 0, Some(10));
        for (what, takings, expected) in [
            ("nothing", vec![], false),
            ("one part", vec![b()], false),
            ("both", vec![taking("a", 0, Some(100)), b()], true),
            ("cut and gone on with", vec![taking("a", 0, Some(40)), b(), taking("a", 30, Some(70))], true),
            ("the end first", vec![taking("a", 50, Some(50)), b(), taking("a", 0, Some(50))], true),
            ("a hole", vec![taking("a", 0, Some(49)), b(), taking("a", 50, Some(50))], false),
            ("an end that nobody told", vec![taking("a", 0, None), b()], false),
            (
                "the middle of which nobody told",
                vec![taking("a", 0, Some(10)), taking("a", 10, None), taking("a", 60, Some(40)), b()],
                false,
            ),
            (
                "the whole of it after that",
                vec![taking("a", 10, None), taking("a", 60, Some(40)), taking("a", 0, Some(100)), b()],
                true,
            ),
            ("twice", vec![taking("a", 0, Some(60)), taking("a", 0, Some(60)), b()], false),
        ] {
            assert_eq!(is_whole(sizes(), &takings), expected, "{what}");
        }
    }
}
