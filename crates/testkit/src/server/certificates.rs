//! A throw-away authority, and certificates that it signs.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ran;

/// An authority's certificate with a server's and a client's, as PEM files in one folder.
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes them in `folder`: `ca.pem`, `server.pem` and `server.key` for `localhost` and 127.0.0.1, `client.pem` and
    /// `client.key` for the user `user`.
    ///
    /// # Errors
    /// `openssl` refuses, or a file cannot be written.
    pub fn make(folder: &Path, user: &str) -> io::Result<Self> {
        let made = Self { folder: folder.to_owned() };
        let openssl = |arguments: &[&str]| ran(Command::new("openssl").current_dir(folder).args(arguments));
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "30",
            "-subj",
            &format!("/CN=Invented authority of {user}"),
        ])?;
        for (name, subject, extension) in [
            ("server", "/CN=localhost".to_owned(), "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            ("client", format!("/CN={user}"), "extendedKeyUsage=clientAuth"),
        ] {
            let (key, request, certificate) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
            // Database servers know elliptic curves longer than they know Ed25519.
            openssl(&[
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &request,
                "-subj",
                &subject,
            ])?;
            let extensions = format!("{name}.ext");
            std::fs::write(folder.join(&extensions), extension)?;
            openssl(&[
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "30",
                "-extfile",
                &extensions,
                "-out",
                &certificate,
            ])?;
        }
        Ok(made)
    }

    /// Path of one of the files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Gives the server's files to the user that the server runs as, when we are root.
    ///
    /// # Errors
    /// They cannot be given.
    pub fn give_to(&self, user: &str) -> io::Result<()> {
        super::give(&self.folder, user)
    }
}
