//! Where is the socket, and who is at its other end? In a folder of its owner's alone; only processes of the same user are heard.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tokio::net::{UnixListener, UnixStream};

use super::SOCKET;

/// The system takes no longer name of a socket.
const LONGEST: usize = 100;

/// Connects; refused unless the other end is a process of the same user.
pub(super) async fn connect(folder: &Path) -> io::Result<UnixStream> {
    let (path, _folder) = short(folder)?;
    same_user(UnixStream::connect(path).await?)
}

/// Listens; who did so before is gone, or the caller would not have its lock.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    forget(folder)?;
    let (path, _folder) = short(folder)?;
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Takes the name away: nobody listens any more.
pub(super) fn forget(folder: &Path) -> io::Result<()> {
    match std::fs::remove_file(folder.join(SOCKET)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The stream, if the process at its other end is of our user.
pub(super) fn same_user(stream: UnixStream) -> io::Result<UnixStream> {
    let ours = rustix::process::geteuid().as_raw();
    match stream.peer_cred()?.uid() {
        uid if uid == ours => Ok(stream),
        _ => Err(io::Error::new(io::ErrorKind::PermissionDenied, "the process at the other end is another user's")),
    }
}

/// A name of the socket that the system takes, good for as long as the folder is held open.
fn short(folder: &Path) -> io::Result<(PathBuf, Option<OwnedFd>)> {
    let path = folder.join(SOCKET);
    if path.as_os_str().len() <= LONGEST {
        return Ok((path, None));
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let held = rustix::fs::open(folder, flags, Mode::empty())?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", held.as_raw_fd())), Some(held)))
}
