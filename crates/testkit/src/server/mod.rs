//! Throw-away database servers on free ports of this machine: real ones, started by the test that needs them.

mod certificates;
mod mariadb;
mod postgres;
mod receiver;

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub use certificates::Certificates;
pub use mariadb::Mariadb;
pub use postgres::Postgres;
pub use receiver::Receiver;

/// A PostgreSQL server that all tests of this process share; each makes a database of its own.
pub fn postgres() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(|| started(for_the_process(|| Postgres::start(&[]))))
}

/// A MariaDB server that all tests of this process share; each makes a database of its own.
pub fn mariadb() -> &'static Mariadb {
    static SHARED: OnceLock<Mariadb> = OnceLock::new();
    SHARED.get_or_init(|| started(for_the_process(|| Mariadb::start(&[]))))
}

#[expect(clippy::panic, reason = "a test without its server fails")]
fn started<S>(server: io::Result<S>) -> S {
    server.unwrap_or_else(|error| panic!("no server to test with: {error}; `cargo xtask test` installs them"))
}

/// Starts a server on a thread that lasts as long as the process: the server ends with the thread that started it.
fn for_the_process<S: Send + 'static>(start: impl FnOnce() -> io::Result<S> + Send + 'static) -> io::Result<S> {
    let (started, waiting) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let _ = started.send(start());
        loop {
            std::thread::park();
        }
    });
    waiting.recv().map_err(io::Error::other)?
}

/// A free port on the loopback.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program that ends when we do, run as `user` when we are root: the servers refuse to be root themselves.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        // The signal is forgotten when the user changes: it is set by a second command, as that user.
        command.args(["--reuid", user, "--regid", user, "--clear-groups", "--", "setpriv"]);
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output();
    asked.is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}

/// Gives a folder to `user` when we are root.
fn give(folder: &Path, user: &str) -> io::Result<()> {
    if is_root() { ran(Command::new("chown").arg("-R").arg(user).arg(folder)).map(|_| ()) } else { Ok(()) }
}

/// Output of a command that must succeed.
fn ran(command: &mut Command) -> io::Result<String> {
    let ended = command.stdin(Stdio::null()).output()?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&ended.stderr))))
}

/// A server process that ends with its owner, and its folder with it.
struct Running {
    child: Child,
    folder: Folder,
    /// What the server takes as a request to end in good order.
    ends_by: &'static str,
}

impl Running {
    /// Waits until `ready` succeeds.
    fn wait(&mut self, mut ready: impl FnMut() -> bool) -> io::Result<()> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if ready() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!("the server ended with {status}: {log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").args([self.ends_by, &self.child.id().to_string()]).status();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that is removed when it is dropped, and also when this process ends without dropping it, as it does with the
/// servers that all its tests share.
struct Folder {
    path: PathBuf,
    sweeper: Child,
}

impl Folder {
    /// A new one, which `user` can enter.
    fn new(user: &str) -> io::Result<Self> {
        let path = tempfile::Builder::new().prefix("causeway-server-").tempdir()?.keep();
        // It waits for the end of its input, which nobody but this process holds. A server that is being killed just then
        // may still make files, so it tries again.
        let script = "read -r _; for turn in 1 2 3 4 5 6 7 8; do rm -rf -- \"$1\" && exit; sleep 1; done";
        let mut sweeper = Command::new("sh");
        sweeper.args(["-c", script, "sweeper"]).arg(&path);
        let sweeper = sweeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let folder = Self { path, sweeper };
        give(&folder, user)?;
        Ok(folder)
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
        drop(self.sweeper.stdin.take());
        let _ = self.sweeper.wait();
    }
}

/// A folder whose files stay, made when it is missing, that `user` can write.
fn kept(folder: &Path, user: &str) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    give(folder, user)?;
    ran(as_user(user, Path::new("test")).arg("-w").arg(folder)).map(|_| ()).map_err(|_| {
        let what = format!("`{}` cannot be entered by the user `{user}`, as whom the server runs", folder.display());
        io::Error::new(io::ErrorKind::PermissionDenied, what)
    })
}
