//! How is a package put into a folder so that the partner sees all of it or nothing, however often we die on the way?
//!
//! Parts are gathered in `.incoming-ID` beside the package's final name; one rename makes the package appear. A retry
//! keeps what is already there and right. A part counts as right only when its bytes have the digest that the signed
//! manifest states.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";

/// Bytes of a manifest that are read, at most.
const LONGEST_MANIFEST: u64 = 16 << 20;

/// What a delivery did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Where the package stands.
    pub path: PathBuf,
    /// Whether it already stood there, whole.
    pub already: bool,
    /// Parts that were sent.
    pub sent: usize,
    /// Parts that were already there and right.
    pub kept: usize,
}

/// Why a package could not be delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// A file or folder could not be read or written.
    #[error("cannot {action} `{}`: {error}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The package on our side is not what its manifest says.
    #[error("package `{}` is not whole: {what}; put it back from a backup", path.display())]
    NotWhole {
        /// Where it stands.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A package of this id stands there already, and is another one.
    #[error("`{}` exists and is not this package: look at it, and move it away", path.display())]
    Differs {
        /// Where it stands.
        path: PathBuf,
    },
    /// The package's id is no file name.
    #[error("`{0}` cannot be the name of a package's folder")]
    BadName(String),
    /// The probe stopped the delivery.
    #[error("stopped at `{0}`")]
    Stopped(&'static str),
}

/// Called at every place where dying matters, with its name; an error there stops the delivery.
pub type Probe<'p> = &'p dyn Fn(&'static str) -> Result<(), Stop>;

/// A probe's word that the delivery is to go no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop;

/// A probe that lets everything pass.
pub fn no_probe(_: &'static str) -> Result<(), Stop> {
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    name: String,
    sha256: String,
    size: u64,
}

/// Copies the package in `package_dir` to `target/ID`, whole or not at all. Repeating it is safe.
///
/// # Errors
/// Trouble with files (a full disk is one); a package of ours that is not whole; another package under the same id.
pub fn deliver(
    package_dir: &Path,
    target: &Path,
    package_id: &str,
    probe: Probe<'_>,
) -> Result<Delivered, DeliverError> {
    demand_name(package_id)?;
    let (manifest, parts) = read_manifest(package_dir)?;
    let signature = read_small(&package_dir.join(SIGNATURE))?;
    let path = target.join(package_id);
    if fs::symlink_metadata(&path).is_ok() {
        if !is_whole(&path, &manifest, &signature, &parts)? {
            return Err(DeliverError::Differs { path });
        }
        return Ok(Delivered { path, already: true, sent: 0, kept: parts.len() });
    }
    let incoming = target.join(format!(".incoming-{package_id}"));
    make_folder(&incoming)?;
    // CRASH: an empty or half-filled `.incoming-ID` stays. The partner does not look at hidden folders; a retry goes on in it.
    stop(probe, "deliver-folder-made")?;
    remove_foreign(&incoming, &parts)?;
    let mut missing = Vec::new();
    for part in &parts {
        if !has_digest(&incoming.join(&part.name), part)? {
            missing.push(part);
        }
    }
    // What was copied is read back while the next part is copied.
    let mut copied: Option<Copied> = None;
    for part in &missing {
        let next = Copied::send(package_dir, &incoming, part, probe);
        copied.take().map_or(Ok(()), |before| before.named(probe))?;
        copied = Some(next?);
    }
    copied.map_or(Ok(()), |last| last.named(probe))?;
    let (sent, kept) = (missing.len(), parts.len() - missing.len());
    write_whole(&incoming.join(MANIFEST), &manifest)?;
    // CRASH: a manifest without its signature, still hidden; both are written again.
    stop(probe, "deliver-manifest-written")?;
    write_whole(&incoming.join(SIGNATURE), &signature)?;
    flush_folder(&incoming)?;
    // CRASH: everything is there, still hidden; a retry verifies it and only renames.
    stop(probe, "deliver-before-rename")?;
    fs::rename(&incoming, &path).map_err(failed("name", &path))?;
    // CRASH: the partner sees the package, and we do not know it yet; a retry finds it whole and says `already`.
    stop(probe, "deliver-renamed")?;
    flush_folder(target)?;
    Ok(Delivered { path, already: false, sent, kept })
}

/// Whether the package stands at `target/ID`, whole. Sends nothing.
///
/// # Errors
/// Trouble with files; a package of ours that is not whole; another package under the same id.
pub fn stands_whole(package_dir: &Path, target: &Path, package_id: &str) -> Result<bool, DeliverError> {
    demand_name(package_id)?;
    let (manifest, parts) = read_manifest(package_dir)?;
    let signature = read_small(&package_dir.join(SIGNATURE))?;
    let path = target.join(package_id);
    if fs::symlink_metadata(&path).is_err() {
        return Ok(false);
    }
    if is_whole(&path, &manifest, &signature, &parts)? { Ok(true) } else { Err(DeliverError::Differs { path }) }
}

fn demand_name(package_id: &str) -> Result<(), DeliverError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let named = !package_id.is_empty() && package_id.len() <= 128 && package_id.chars().all(plain);
    if named { Ok(()) } else { Err(DeliverError::BadName(package_id.to_owned())) }
}

fn stop(probe: Probe<'_>, name: &'static str) -> Result<(), DeliverError> {
    probe(name).map_err(|Stop| DeliverError::Stopped(name))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DeliverError {
    let path = path.to_path_buf();
    move |error| DeliverError::Io { action, path, error }
}

/// The manifest's bytes, and the parts that it lists.
fn read_manifest(dir: &Path) -> Result<(Vec<u8>, Vec<Part>), DeliverError> {
    let bytes = read_small(&dir.join(MANIFEST))?;
    let broken = |what: &str| DeliverError::NotWhole { path: dir.to_path_buf(), what: what.to_owned() };
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|_| broken("its manifest is no JSON document"))?;
    let listed = value.get("parts").and_then(|parts| parts.as_array());
    let listed = listed.filter(|parts| !parts.is_empty()).ok_or_else(|| broken("its manifest lists no parts"))?;
    let mut parts: Vec<Part> = Vec::new();
    for part in listed {
        let text = |name: &str| part.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let size = part.get("size").and_then(serde_json::Value::as_u64);
        let (Some(name), Some(sha256), Some(size)) = (text("name"), text("sha256"), size) else {
            return Err(broken("its manifest has a part without name, sha256 or size"));
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let taken = parts.iter().any(|known| known.name == name) || name == MANIFEST || name == SIGNATURE;
        if taken || name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(broken("its manifest has a part whose name is twice there, or no plain file name"));
        }
        parts.push(Part { name, sha256, size });
    }
    Ok((bytes, parts))
}

fn read_small(path: &Path) -> Result<Vec<u8>, DeliverError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_MANIFEST).read_to_end(&mut bytes));
    read.map_err(failed("read", path))?;
    Ok(bytes)
}

