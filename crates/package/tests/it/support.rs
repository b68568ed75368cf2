//! Builders: invented people, keys, one way to make a package.

use std::path::{Path, PathBuf};

use causeway_package::inner::{ArrangementRef, Audience, Compression, Field, Format, Origin, Source};
use causeway_package::key::{Identities, Identity, Recipient, SigningKey, VerifyingKey};
use causeway_package::{
    Entropy, InnerFacts, Limits, Opened, PackageError, PackageWriter, SealedPackage, Spec, canonical,
};

/// A sender, a partner and a folder for both.
pub(crate) struct House {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) sender: SigningKey,
    pub(crate) identity_text: String,
    pub(crate) partner: SigningKey,
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            sender: SigningKey::from_seed(&[1; 32]),
            identity_text: Identity::generate().to_file_text().as_str().to_owned(),
            partner: SigningKey::from_seed(&[2; 32]),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir(&path).unwrap();
        path
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::parse(self.identity_text.lines().last().unwrap()).unwrap()
    }

    pub(crate) fn identities(&self) -> Identities {
        Identities::new(vec![self.identity()])
    }

    pub(crate) fn recipient(&self) -> Recipient {
        self.identity().recipient()
    }

    pub(crate) fn sender_key(&self) -> VerifyingKey {
        self.sender.verifying_key()
    }

    pub(crate) fn spec(&self, compression: Compression, part_size: u64) -> Spec {
        Spec {
            created: "2026-05-04T10:20:30.5Z".parse().unwrap(),
            recipients: vec![self.recipient()],
            compression,
            part_size: Some(part_size),
        }
    }

    pub(crate) fn writer(&self, compression: Compression, part_size: u64, seed: u8) -> PackageWriter {
        PackageWriter::create(self.dir.path(), self.spec(compression, part_size), Entropy::new([seed; 32])).unwrap()
    }

    /// A CSV package of invented people.
    pub(crate) fn seal_people(
        &self,
        people: usize,
        compression: Compression,
        part_size: u64,
        seed: u8,
    ) -> SealedPackage {
        let mut writer = self.writer(compression, part_size, seed);
        writer.write(HEADER.as_bytes()).unwrap();
        for number in 0..people {
            let cells = person(number);
            writer.write(csv_line(&cells).as_bytes()).unwrap();
            writer.end_record(&canonical::record(cells.iter().map(|cell| cell.as_bytes()))).unwrap();
        }
        writer.finish(facts(Format::Csv), &self.sender).unwrap()
    }

    pub(crate) fn open(&self, dir: &Path, out: &Path) -> Result<Opened, PackageError> {
        causeway_package::open(dir, &self.identities(), &self.sender_key(), out, &Limits::default())
    }

    /// Writes all key files that commands need, private ones for the owner only.
    pub(crate) fn key_files(&self) -> KeyFiles {
        let files = KeyFiles {
            sender: self.path("sender.pem"),
            identity: self.path("identity.txt"),
            signing: self.path("signing.pem"),
        };
        std::fs::write(&files.sender, self.sender_key().to_pem().unwrap()).unwrap();
        private_file(&files.identity, &self.identity_text);
        private_file(&files.signing, &self.partner.to_pem().unwrap());
        files
    }
}

/// Where the key files are.
pub(crate) struct KeyFiles {
    pub(crate) sender: PathBuf,
    pub(crate) identity: PathBuf,
    pub(crate) signing: PathBuf,
}

pub(crate) fn private_file(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub(crate) const HEADER: &str = "name,born,note\r\n";
pub(crate) const CHECKPOINT: &str = "causeway.example/ledger\n42\nq83vEjRWeJA=\n\n— causeway.example AAAA\n";

/// An invented person: name, year, a note with everything that CSV must quote.
pub(crate) fn person(number: usize) -> [String; 3] {
    let name = ["Invented Nobody", "سلمى مُختلَقة", "ልብ ወለድ", "စိတ်ကူး", "কাল্পনিক", "Вымышленная"][number % 6];
    [format!("{name} {number}"), (1940 + number % 80).to_string(), "says \"yes, twice\"\r\nand sleeps".to_owned()]
}

pub(crate) fn csv_line(cells: &[String; 3]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    format!("{}\r\n", quoted.join(","))
}

pub(crate) fn people_csv(people: usize) -> String {
    HEADER.to_owned() + &(0..people).map(|number| csv_line(&person(number))).collect::<String>()
}

pub(crate) fn facts(format: Format) -> InnerFacts {
    let field = |name: &str, element: &str, form: &str| Field {
        name: name.to_owned(),
        kind: "text".to_owned(),
        description: format!("the {name}"),
        from: vec![Origin { element: element.to_owned(), form: form.to_owned() }],
    };
    InnerFacts {
        transfer: "transfer-0007".to_owned(),
        exchange: "food-per-person".to_owned(),
        sequence: 7,
        arrangement: ArrangementRef { id: "dsa-invented".to_owned(), version: 2, digest: "ab".repeat(32) },
        format,
        audience: Audience::Machine,
        fields: vec![
            field("name", "individual.given_name", "raw"),
            field("born", "individual.date_of_birth", "year"),
            field("note", "individual.note", "raw"),
        ],
        purge_by: "2026-12-31".parse().unwrap(),
        checkpoint: CHECKPOINT.to_owned(),
        sources: vec![Source {
            name: "registry".to_owned(),
            snapshot: "sqlite-read-transaction".to_owned(),
            taken_at: "2026-05-04T10:00:00Z".parse().unwrap(),
        }],
        snapshot_spread_s: 0,
    }
}

/// Runs a shell script with variables; its output, or a panic that shows both streams.
pub(crate) fn shell(script: &str, variables: &[(&str, &Path)]) -> String {
    let mut command = std::process::Command::new("sh");
    command.arg("-euc").arg(script);
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n--- out\n{out}\n--- err\n{err}", output.status);
    out.into_owned()
}

pub(crate) const ALL: [Compression; 3] = [Compression::Zstd, Compression::Gzip, Compression::None];
