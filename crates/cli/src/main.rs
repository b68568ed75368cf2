//! `causeway`: the one binary, and the only place where the engine meets the connectors.

mod connectors;
mod hooks;
mod postman;
mod say;
mod verb;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Batches come and go by the million: an allocator that gives memory back and shares little between threads. What is given back is
/// overwritten, also where others hold it (the buffers of a connection): a call that has ended leaves nothing of whom it was about.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> = zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

/// An open gateway for sharing personal data between organisations that must not get it wrong.
///
/// Exit codes: 0 done; 2 wrong use or input; 3 a proof failed; 4 refused by a rule; 5 trouble with files or the system.
#[derive(Parser)]
#[command(name = "causeway", version)]
struct Arguments {
    /// Folder of the installation.
    #[arg(long, global = true, env = "CAUSEWAY_HOME", default_value = ".")]
    home: PathBuf,
    /// Who acts: the name of an officer registered here.
    #[arg(
        long = "as",
        alias = "actor",
        global = true,
        env = "CAUSEWAY_ACTOR",
        value_name = "NAME",
        default_value = "operator"
    )]
    actor: String,
    /// How what happens is logged on standard error: lines for people, or JSON, one object an event.
    #[arg(long, global = true, env = "CAUSEWAY_LOG_AS", value_enum, default_value_t = LogAs::Text)]
    log: LogAs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LogAs {
    /// Lines for people.
    Text,
    /// JSON, one object an event: ids, counts and reasons, never a person's value.
    Json,
}

#[derive(Subcommand)]
enum Verb {
    /// Makes an installation and its four keys.
    Init(verb::init::Init),
    /// Looks for what is wrong, and says what to do.
    Doctor,
    /// People who act here, with their keys and roles.
    #[command(subcommand)]
    Officer(verb::officer::Officer),
    /// Partners and their keys.
    #[command(subcommand)]
    Partner(verb::partner::Partner),
    /// What this installation holds.
    #[command(subcommand)]
    Catalogue(verb::catalogue::Catalogue),
    /// Where what partners send is written.
    #[command(subcommand)]
    Target(verb::target::Target),
    /// Who asks for data, and whether they could be shared.
    #[command(subcommand)]
    Enquiry(verb::enquiry::Enquiry),
    /// The signed terms.
    #[command(subcommand)]
    Arrangement(verb::arrangement::Arrangement),
    /// Data protection impact assessments.
    #[command(subcommand)]
    Assessment(verb::assessment::Assessment),
    /// Configured flows.
    #[command(subcommand)]
    Exchange(verb::exchange::Exchange),
    /// Everything that is in use, as documents: export, compare, stage, activate, roll back.
    #[command(subcommand)]
    Configuration(verb::configuration::Configuration),
    /// Executions of an exchange.
    #[command(subcommand)]
    Transfer(verb::transfer::Transfer),
    /// What comes in from partners.
    #[command(subcommand)]
    Intake(verb::intake::Intake),
    /// Twins of exchanges on invented people, for partners to integrate with.
    #[command(subcommand)]
    Sandbox(verb::sandbox::Sandbox),
    /// Requests beyond what is agreed, and the register of refused ones.
    #[command(subcommand)]
    Request(verb::request::Request),
    /// The public register: exported with proofs, and verified by anybody.
    #[command(subcommand)]
    Register(verb::register::Register),
    /// Stops a partner, the operation or everything, at once.
    Stop(verb::stop::Stop),
    /// Consents, as one of two officers, to resume what was stopped.
    Resume(verb::stop::Resume),
    /// Carries transfers out, for as long as it runs.
    Work(verb::work::Work),
    /// Answers over the network, for as long as it runs: whether everything works, and programs of partners.
    Serve(verb::serve::Serve),
    /// The database on a server.
    #[command(subcommand)]
    Database(verb::database::Database),
    /// Where every transfer stands, newest first.
    Status(verb::status::Status),
    /// Who is told of what by mail and webhook, and how far that has come.
    #[command(subcommand)]
    Alert(verb::alert::Alert),
    /// Packages, from the partner's side.
    #[command(subcommand)]
    Package(verb::package::Package),
    /// Receipts: signed by the partner, added by the operation.
    #[command(subcommand)]
    Receipt(verb::receipt::Receipt),
    /// The tamper-evident log.
    #[command(subcommand)]
    Ledger(verb::ledger::Ledger),
    /// Copies everything but the keys into one sealed file.
    Backup(verb::backup::Backup),
    /// Fills an empty installation from a backup.
    Restore(verb::backup::Restore),
    /// What left this house about one person, what the person decided, and who was told.
    #[command(subcommand)]
    Person(verb::person::Person),
    /// Copies of what left: here, and at partners.
    #[command(subcommand)]
    Retention(verb::retention::Retention),
    /// What is told about somebody in a package: read and answered, as the partner.
    #[command(subcommand)]
    Notice(verb::notice::Notice),
    /// What a compromised key exposes.
    #[command(subcommand)]
    Key(verb::key::Key),
    /// Records that were left out.
    #[command(subcommand)]
    Quarantine(verb::quarantine::Quarantine),
    /// Prints the JSON Schema of a document.
    Schema(verb::schema::Schema),
}