/// Whether the folder holds exactly this package.
fn is_whole(path: &Path, manifest: &[u8], signature: &[u8], parts: &[Part]) -> Result<bool, DeliverError> {
    let same = |name: &str, expected: &[u8]| {
        let path = path.join(name);
        let regular = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() == expected.len() as u64);
        if regular { read_small(&path).map(|bytes| bytes == expected) } else { Ok(false) }
    };
    if !same(MANIFEST, manifest)? || !same(SIGNATURE, signature)? {
        return Ok(false);
    }
    for part in parts {
        if !has_digest(&path.join(&part.name), part)? {
            return Ok(false);
        }
    }
    Ok(fs::read_dir(path).map_err(failed("list", path))?.count() == parts.len() + 2)
}

/// Whether the file at `path` is this part, byte for byte.
fn has_digest(path: &Path, part: &Part) -> Result<bool, DeliverError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() == part.size => {}
        _ => return Ok(false),
    }
    let mut file = File::open(path).map_err(failed("read", path))?;
    let mut digest = Sha256::new();
    let hash = |bytes: &[u8]| {
        digest.update(bytes);
        Ok(())
    };
    copy(&mut file, hash, &no_probe).map_err(|fault| fault.told(path, path))?;
    Ok(hex::encode(digest.finalize()) == part.sha256)
}

/// A part that stands under a temporary name, flushed; it gets its own once it was read back.
struct Copied {
    part: Part,
    from: PathBuf,
    temporary: PathBuf,
    is_right: JoinHandle<Result<bool, DeliverError>>,
}

