//! What stands in the memory of a process, and what do keys look like there?

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A page of which nobody has written anything.
const ZEROS: [u8; 4_096] = [0; 4_096];

/// What a process could read of its own memory and has written to, where it is more than zeros.
pub fn memory(process: u32) -> Vec<u8> {
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    let mut all = Vec::new();
    for line in fs::read_to_string(format!("/proc/{process}/maps")).unwrap().lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        let place = words.nth(3).unwrap_or_default();
        if !rights.starts_with('r') || !(rights.starts_with("rw") || place.is_empty()) || place.starts_with("[v") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).unwrap());
        let mut some = vec![0; 1 << 20];
        for at in (from..to).step_by(some.len()) {
            let length = usize::try_from(to - at).unwrap().min(some.len());
            // What was given back meanwhile is not there any more.
            let Ok(read) = memory.read_at(&mut some[..length], at) else { continue };
            some[..read]
                .chunks(4_096)
                .filter(|page| **page != ZEROS[..page.len()])
                .for_each(|page| all.extend_from_slice(page));
        }
    }
    all
}

/// Bytes of the text of an age identity (BIP 173).
fn identity(text: &str) -> Vec<u8> {
    const DIGITS: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let (_, data) = text.rsplit_once('1').unwrap();
    let digits: Vec<u32> =
        data.to_lowercase().chars().map(|digit| u32::try_from(DIGITS.find(digit).unwrap()).unwrap()).collect();
    let (mut held, mut bits, mut bytes) = (0_u32, 0, Vec::new());
    for digit in &digits[..digits.len() - 6] {
        held = held << 5 | digit;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

/// The four keys of an installation, as they are used.
pub fn secrets(home: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let text = |name: &str| fs::read_to_string(home.join("keys").join(name)).unwrap();
    let seed = |name: &str| {
        let text = text(name);
        let digits = text.lines().find(|line| !line.starts_with('#')).unwrap().trim().to_owned();
        (0..32).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let pem = text("package-signing.pem");
    let der: String = pem.lines().filter(|line| !line.starts_with(['-', '#'])).collect();
    let der = STANDARD.decode(der).unwrap();
    let own = text("operation.age").lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap().to_owned();
    let raw = identity(&own);
    assert_eq!(raw.len(), 32);
    vec![
        ("ledger key", seed("ledger.key")),
        ("root of pseudonyms", seed("pseudonym.root")),
        ("signing key", der[der.len() - 32..].to_vec()),
        ("identity of the operation", own.into_bytes()),
        ("identity of the operation", raw),
    ]
}
