//! How does the command line speak: errors that teach, and nothing that a terminal would obey?

use std::process::ExitCode;

use causeway_engine::EngineError;

/// Says why a command failed, and what to do.
pub fn failed(error: &EngineError) -> ExitCode {
    eprintln!("error: {}", plain(&error.to_string()));
    reasons(error);
    ExitCode::from(error.exit_code())
}

fn reasons(error: &EngineError) {
    match error {
        EngineError::Refused { violations, .. }
        | EngineError::Lapsed { violations, .. }
        | EngineError::NotShown { violations, .. }
        | EngineError::Denied { violations, .. } => violations.iter().for_each(reason),
        EngineError::Held { violation, .. } => reason(violation),
        EngineError::Findings { lines, .. } => lines.iter().for_each(|line| eprintln!("  {}", plain(line))),
        EngineError::Line { source, .. } => reasons(source),
        _ => {}
    }
}

/// A reason, with what to do about it.
fn reason(violation: &causeway_model::Violation) {
    eprintln!("  {}", plain(&violation.to_string()));
    eprintln!("    help: {}", violation.code.help());
}

/// Text without the characters that a terminal would obey.
pub fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}
