//! What lies where in the Debian package, and what does it need?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

/// Scripts that the package's owner runs.
const SCRIPTS: &[&str] = &["postinst", "prerm", "postrm"];

/// What is taken as it is: from and to.
const FILES: &[(&str, &str)] = &[
    ("packaging/systemd/causeway-work.service", "usr/lib/systemd/system/causeway-work.service"),
    ("packaging/systemd/causeway-serve.service", "usr/lib/systemd/system/causeway-serve.service"),
    ("packaging/systemd/causeway.sysusers", "usr/lib/sysusers.d/causeway.conf"),
    ("README.md", "usr/share/doc/causeway/README.md"),
    ("SECURITY.md", "usr/share/doc/causeway/SECURITY.md"),
    ("CHANGELOG.md", "usr/share/doc/causeway/CHANGELOG.md"),
    ("LICENSE-APACHE", "usr/share/doc/causeway/LICENSE-APACHE"),
    ("LICENSE-MIT", "usr/share/doc/causeway/LICENSE-MIT"),
];

/// Makes the package; where it is.
pub fn pack(root: &Path, binary: &Path, bill: &Path, out: &Path) -> Outcome<PathBuf> {
    let made = tempfile::tempdir()?;
    let tree = made.path().join("tree");
    let put = |from: &Path, to: &str, mode: u32| -> Outcome {
        let to = tree.join(to);
        fs::create_dir_all(to.parent().unwrap_or(&tree))?;
        fs::copy(from, &to).map_err(|error| format!("`{}` cannot be packed: {error}", from.display()))?;
        fs::set_permissions(&to, fs::Permissions::from_mode(mode))?;
        Ok(())
    };
    put(binary, "usr/bin/causeway", 0o755)?;
    put(bill, "usr/share/doc/causeway/causeway.cdx.json", 0o644)?;
    for (from, to) in FILES {
        put(&root.join(from), to, 0o644)?;
    }
    for guide in fs::read_dir(root.join("docs/guides"))? {
        let guide = guide?.path();
        let name = guide.file_name().unwrap_or_default().to_string_lossy().into_owned();
        put(&guide, &format!("usr/share/doc/causeway/guides/{name}"), 0o644)?;
    }
    fs::write(tree.join("usr/share/doc/causeway/copyright"), COPYING)?;
    for script in SCRIPTS {
        put(&root.join("packaging/debian").join(script), &format!("DEBIAN/{script}"), 0o755)?;
    }
    strip(&tree.join("usr/bin/causeway"));
    let (architecture, version) = (architecture()?, env!("CARGO_PKG_VERSION"));
    let needs = needs(&fs::read(tree.join("usr/bin/causeway"))?);
    fs::write(tree.join("DEBIAN/control"), control(&architecture, version, &needs, size(&tree)?))?;
    folders_are_open(&tree)?;
    let package = out.join(format!("causeway_{version}_{architecture}.deb"));
    let mut command = Command::new("dpkg-deb");
    // The same input gives the same package: files are dated by the newest commit, and belong to root.
    if let Ok(moment) = shell::output(Command::new("git").current_dir(root).args(["log", "-1", "--format=%ct"])) {
        command.env("SOURCE_DATE_EPOCH", moment.trim());
    }
    // A smaller file would take minutes on a small machine.
    command.args(["--root-owner-group", "-Zxz", "-z1", "--build"]).arg(&tree).arg(&package);
    shell::output(&mut command)?;
    Ok(package)
}

/// Symbols are for developers; where the tool is missing, the package is larger.
fn strip(binary: &Path) {
    if shell::is_installed("strip") {
        let _larger = shell::succeeds(Command::new("strip").arg("--strip-unneeded").arg(binary));
    }
}

fn architecture() -> Outcome<String> {
    Ok(shell::output(Command::new("dpkg").arg("--print-architecture"))?.trim().to_owned())
}

/// The packages that the program needs: the C library of the newest symbol that it asks for.
fn needs(binary: &[u8]) -> String {
    let mut newest = (2, 0);
    for at in binary.windows(8).enumerate().filter(|(_, window)| *window == b"GLIBC_2.").map(|(at, _)| at + 8) {
        let digits = binary.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).take(3);
        let minor = digits.fold(0_u32, |minor, byte| minor * 10 + u32::from(byte - b'0'));
        newest = newest.max((2, minor));
    }
    format!("libc6 (>= {}.{}), libgcc-s1", newest.0, newest.1)
}

fn control(architecture: &str, version: &str, needs: &str, kibibytes: u64) -> String {
    format!(
        "Package: causeway\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: The Causeway maintainers <maintainers@causeway.invalid>\n\
         Installed-Size: {kibibytes}\nDepends: {needs}\nRecommends: systemd, ca-certificates\nSuggests: postgresql\nSection: net\nPriority: optional\n\
         Description: gateway for sharing personal data between organisations\n \
         Moves data about people from one organisation to another under agreed terms: checked before\n \
         they leave, sealed to the partner, recorded in a log that cannot be rewritten. Two services,\n \
         `causeway-work` and `causeway-serve`, are installed and not enabled.\n"
    )
}

const COPYING: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Files: *
License: Apache-2.0 or MIT
Comment: The licences of what is linked in stand in causeway.cdx.json, by component.
";

fn size(tree: &Path) -> Outcome<u64> {
    let told = shell::output(Command::new("du").args(["-sk", "--apparent-size"]).arg(tree))?;
    Ok(told.split_whitespace().next().unwrap_or_default().parse()?)
}

/// Folders of a package can be entered by everybody, whatever the mask of whoever builds.
fn folders_are_open(folder: &Path) -> Outcome {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            folders_are_open(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_symbol_says_which_c_library_is_needed() {
        assert_eq!(needs(b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_2.\0"), "libc6 (>= 2.34), libgcc-s1");
    }

    #[test]
    fn the_control_file_says_what_debian_asks() {
        let control = control("amd64", "0.1.0", "libc6 (>= 2.34)", 42);
        for line in ["Package: causeway", "Version: 0.1.0", "Architecture: amd64", "Depends: libc6 (>= 2.34)"] {
            assert!(control.lines().any(|one| one == line), "{line}");
        }
        let description = control.split_once("Description: ").map(|(_, text)| text).unwrap_or_default();
        assert!(description.lines().skip(1).all(|line| line.starts_with(' ') && line.len() > 1), "{description}");
    }
}
