//! How are other programs run, so that what they say is seen and how they end is not missed?

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Outcome;

/// The cargo that runs us.
pub fn cargo(root: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

/// Runs `command` with its output shown; whether it succeeded.
pub fn succeeds(command: &mut Command) -> Outcome<bool> {
    let shown = shown(command);
    let status = command.status().map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    Ok(status.success())
}

/// Runs `command` and takes what it writes to standard output; its standard error is shown.
pub fn output(command: &mut Command) -> Outcome<String> {
    let shown = shown(command);
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| format!("`{shown}` cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{shown}` ended with {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether `program` is on the path.
pub fn is_installed(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// The command as somebody would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}
