//! How does the command line speak: errors that teach, and nothing that a terminal would obey?

use std::process::ExitCode;

use causeway_engine::EngineError;

/// Says why a command failed, and what to do.
pub fn failed(error: &EngineError) -> ExitCode {
    eprintln!("error: {}", plain(&error.to_string()));
    match error {
        EngineError::Refused { violations, .. } | EngineError::NotShown { violations, .. } => {
            for violation in violations {
                eprintln!("  {}", plain(&violation.to_string()));
                eprintln!("    help: {}", violation.code.help());
            }
        }
        EngineError::Findings { lines, .. } => lines.iter().for_each(|line| eprintln!("  {}", plain(line))),
        _ => {}
    }
    ExitCode::from(error.exit_code())
}

/// Text without the characters that a terminal would obey.
pub fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}