impl Copied {
    fn send(package_dir: &Path, incoming: &Path, part: &Part, probe: Probe<'_>) -> Result<Self, DeliverError> {
        let (part, from) = (part.clone(), package_dir.join(&part.name));
        let temporary = incoming.join(format!("{}.part", part.name));
        let mut source = File::open(&from).map_err(failed("read", &from))?;
        let mut file = create(&temporary)?;
        let copied = copy(&mut source, |bytes| file.write_all(bytes), probe);
        // CRASH: half a part under a temporary name; a retry removes it and sends the part again.
        copied.map_err(|fault| fault.told(&from, &temporary))?;
        stop(probe, "deliver-part-copied")?;
        file.sync_all().map_err(failed("flush", &temporary))?;
        let (written, wanted) = (temporary.clone(), part.clone());
        let read_back = std::thread::Builder::new().name("read-back".to_owned());
        let is_right = read_back.spawn(move || has_digest(&written, &wanted)).map_err(failed("read", &temporary))?;
        Ok(Self { part, from, temporary, is_right })
    }

    /// What reached the disk is what counts: neither a part that was altered here nor a copy that went wrong is named.
    fn named(self, probe: Probe<'_>) -> Result<(), DeliverError> {
        let Self { part, from, temporary, is_right } = self;
        let stopped = || failed("read", &temporary)(io::Error::other("reading it back stopped"));
        if is_right.join().map_err(|_| stopped())?? {
            let to = temporary.with_file_name(&part.name);
            fs::rename(&temporary, &to).map_err(failed("name", &to))?;
            // CRASH: this part stands under its name, flushed and verified; a retry keeps it.
            return stop(probe, "deliver-part-sent");
        }
        let _ = fs::remove_file(&temporary);
        if has_digest(&from, &part)? {
            let error = io::Error::other("the bytes that were written are not those that were sent");
            return Err(failed("write", &temporary)(error));
        }
        let what = format!("part `{}` has not the digest that the manifest states", part.name);
        let path = from.parent().unwrap_or(&from).to_owned();
        Err(DeliverError::NotWhole { path, what })
    }
}

/// What ended a copy before its end.
enum Fault {
    Reading(io::Error),
    Writing(io::Error),
    Stopped,
}

impl Fault {
    fn told(self, from: &Path, to: &Path) -> DeliverError {
        match self {
            Self::Reading(error) => failed("read", from)(error),
            Self::Writing(error) => failed("write", to)(error),
            Self::Stopped => DeliverError::Stopped("deliver-bytes"),
        }
    }
}

/// Copies. The probe is asked before every buffer: a stop holds back what has not left.
fn copy(from: &mut impl Read, mut to: impl FnMut(&[u8]) -> io::Result<()>, probe: Probe<'_>) -> Result<(), Fault> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Fault::Reading(error)),
        };
        probe("deliver-bytes").map_err(|Stop| Fault::Stopped)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        to(bytes).map_err(Fault::Writing)?;
    }
}

/// Writes a small file under a temporary name, flushed, then renames it.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DeliverError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let temporary = PathBuf::from(name);
    let mut file = create(&temporary)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("write", &temporary))?;
    fs::rename(&temporary, path).map_err(failed("name", path))
}

/// A new file that its owner writes and its group reads.
fn create(path: &Path) -> Result<File, DeliverError> {
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path).map_err(failed("create", path))
}

fn make_folder(path: &Path) -> Result<(), DeliverError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    match builder.create(path) {
        Ok(()) => Ok(()),
        // A link in its place would send the parts somewhere else.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) => Ok(()),
        Err(error) => Err(failed("create folder", path)(error)),
    }
}

/// Removes what an attempt before left and what is no part: it would otherwise become part of the package.
fn remove_foreign(incoming: &Path, parts: &[Part]) -> Result<(), DeliverError> {
    for entry in fs::read_dir(incoming).map_err(failed("list", incoming))? {
        let entry = entry.map_err(failed("list", incoming))?;
        let ours = entry.file_name().to_str().is_some_and(|name| parts.iter().any(|part| part.name == name));
        if !ours {
            fs::remove_file(entry.path()).map_err(failed("remove", &entry.path()))?;
        }
    }
    Ok(())
}

fn flush_folder(path: &Path) -> Result<(), DeliverError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("flush", path))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