fn main() -> ExitCode {
    no_core_dumps();
    end_when_nobody_reads();
    small_pages();
    let arguments = Arguments::try_parse().unwrap_or_else(|error| untold(error).exit());
    // A process that runs for months tells what it does; a command says it on standard output.
    let usual = if matches!(arguments.verb, Verb::Work(_) | Verb::Serve(_)) { "info" } else { "warn" };
    begin_log(arguments.log, usual);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return say::failed(&causeway_engine::EngineError::Wrong(format!("no threads can be started: {error}")));
        }
    };
    let outcome = runtime.block_on(run(arguments));
    match outcome {
        Ok(code) => code,
        Err(error) => say::failed(&error),
    }
}

fn begin_log(log: LogAs, usual: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAUSEWAY_LOG").unwrap_or_else(|_| usual.into());
    let written = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log {
        LogAs::Json => written.json().init(),
        // Colours are for people who look on, not for a journal.
        LogAs::Text => written.with_ansi(std::io::stderr().is_terminal()).init(),
    }
}

/// Memory in pages of two mebibytes would be cleared and counted whole where little of it is used: a transfer of a million
/// people held 290 MB with them and holds 205 MB without, in the same time.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _nothing_depends_on_it = rustix::thread::disable_transparent_huge_pages(true);
}

/// `causeway … | head` closes the pipe: that ends the command as it ends any other, without a word.
fn end_when_nobody_reads() {
    let panics = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            // What a shell calls a program that SIGPIPE ended.
            std::process::exit(141);
        }
        panics(panic);
    }));
}

/// What is wrong with a command line, without a word that belongs nowhere: it may be a person's key.
fn untold(mut error: clap::Error) -> clap::Error {
    if error.kind() == clap::error::ErrorKind::UnknownArgument {
        let word = error.get(clap::error::ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
        if !word.starts_with('-') {
            error.remove(clap::error::ContextKind::InvalidArg);
        }
    }
    error
}

/// A core dump would write memory with personal data to disk.
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        eprintln!("warning: core dumps could not be switched off: {error}");
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, causeway_engine::EngineError> {
    let place = verb::Place { home: arguments.home, actor: arguments.actor };
    match arguments.verb {
        Verb::Init(init) => init.run(&place),
        Verb::Doctor => verb::doctor::run(&place).await,
        Verb::Officer(officer) => officer.run(&place).await,
        Verb::Partner(partner) => partner.run(&place).await,
        Verb::Catalogue(catalogue) => catalogue.run(&place).await,
        Verb::Target(target) => target.run(&place).await,
        Verb::Enquiry(enquiry) => enquiry.run(&place).await,
        Verb::Arrangement(arrangement) => arrangement.run(&place).await,
        Verb::Assessment(assessment) => assessment.run(&place).await,
        Verb::Exchange(exchange) => exchange.run(&place).await,
        Verb::Configuration(configuration) => configuration.run(&place).await,
        Verb::Transfer(transfer) => transfer.run(&place).await,
        Verb::Intake(intake) => intake.run(&place).await,
        Verb::Sandbox(sandbox) => sandbox.run(&place).await,
        Verb::Request(request) => request.run(&place).await,
        Verb::Register(register) => register.run(&place).await,
        Verb::Stop(stop) => stop.run(&place).await,
        Verb::Resume(resume) => resume.run(&place).await,
        Verb::Work(work) => work.run(&place).await,
        Verb::Serve(serve) => serve.run(&place).await,
        Verb::Database(database) => database.run(),
        Verb::Status(status) => status.run(&place).await,
        Verb::Alert(alert) => alert.run(&place).await,
        Verb::Package(package) => package.run(),
        Verb::Receipt(receipt) => receipt.run(&place).await,
        Verb::Ledger(ledger) => ledger.run(&place).await,
        Verb::Backup(backup) => backup.run(&place).await,
        Verb::Restore(restore) => restore.run(&place).await,
        Verb::Person(person) => person.run(&place).await,
        Verb::Notice(notice) => notice.run(),
        Verb::Retention(retention) => retention.run(&place).await,
        Verb::Key(key) => key.run(&place).await,
        Verb::Quarantine(quarantine) => quarantine.run(&place).await,
        Verb::Schema(schema) => schema.run(),
    }
}
