//! A mail server and a receiver of webhooks, real ones, that write down what they take: aiosmtpd, and Python's own HTTPS.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Certificates, Folder, Running, as_user, free_port};

/// What is run.
const SCRIPT: &str = include_str!("receiver.py");

/// The Python that Debian's packages are for.
const PYTHON: &str = "/usr/bin/python3";

/// A receiver of mail and calls.
pub struct Receiver {
    running: Option<Running>,
    folder: PathBuf,
    mail: u16,
    calls: u16,
}

impl Receiver {
    /// Starts it; what is written down lies in `folder`, which also gets certificates for `localhost`.
    ///
    /// # Errors
    /// A program is missing or does not start.
    pub fn start(folder: &Path) -> io::Result<Self> {
        Certificates::make(folder, "gateway")?;
        std::fs::write(folder.join("receiver.py"), SCRIPT)?;
        let (mail, calls) = (free_port()?, free_port()?);
        let mut receiver = Self { running: None, folder: folder.to_owned(), mail, calls };
        receiver.begin()?;
        Ok(receiver)
    }

    /// Goes on at the same ports, after [`Receiver::stop`].
    ///
    /// # Errors
    /// It does not start.
    pub fn begin(&mut self) -> io::Result<()> {
        let user = if super::is_root() { "root" } else { "" };
        let log = std::fs::File::create(self.folder.join("log"))?;
        let mut command = if user.is_empty() { Command::new(PYTHON) } else { as_user(user, Path::new(PYTHON)) };
        command.arg(self.folder.join("receiver.py")).arg(&self.folder);
        command.args([self.mail.to_string(), self.calls.to_string()]).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        let mut running = Running { child: command.spawn()?, folder: Folder::new(user)?, ends_by: "-TERM" };
        let said = self.folder.join("log");
        running.wait(|| std::fs::read_to_string(&said).is_ok_and(|said| said.contains("ready")))?;
        self.running = Some(running);
        Ok(())
    }

    /// Nobody answers from here on.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Port of the mail server: STARTTLS, user `gateway`, password `invented word`. It has no mailbox `nobody@…`.
    #[must_use]
    pub fn mail_port(&self) -> u16 {
        self.mail
    }

    /// Port of the webhooks. `/gone`, `/moved` and `/broken` answer so.
    #[must_use]
    pub fn calls_port(&self) -> u16 {
        self.calls
    }

    /// The authority that signed their certificates.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The secret with which calls are signed: `whsec_` and Base64 of "an invented secret of a receiver".
    pub const SECRET: &'static str = "whsec_YW4gaW52ZW50ZWQgc2VjcmV0IG9mIGEgcmVjZWl2ZXI=";

    /// The mails that were taken, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<serde_json::Value> {
        lines(&self.folder.join("mail.jsonl"))
    }

    /// The calls that came, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<serde_json::Value> {
        lines(&self.folder.join("calls.jsonl"))
    }
}

fn lines(file: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
