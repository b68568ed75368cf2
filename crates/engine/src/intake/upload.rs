//! How does a file come in pieces, so that what was cut goes on? What is said to be here is on the disk; each piece lies behind the one
//! before it, and the last makes an intake of the file.
//!
//! Only what the partner sealed comes this way: what is sealed as it is received comes at once or not at all.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use causeway_model::inbound::{Inbound, Sealing};
use causeway_model::permission::Action;
use causeway_package::inbound::INBOUND_TYPE;
use causeway_store::StoreError;
use causeway_store::change::Way;
use causeway_store::upload::Upload;

use super::receive::{collects, sync};
use super::{Body, Incoming, Received, receive};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::House;

/// No partner has more uploads unfinished for an exchange: each may be as long as a file may.
const UNFINISHED: u64 = 16;

/// A piece of a file.
pub(crate) struct Piece<'p> {
    /// How many bytes lie before it.
    pub(crate) from: u64,
    pub(crate) bytes: &'p [u8],
    /// Whether nothing comes behind it.
    pub(crate) is_last: bool,
}

/// What became of a piece.
pub(crate) enum Grown {
    /// So many bytes are here by now.
    To(u64),
    /// It was passed over: so many bytes are here, and it does not lie behind them.
    Elsewhere(u64),
    /// It was the last, and the file is an intake.
    Became(Received),
}

/// Begins an upload. Whether the exchange is the partner's own was asked before.
///
/// # Errors
/// The exchange takes no such file, or too many are unfinished.
pub(crate) async fn begin(
    house: &House,
    client: &str,
    exchange: &str,
    size: Option<u64>,
) -> Result<Upload, EngineError> {
    let inbound = house.inbound(exchange).await?;
    let partner = house.terms(&inbound.arrangement).await?.value.partner;
    let actor = format!("client/{client}");
    house.permit(&actor, Action::SubmitRecords, &house.of_both(exchange, &partner)).await?;
    takes(&inbound, size.unwrap_or(0))?;
    let upload = Upload {
        id: house.id("up"),
        exchange: exchange.to_owned(),
        partner,
        client: Some(client.to_owned()),
        size,
        received: 0,
        begun_by: actor,
        intake: None,
    };
    match house.store.uploads().begin(&upload, UNFINISHED, house.now()).await? {
        true => Ok(upload),
        false => Err(EngineError::Wrong(format!(
            "{UNFINISHED} uploads for `{exchange}` are unfinished: finish one, or wait until it is given up a day after its last piece"
        ))),
    }
}

/// An upload of which what is said to be here is here: a database that was brought back from a copy knows of bytes that are gone.
///
/// # Errors
/// [`EngineError::Unknown`] where there is none.
pub(crate) async fn upload(house: &House, id: &str) -> Result<Upload, EngineError> {
    let found = house.store.upload(id).await?;
    let is_here = |upload: &Upload| {
        let here = path(house, id).metadata().map_or(0, |meta| meta.len());
        upload.intake.is_some() || here >= upload.received
    };
    let unknown = || EngineError::Unknown { what: "upload", name: id.to_owned(), help: "begin it anew" };
    found.filter(is_here).ok_or_else(unknown)
}

/// Puts a piece behind what is here. Whether the upload is the partner's own was asked before.
///
/// # Errors
/// It is more than was said or than the exchange takes, the last and less than was said, or no beginning of an envelope.
pub(crate) async fn append(house: &House, client: &str, id: &str, piece: Piece<'_>) -> Result<Grown, EngineError> {
    let before = upload(house, id).await?;
    let actor = format!("client/{client}");
    house.permit(&actor, Action::SubmitRecords, &house.of_both(&before.exchange, &before.partner)).await?;
    if let Some(passed) = passed_over(&before, &piece) {
        return Ok(passed);
    }
    let alone = held(house, id)?;
    // Once more, now that nobody else can be at it.
    let upload = upload(house, id).await?;
    if let Some(passed) = passed_over(&upload, &piece) {
        return Ok(passed);
    }
    let to = piece.from.saturating_add(piece.bytes.len() as u64);
    fits(&house.inbound(&upload.exchange).await?, &upload, &piece, to)?;
    tokio::task::block_in_place(|| write(house, &alone, id, &piece))?;
    // INVARIANT (what is said to be here is on the disk): the account grows only now.
    // CRASH: a piece on the disk that nobody is told of: what is sent again from where it stood takes its place.
    (house.surroundings.probe)("upload-piece-kept");
    if !house.store.uploads().grow(id, piece.from, to, house.now()).await? {
        return Err(EngineError::Unknown { what: "upload", name: id.to_owned(), help: "begin it anew" });
    }
    if !piece.is_last {
        return Ok(Grown::To(to));
    }
    // CRASH: all of it is here, and it is no intake: an empty last piece makes it one.
    (house.surroundings.probe)("upload-whole");
    become_intake(house, &actor, client, &upload).await.map(Grown::Became)
}

