//! How does a notice reach its partner? As packages do: the intent with its bytes first, then the bytes, then the outcome.

use std::collections::BTreeSet;
use std::path::Path;

use causeway_model::partner::KeyPurpose;
use causeway_package::Entropy;
use causeway_package::key::Recipient;
use causeway_package::notice::{Notice, SealedNotice, seal_notice, unseal_own};
use causeway_store::change::{BeginNotice, FinishNotice};
use causeway_store::query::{NoticeBytes, NoticeRow};
use causeway_store::{Changed, Lock, StoreError};
use serde_json::json;

use crate::command::held_back;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::{Connectors, House, audit};
use crate::keys::kept;

/// What became of a notice that was to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The notice.
    pub notice: String,
    /// Who is told.
    pub partner: String,
    /// Why it was not sent; it is tried again.
    pub held: Option<String>,
}

/// Notices that one round brings to their partners at most: others wait for the next.
const TOGETHER: usize = 100;

/// Sends notices that have not arrived, the oldest first. One process at a time does; another finds nothing to do. Of a partner that may
/// not receive now, only the first is told of.
///
/// # Errors
/// When the database fails. A notice that cannot be sent holds no other back.
pub async fn send_notices(house: &House, connectors: &dyn Connectors, actor: &str) -> Result<Vec<Sent>, EngineError> {
    let waiting = house.store.unsent_notices().await?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let folder = house.home.notices();
    private_folder(&folder)?;
    let _alone = match Lock::take(&folder.join("sending")) {
        Ok(lock) => lock,
        Err(StoreError::Locked { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let (mut sent, mut shut, mut arrived) = (Vec::new(), BTreeSet::new(), 0);
    for row in waiting {
        if arrived == TOGETHER {
            break;
        }
        if shut.contains(&row.partner) {
            continue;
        }
        let held = match held_back(house, &row.partner).await? {
            Some(why) => {
                shut.insert(row.partner.clone());
                Some(why.to_string())
            }
            None => match send(house, connectors, actor, &row).await {
                Ok(held) => held,
                Err(error @ EngineError::Store(_)) => return Err(error),
                Err(error) => Some(error.to_string()),
            },
        };
        arrived += usize::from(held.is_none());
        sent.push(Sent { notice: row.id, partner: row.partner, held });
    }
    Ok(sent)
}

/// Sends one; why not, if it is held back.
async fn send(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    row: &NoticeRow,
) -> Result<Option<String>, EngineError> {
    let exchange = house.exchange(&row.exchange).await?;
    let Some(path) = exchange.deliver.folder() else { return lay_ready(house, actor, row).await };
    let target = house.home.root().join(path);
    let sealed = match house.store.notice_bytes(&row.id).await? {
        NoticeBytes::Gone => return Ok(None),
        NoticeBytes::Draft(draft) => begin(house, actor, row, &draft).await?,
        // CRASH: begun, and nobody knows whether it arrived: the same bytes are put there again.
        NoticeBytes::Sealed { draft, manifest, signature, part } => {
            let sealed = SealedNotice { id: row.id.clone(), manifest, signature, part };
            // To a revoked key nothing is sent any more: unless it arrived before, it is begun anew.
            match is_void(house, row).await? && !has_arrived(house, connectors, &sealed, &target)? {
                true => begin(house, actor, row, &draft).await?,
                false => Ok(sealed),
            }
        }
    };
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err(why) => return Ok(Some(why)),
    };
    let dir = sealed.write(&house.home.notices())?;
    let may = |mark: &'static str| {
        (house.surroundings.probe)(mark);
        let ask = || tokio::runtime::Handle::current().block_on(stays(house, row));
        // Whoever cannot tell whether it is held back, holds it back.
        mark != "deliver-before-rename" || matches!(ask(), Ok(None))
    };
    let delivered = tokio::task::block_in_place(|| connectors.deliver(&dir, &target, &row.id, &may));
    let removed = std::fs::remove_dir_all(&dir).map_err(EngineError::file("remove", &dir));
    if let Err(detail) = delivered {
        return Ok(Some(detail));
    }
    // CRASH: it stands at the partner's, and nobody here knows: it is put there again, which does nothing.
    (house.surroundings.probe)("notice-outcome-not-committed");
    let event = audit(actor, "notice-sent", &row.id, json!({ "partner": row.partner, "what": row.what }));
    let finish = FinishNotice { id: row.id.clone() };
    house.store.finish_notice(Changed::new(finish, event), house.stamp()).await?;
    house.sequence().await?;
    removed.map(|()| None)
}

/// Seals one whose exchange has no folder, so that the partner's program can take it; what keeps it from being sent.
async fn lay_ready(house: &House, actor: &str, row: &NoticeRow) -> Result<Option<String>, EngineError> {
    let sealed = match house.store.notice_bytes(&row.id).await? {
        NoticeBytes::Gone => return Ok(None),
        NoticeBytes::Draft(draft) => begin(house, actor, row, &draft).await?.err(),
        NoticeBytes::Sealed { draft, .. } if is_void(house, row).await? => {
            begin(house, actor, row, &draft).await?.err()
        }
        NoticeBytes::Sealed { .. } => None,
    };
    Ok(sealed.or_else(|| Some(format!("{} has no folder: the partner's program takes it over the API", row.exchange))))
}

/// Whether a notice lies ready for its partner's program: its exchange has no folder, and it was not answered yet.
pub(crate) async fn lies_ready(house: &House, row: &NoticeRow) -> bool {
    let has_none = |exchange: causeway_model::exchange::Exchange| exchange.deliver.folder().is_none();
    row.begun_at.is_some() && row.sent_at.is_none() && house.exchange(&row.exchange).await.is_ok_and(has_none)
}

/// The bytes of a notice that lies ready, for a program of its partner; each taking stands in the ledger first. None where its key was
/// revoked: it is sealed anew.
pub(crate) async fn take_notice(
    house: &House,
    actor: &str,
    row: &NoticeRow,
) -> Result<Option<SealedNotice>, EngineError> {
    let NoticeBytes::Sealed { manifest, signature, part, .. } = house.store.notice_bytes(&row.id).await? else {
        return Ok(None);
    };
    if stays(house, row).await?.is_some() {
        return Ok(None);
    }
    // CRASH: it is entered and was not handed over: the program asks again, and that is another entry.
    house.record(actor, "notice-taken", &row.id, json!({ "partner": row.partner, "what": row.what })).await?;
    (house.surroundings.probe)("notice-taken");
    Ok(Some(SealedNotice { id: row.id.clone(), manifest, signature, part }))
}

/// Notes that a notice arrived that lay ready: whoever answers it has opened it.
pub(crate) async fn arrived_by_answer(house: &House, actor: &str, row: &NoticeRow) -> Result<(), EngineError> {
    if row.sent_at.is_some() || row.begun_at.is_none() {
        return Ok(());
    }
    let event = audit(actor, "notice-sent", &row.id, json!({ "partner": row.partner, "what": row.what }));
    let finish = FinishNotice { id: row.id.clone() };
    house.store.finish_notice(Changed::new(finish, event), house.stamp()).await?;
    Ok(())
}

/// Whether it stands at the partner's, though nobody here noted it.
fn has_arrived(
    house: &House,
    connectors: &dyn Connectors,
    sealed: &SealedNotice,
    target: &Path,
) -> Result<bool, EngineError> {
    let dir = sealed.write(&house.home.notices())?;
    let arrived = tokio::task::block_in_place(|| connectors.arrived(&dir, target, &sealed.id));
    std::fs::remove_dir_all(&dir).map_err(EngineError::file("remove", &dir))?;
    arrived.map_err(EngineError::Wrong)
}

/// Why a notice that is under way may not get its name: its partner may not receive, or the key that it is sealed to was revoked.
async fn stays(house: &House, row: &NoticeRow) -> Result<Option<String>, EngineError> {
    let why = held_back(house, &row.partner).await?.map(|why| why.to_string());
    Ok(match is_void(house, row).await? {
        true => why.or_else(|| Some("the key that it is sealed to was revoked: it is sealed anew".to_owned())),
        false => why,
    })
}

/// Whether the key that it was sealed to was revoked before it arrived.
async fn is_void(house: &House, row: &NoticeRow) -> Result<bool, EngineError> {
    match house.store.notice(&row.id).await?.and_then(|row| row.sealed_to) {
        Some(key) => Ok(house.store.key_is_revoked(&key).await?),
        None => Ok(false),
    }
}

/// Seals a notice to the partner's key of today, and commits that it is about to leave; why not, if the partner has no key.
async fn begin(
    house: &House,
    actor: &str,
    row: &NoticeRow,
    draft: &[u8],
) -> Result<Result<SealedNotice, String>, EngineError> {
    let Some(key) = house.partner_key(&row.partner, KeyPurpose::Recipient).await? else {
        return Ok(Err(format!("partner `{}` has no key that counts today", row.partner)));
    };
    let recipient = Recipient::parse(&key.text)?.meant_for(kept(house.environment()));
    let plain = unseal_own(draft, &house.keys.operation)?;
    let notice: Notice = serde_json::from_slice(&plain)
        .map_err(|_| EngineError::NotProven(format!("notice `{}` is not as it was written", row.id)))?;
    let sealed = seal_notice(&notice, &recipient, &house.keys.package, house.now(), &Entropy::new(house.random()))?;
    let manifest_sha256 = crate::documents::sha256_hex(&String::from_utf8_lossy(&sealed.manifest));
    let body = json!({
        "partner": row.partner, "what": row.what, "manifest_sha256": manifest_sha256, "sealed_to": key.fingerprint,
    });
    let begin = BeginNotice {
        id: row.id.clone(),
        sealed_to: key.fingerprint,
        manifest: sealed.manifest.clone(),
        signature: sealed.signature.clone(),
        part: sealed.part.clone(),
        manifest_sha256,
    };
    let event = audit(actor, "notice-begun", &row.id, body);
    house.store.begin_notice(Changed::new(begin, event), house.stamp()).await?;
    // What leaves the house waits for its leaf to be in a checkpoint.
    house.sequence().await?;
    // CRASH: begun, nothing has left: the bytes are in the database and are sent by whoever comes next.
    (house.surroundings.probe)("notice-begun");
    Ok(Ok(sealed))
}
