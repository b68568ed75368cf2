//! How does a test, or the demo, walk the whole street with the real binary: an installation, its officers, a partner?
//!
//! Everything is done through the command line and the partner's plain tools, as people would do it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::population::{self, Spec, Truth};

/// Partners of the example arrangements.
pub const PARTNERS: [&str; 2] = ["lantern-relief", "acacia-schools"];

/// Example exchanges, with the files that hold them.
pub const EXCHANGES: [(&str, &str); 4] = [
    ("food-people", "exchange-people.yaml"),
    ("food-nested", "exchange-nested.yaml"),
    ("food-households", "exchange-households.yaml"),
    ("school-places", "exchange-school.yaml"),
];

/// The operation's people, with their roles. Where nobody is named, `registration` acts.
const OFFICERS: [(&str, &[&str]); 3] = [
    ("representative", &["representative"]),
    ("protection", &["data-protection-officer"]),
    ("registration", &["registration-officer", "data-protection-focal-point", "configuration-engineer"]),
];

/// An installation in a folder, and the binary that works in it.
#[derive(Clone, Debug)]
pub struct Street {
    binary: PathBuf,
    home: PathBuf,
    examples: PathBuf,
    operation: String,
    shows: bool,
    init: Vec<String>,
    environment: &'static str,
    partner: Vec<String>,
    actor: &'static str,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A transfer that was delivered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Its identifier.
    pub transfer: String,
    /// The package's folder at the partner's.
    pub package: PathBuf,
    /// Records released, withheld, quarantined.
    pub counts: [u64; 3],
}

impl Street {
    /// A street over `binary` (`causeway`) in `home`, with the documents in `examples`.
    pub fn new(binary: impl Into<PathBuf>, home: impl Into<PathBuf>, examples: impl Into<PathBuf>) -> Self {
        let (binary, home, examples) = (binary.into(), home.into(), examples.into());
        let (operation, environment) = ("kenya-example".to_owned(), "production");
        let (init, partner) = (Vec::new(), Vec::new());
        Self { binary, home, examples, operation, shows: false, init, environment, partner, actor: "--as" }
    }