/// Gives an upload up and removes its bytes; no where it has ended otherwise, or is an intake. Whether it is the partner's own was asked
/// before.
///
/// # Errors
/// Somebody puts a piece behind it at this moment.
pub(crate) async fn end(house: &House, id: &str) -> Result<bool, EngineError> {
    let _alone = held(house, id)?;
    let intake = intake_of(id);
    let became = house.store.intake(&intake).await?.map(|_| intake.as_str());
    if !house.store.uploads().end(id, became, house.now()).await? {
        return Ok(false);
    }
    // CRASH: bytes of an upload that has ended: whoever clears up removes them.
    (house.surroundings.probe)("upload-given-up");
    forget(&path(house, id))?;
    Ok(became.is_none())
}

/// The intake that an upload becomes.
fn intake_of(id: &str) -> String {
    let digest = sha256_hex(id);
    format!("in-{}", digest.get(..20).unwrap_or(&digest))
}

/// What is said of a piece that changes nothing: the file is an intake already, or the piece belongs elsewhere.
fn passed_over(upload: &Upload, piece: &Piece<'_>) -> Option<Grown> {
    match &upload.intake {
        Some(intake) if piece.is_last => {
            let (intake, partner) = (intake.clone(), upload.partner.clone());
            Some(Grown::Became(Received { intake, partner, again: true }))
        }
        None if piece.from == upload.received => None,
        _ => Some(Grown::Elsewhere(upload.received)),
    }
}

async fn become_intake(house: &House, actor: &str, client: &str, upload: &Upload) -> Result<Received, EngineError> {
    let path = path(house, &upload.id);
    let incoming = Incoming {
        exchange: &upload.exchange,
        way: Way::Upload,
        client: Some(client),
        body: Body::File(&path),
        id: Some(intake_of(&upload.id)),
    };
    // CRASH: an intake whose upload does not know it: the last piece, sent again, comes to the same intake.
    let received = receive(house, actor, incoming).await?;
    house.store.uploads().end(&upload.id, Some(&received.intake), house.now()).await?;
    // CRASH: bytes that nobody needs any more: whoever clears up finds that their upload has ended.
    (house.surroundings.probe)("upload-ended");
    forget(&path)?;
    Ok(received)
}

/// Gives up uploads to which nothing came for a day, and removes the bytes of all that have ended.
pub(crate) async fn clear(house: &House) -> Result<(), EngineError> {
    house.store.uploads().give_up(house.now()).await?;
    let folder = house.home.uploads();
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(EngineError::file("read", &folder))?,
    };
    for entry in entries {
        let path = entry.map_err(EngineError::file("read", &folder))?.path();
        let id = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if house.store.upload(id).await?.is_none_or(|upload| upload.intake.is_some()) {
            forget(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, if it is there.
fn forget(path: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(EngineError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Refuses what the exchange does not take in pieces.
fn takes(inbound: &Inbound, size: u64) -> Result<(), EngineError> {
    collects(inbound, Way::Upload)?;
    if inbound.sealing == Sealing::OnReceipt {
        return Err(EngineError::Wrong(format!(
            "exchange `{}` is sealed as it is received: send its records at once, since a piece would lie here in the clear",
            inbound.exchange
        )));
    }
    let most = u64::from(inbound.limits.file_mebibytes) << 20;
    if size > most {
        return Err(EngineError::Wrong(format!("it has {size} bytes, and its exchange takes {most}")));
    }
    Ok(())
}

fn fits(inbound: &Inbound, upload: &Upload, piece: &Piece<'_>, to: u64) -> Result<(), EngineError> {
    takes(inbound, to)?;
    // What somebody forgot to seal shall not lie here.
    let begins = piece.bytes.iter().zip(INBOUND_TYPE.as_bytes()).all(|(came, due)| came == due);
    if piece.from == 0 && !begins {
        return Err(EngineError::Wrong(
            "it is no envelope: seal it, with `causeway-open submit` or as the guide says".to_owned(),
        ));
    }
    match upload.size {
        Some(size) if to > size => {
            return Err(EngineError::Wrong(format!("{to} bytes are more than the {size} that were said")));
        }
        Some(size) if piece.is_last && to < size => {
            return Err(EngineError::Wrong(format!("the last piece ends at {to}, and {size} bytes were said")));
        }
        _ => {}
    }
    if piece.is_last && to == 0 {
        return Err(EngineError::Wrong("a file of no bytes is none".to_owned()));
    }
    Ok(())
}

fn path(house: &House, id: &str) -> PathBuf {
    house.home.uploads().join(id)
}

/// The file of an upload, which nobody else writes meanwhile.
fn held(house: &House, id: &str) -> Result<File, EngineError> {
    private_folder(&house.home.uploads())?;
    let path = path(house, id);
    let mut open = OpenOptions::new();
    let file = open.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(EngineError::file("write", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(StoreError::ChangedMeanwhile { what: "upload", name: id.to_owned() }.into())
        }
        Err(TryLockError::Error(error)) => Err(EngineError::file("lock", &path)(error)),
    }
}

/// Writes a piece in the place of whatever a run that died left behind what is here.
fn write(house: &House, mut file: &File, id: &str, piece: &Piece<'_>) -> Result<(), EngineError> {
    let path = path(house, id);
    let mut put = || -> std::io::Result<()> {
        file.set_len(piece.from)?;
        file.seek(SeekFrom::Start(piece.from))?;
        file.write_all(piece.bytes)
    };
    put().map_err(EngineError::file("write", &path))?;
    sync(Path::new(&path))
}
