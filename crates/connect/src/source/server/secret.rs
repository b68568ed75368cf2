//! Where does a password come from? From a file that is the owner's alone, or from the environment.

use std::path::Path;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::Secret;

use crate::source::Refuse;

/// The secret of source `origin`; paths are relative to `base`. Errors name the place, never what stands there.
pub(crate) fn secret(origin: &str, secret: &Secret, base: &Path) -> Result<String, SourceError> {
    let refuse = Refuse(origin);
    match secret {
        Secret::Env(name) => std::env::var(name)
            .map_err(|_| refuse.unreachable(format!("the environment has no `{name}` with its password"))),
        Secret::File(path) => {
            let file = base.join(path);
            private(&file).map_err(|detail| refuse.unreachable(format!("password file `{path}`: {detail}")))?;
            let text = std::fs::read_to_string(&file)
                .map_err(|error| refuse.unreachable(format!("password file `{path}`: {}", error.kind())))?;
            Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
        }
    }
}

/// Refuses a file that others than its owner can read.
#[cfg(unix)]
pub(crate) fn private(file: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).map_err(|error| error.kind().to_string())?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err("others can read it: `chmod 600` it".to_owned()) }
}

/// Files have no such rights here.
#[cfg(not(unix))]
pub(crate) fn private(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_owner_alone_gives_its_text_and_any_other_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("word");
        std::fs::write(&path, "open sesame\n").unwrap();
        let from = Secret::File("word".to_owned());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = secret("store", &from, folder.path()).unwrap_err();
        assert!(error.detail.contains("others can read it") && !error.detail.contains("sesame"), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secret("store", &from, folder.path()).unwrap(), "open sesame");
        let missing = Secret::Env("CAUSEWAY_NO_SUCH_VARIABLE".to_owned());
        assert!(secret("store", &missing, folder.path()).unwrap_err().detail.contains("CAUSEWAY_NO_SUCH_VARIABLE"));
    }
}