    /// Makes the installation with more arguments of `init`.
    #[must_use]
    pub fn with_init(mut self, arguments: &[&str]) -> Self {
        self.init.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// Makes an installation for tests: with keys that say so.
    #[must_use]
    pub fn for_tests(mut self) -> Self {
        self.init.extend(["--environment".to_owned(), "test".to_owned()]);
        self.environment = "test";
        self
    }

    /// Says who acts by another option than `--as`: programs before it know `--actor`.
    #[must_use]
    pub fn naming_the_actor_by(mut self, option: &'static str) -> Self {
        self.actor = option;
        self
    }

    /// Takes the documents from another folder than that of the examples.
    #[must_use]
    pub fn with_examples(mut self, examples: impl Into<PathBuf>) -> Self {
        self.examples = examples.into();
        self
    }

    /// Invites partners with more arguments of `partner add`.
    #[must_use]
    pub fn with_partners(mut self, arguments: &[&str]) -> Self {
        self.partner = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    /// The same street in another operation than that of the examples.
    #[must_use]
    pub fn of_operation(mut self, operation: &str) -> Self {
        self.operation = operation.to_owned();
        self
    }

    /// Shows each command and what it says.
    #[must_use]
    pub fn shown(mut self) -> Self {
        self.shows = true;
        self
    }

    /// The installation's folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Folder of the stores that the catalogue reads.
    pub fn sources(&self) -> PathBuf {
        self.home.join("sources")
    }

    /// Folder of the partner's keys and of what it opened.
    pub fn partner(&self) -> PathBuf {
        self.home.join("partner")
    }

    /// Public key that packages are signed with.
    pub fn sender(&self) -> PathBuf {
        self.home.join("keys/package-signing.pub.pem")
    }

    /// A command of the binary in this installation, for tests that need to shape it. All of it is in its arguments, who acts
    /// too: a test may hand them to `strace` or `time`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--home").arg(&self.home);
        command.args(self.acting(arguments));
        command
    }

    /// A command's words, with who acts: `registration`, where they name nobody.
    fn acting<'a>(&self, arguments: &[&'a str]) -> Vec<&'a str> {
        let named: &[&str] = if arguments.contains(&"--as") { &[] } else { &[self.actor, "registration"] };
        [named, arguments].concat()
    }

    /// Runs a command, whatever becomes of it.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Ended> {
        if self.shows {
            let shown = self.acting(arguments);
            let short: Vec<&str> = shown.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
            println!("\n$ causeway {}", short.join(" "));
        }
        let mut command = self.command(arguments);
        if self.shows {
            command.stderr(std::process::Stdio::inherit());
        }
        let ended = Ended::of(command.output()?);
        if self.shows {
            print!("{}", ended.out);
        }
        Ok(ended)
    }

    /// Runs a command that must succeed; its standard output.
    pub fn good(&self, arguments: &[&str]) -> io::Result<String> {
        let ended = self.run(arguments)?;
        match ended.code {
            Some(0) => Ok(ended.out),
            code => Err(io::Error::other(format!(
                "`causeway {}` ended with {code:?}: {}{}",
                arguments.join(" "),
                ended.out,
                ended.err
            ))),
        }
    }

    /// Writes invented people into the installation's sources, read-only as real stores are to us.
    pub fn people(&self, spec: &Spec) -> io::Result<Truth> {
        let truth = population::generate(&self.sources(), spec).map_err(io::Error::other)?;
        for entry in fs::read_dir(self.sources())? {
            let path = entry?.path();
            let mut rights = fs::metadata(&path)?.permissions();
            rights.set_readonly(true);
            fs::set_permissions(&path, rights)?;
        }
        Ok(truth)
    }

    /// Makes an empty installation with its keys.
    pub fn init(&self) -> io::Result<()> {
        let mut init = vec!["init", "--operation", self.operation.as_str()];
        init.extend(self.init.iter().map(String::as_str));
        self.good(&init).map(|_| ())
    }

    /// Makes the installation: keys, officers, partners, catalogue, both arrangements in force, all four exchanges.
    pub fn set_up(&self) -> io::Result<()> {
        self.set_up_with(&PARTNERS, &["food", "school"], &EXCHANGES)
    }

    /// Makes the installation with some of the partners, arrangements and exchanges.
    pub fn set_up_with(&self, partners: &[&str], arrangements: &[&str], exchanges: &[(&str, &str)]) -> io::Result<()> {
        self.init()?;
        self.officers()?;
        self.partner_keys()?;
        for name in partners {
            self.bring_in(name)?;
        }
        self.good(&["catalogue", "import", &self.example("catalogue.yaml")])?;
        for name in arrangements {
            self.agree(name)?;
        }
        for (_, file) in exchanges {
            self.good(&["exchange", "check", &self.example(file)])?;
            self.good(&["exchange", "import", &self.example(file)])?;
        }
        Ok(())
    }

    /// Registers the operation's people.
    pub fn officers(&self) -> io::Result<()> {
        fs::create_dir_all(self.home.join("officers"))?;
        for (name, roles) in OFFICERS {
            let roles: Vec<&str> = roles.iter().flat_map(|role| ["--role", *role]).collect();
            self.officer(name, "representative", &roles)?;
        }
        Ok(())
    }

    /// Makes a key pair in `officers/NAME.pem` and has `by` register it.
    pub fn officer(&self, name: &str, by: &str, more: &[&str]) -> io::Result<()> {
        let key = self.key_of(name);
        let said = self.good(&["officer", "new", "--out", &key, "--environment", self.environment])?;
        let print = said.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap_or_default();
        let public = key.replace(".pem", ".pub.pem");
        let add = ["--as", by, "officer", "add", name, "--key", &public, "--fingerprint", print];
        self.good(&[&add, more].concat()).map(|_| ())
    }

    /// Private key file of an officer.
    pub fn key_of(&self, officer: &str) -> String {
        text(&self.home.join(format!("officers/{officer}.pem")))
    }

    /// Invites a partner, has it prove its keys and show that it is ready, and lets data go to it.
    pub fn bring_in(&self, name: &str) -> io::Result<()> {
        let keys = self.partner();
        let recipient = fs::read_to_string(keys.join("recipient.txt"))?;
        let recipient = recipient.lines().last().unwrap_or_default();
        let recipient_print = grouped(&sha256(recipient.trim().as_bytes())?);
        let signing_print = grouped(&sha256(&fs::read(keys.join("signing.raw"))?)?);
        let (title, recipient) = (format!("{name} (invented)"), text(&keys.join("recipient.txt")));
        let signing = text(&keys.join("signing.pub.pem"));
        let (who, which) = (["--title", &title, "--jurisdiction", "KEN"], ["--hosting-country", "KEN"]);
        let keyed = ["--recipient", &recipient, "--recipient-fingerprint", &recipient_print];
        let signed = ["--signing-key", &signing, "--signing-fingerprint", &signing_print];
        let more: Vec<&str> = self.partner.iter().map(String::as_str).collect();
        self.good(&[&["partner", "add", name], &who[..], &which, &keyed, &signed, &more[..]].concat())?;
        let admin = administrator(name);
        self.officer(&admin, "registration", &["--role", "partner-administrator", "--partner", name])?;
        let challenge = text(&keys.join(format!("{name}.challenge.age")));
        self.good(&["partner", "challenge", name, "--out", &challenge])?;
        let answer = self.answer(&challenge)?;
        let signature = format!("{answer}.sig");
        self.good(&["--as", &admin, "partner", "prove-key", name, "--answer", &answer, "--signature", &signature])?;
        self.good(&["--as", "representative", "partner", "verify", name])?;
        self.good(&["--as", "representative", "partner", "activate", name])?;
        let evidence = ["--evidence", "audit report 7 (invented)", "--until", "2030-12-31"];
        self.good(&[&["--as", &admin, "partner", "attest", name], &evidence[..]].concat())?;
        self.good(&["--as", "protection", "partner", "accept-attestation", name]).map(|_| ())
    }

    /// The partner decrypts a challenge and signs what it holds, with its own tools; the answer's path.
    fn answer(&self, challenge: &str) -> io::Result<String> {
        let answer = format!("{challenge}.answer");
        let script = "umask 077; cd \"$KEYS\"; age -d -i identity.txt \"$CHALLENGE\" | zstd -dcq > \"$ANSWER\"; \
                      openssl pkeyutl -sign -rawin -inkey signing.pem -in \"$ANSWER\" -out \"$ANSWER.sig\"";
        let mut shell = Command::new("sh");
        shell.arg("-eu").arg("-c").arg(script).env("KEYS", self.partner());
        succeeded(shell.env("CHALLENGE", challenge).env("ANSWER", &answer))?;
        Ok(answer)
    }

    /// Drafts the arrangement of an example, has every party sign it, and brings it into force, with its assessment.
    pub fn agree(&self, name: &str) -> io::Result<()> {
        let (file, arrangement) = (self.example(&format!("arrangement-{name}.yaml")), format!("{name}-2026"));
        self.good(&["arrangement", "draft", &file])?;
        let written = fs::read_to_string(&file)?;
        let partner = written.lines().find_map(|line| line.strip_prefix("partner: ")).unwrap_or_default();
        let assessment = text(&self.home.join(format!("assessment-{name}.yaml")));
        fs::write(
            &assessment,
            format!(
                "assessment: dpia-{name}\narrangement: {arrangement}\nwritten_by: registration\nvalid_until: 2030-12-31\n\
                 covers: [large, repeated, structural, biometrics, sensitive]\ncovers_records: 1000000000\n\
                 evidence: assessment 12 (invented)\n"
            ),
        )?;
        self.good(&["assessment", "import", &assessment])?;
        self.good(&["--as", "protection", "assessment", "approve", &format!("dpia-{name}")])?;
        self.conclude(&arrangement, partner)
    }

    /// Has the newest draft of an arrangement proposed, signed by both parties and brought into force.
    pub fn conclude(&self, arrangement: &str, partner: &str) -> io::Result<()> {
        self.good(&["arrangement", "propose", arrangement])?;
        for officer in ["representative", "protection", &administrator(partner)] {
            self.good(&["arrangement", "sign", arrangement, "--officer", officer, "--key", &self.key_of(officer)])?;
        }
        self.good(&["--as", "representative", "arrangement", "activate", arrangement]).map(|_| ())
    }

    /// Path of an example document.
    pub fn example(&self, file: &str) -> String {
        text(&self.examples.join(file))
    }

    /// Runs a transfer that must be delivered.
    pub fn transfer(&self, exchange: &str) -> io::Result<Delivered> {
        let said = self.good(&["transfer", "run", exchange])?;
        delivered(&said).ok_or_else(|| io::Error::other(format!("no delivery in: {said}")))
    }

    /// Opens a package as the partner, into a new folder `into`; the folder.
    pub fn open(&self, package: &Path, into: &Path) -> io::Result<PathBuf> {
        let identity = text(&self.partner().join("identity.txt"));
        self.good(&[
            "package",
            "open",
            &text(package),
            "--sender",
            &text(&self.sender()),
            "--identity",
            &identity,
            "--out",
            &text(into),
            "--environment",
            self.environment,
        ])?;
        Ok(into.to_owned())
    }

    /// Signs a receipt as the partner; its path.
    pub fn sign_receipt(&self, package: &Path, outcome: &str) -> io::Result<PathBuf> {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let out = self.partner().join(format!("{name}.receipt.json"));
        let (identity, key) = (text(&self.partner().join("identity.txt")), text(&self.partner().join("signing.pem")));
        self.good(&[
            "receipt",
            "sign",
            &text(package),
            "--sender",
            &text(&self.sender()),
            "--identity",
            &identity,
            "--signing-key",
            &key,
            "--outcome",
            outcome,
            "--out",
            &text(&out),
        ])?;
        Ok(out)
    }

    /// The partner makes its keys with its own tools.
    fn partner_keys(&self) -> io::Result<()> {
        let keys = self.partner();
        fs::create_dir_all(&keys)?;
        let script = "umask 077; cd \"$KEYS\"; age-keygen -o identity.txt 2>/dev/null; age-keygen -y identity.txt > recipient.txt; \
                      openssl genpkey -algorithm ed25519 -out signing.pem; openssl pkey -in signing.pem -pubout > signing.pub.pem; \
                      openssl pkey -in signing.pem -pubout -outform DER | tail -c 32 > signing.raw; \
                      test $FOR = production || sed -i '1i # environment: test' recipient.txt signing.pub.pem";
        let mut shell = Command::new("sh");
        succeeded(shell.arg("-eu").arg("-c").arg(script).env("KEYS", &keys).env("FOR", self.environment))
    }
}

/// Name of a partner's administrator.
pub fn administrator(partner: &str) -> String {
    format!("{partner}-admin")
}

fn succeeded(command: &mut Command) -> io::Result<()> {
    let ended = command.output()?;
    if ended.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&ended.stderr).into_owned()))
    }
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What `transfer run` says of a delivery.
pub fn delivered(said: &str) -> Option<Delivered> {
    let (transfer, package) =
        said.lines().rev().find_map(|line| line.strip_prefix("transfer ")?.split_once(" delivered: "))?;
    let counts = said.lines().find_map(|line| line.strip_prefix("released ")).unwrap_or_default();
    let mut numbers = counts.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok());
    let counts = [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)];
    Some(Delivered { transfer: transfer.to_owned(), package: PathBuf::from(package), counts })
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// SHA-256 by the tool that a partner has.
fn sha256(bytes: &[u8]) -> io::Result<String> {
    use std::io::Write;
    let mut child =
        Command::new("sha256sum").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(bytes)?;
    }
    Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
}

/// The first 32 hexadecimal digits in groups of four, as they are read aloud.
fn grouped(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().take(32).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}
