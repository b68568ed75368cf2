//! Is the header of an age file one that we try? Asked before anything of it is handed to a decryptor.
//!
//! Only `X25519` stanzas are tried. The age crate adds a stanza whose name ends in `-grease`, so that readers learn to pass over what
//! they do not know: it is passed over unread. Whatever else stands there refuses, a passphrase for one: a stranger decides how long
//! that takes.

use std::io::{BufRead, Read};

use super::EnvelopeFault;

/// Most bytes of a header.
const BYTES: u64 = 4 << 10;
/// Most stanzas of a header.
const STANZAS: usize = 8;
const FIRST: &str = "age-encryption.org/v1\n";

/// Reads a header from the beginning of a part; refuses what is not tried. `part` is counted from 1.
pub(super) fn check(file: &mut dyn BufRead, part: usize) -> Result<(), EnvelopeFault> {
    let refused = |problem: &str| EnvelopeFault::SealedOtherwise { part, problem: problem.to_owned() };
    let mut header = file.take(BYTES);
    let mut line = Vec::new();
    let mut next = |line: &mut Vec<u8>| -> Result<(), EnvelopeFault> {
        line.clear();
        let read = header.read_until(b'\n', line);
        let problem = match read {
            Ok(_) if line.ends_with(b"\n") => return Ok(()),
            Ok(_) => "its header has no end within 4 KiB",
            Err(_) => "its header cannot be read",
        };
        Err(EnvelopeFault::SealedOtherwise { part, problem: problem.to_owned() })
    };
    next(&mut line)?;
    if line != FIRST.as_bytes() {
        return Err(refused("it is no binary age file of version 1"));
    }
    let (mut stanzas, mut tried) = (0, 0);
    loop {
        next(&mut line)?;
        if line.starts_with(b"---") {
            break;
        }
        let Some(arguments) = line.strip_prefix(b"-> ") else { continue };
        if stanzas == STANZAS {
            return Err(refused("its header has more than 8 stanzas"));
        }
        stanzas += 1;
        let name = arguments.split(|byte| matches!(byte, b' ' | b'\n')).next().unwrap_or_default();
        if name == b"X25519" {
            tried += 1;
        } else if !name.ends_with(b"-grease") {
            return Err(refused("its header has a stanza of another kind"));
        }
    }
    if tried == 0 {
        return Err(refused("its header has no `X25519` stanza"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(stanzas: &[&str]) -> Result<(), String> {
        let text = format!("{FIRST}{}--- mac\npayload", stanzas.concat());
        check(&mut text.as_bytes(), 3).map_err(|fault| fault.to_string())
    }

    const X: &str = "-> X25519 bWFkZSB1cA\nYm9keQ\n";

    #[test]
    fn only_x25519_is_tried_and_grease_is_passed_over() {
        assert_eq!(header(&[X]), Ok(()));
        assert_eq!(header(&[X, "-> q4-grease x\nYQ\n"]), Ok(()));
        for (stanzas, says) in [
            (vec!["-> scrypt c2FsdA 40\nYm9keQ\n"], "another kind"),
            (vec![X, "-> ssh-rsa x\nYm9keQ\n"], "another kind"),
            (vec!["-> grease x\nYm9keQ\n"], "another kind"),
            (vec!["-> q4-grease x\nYQ\n"], "no `X25519`"),
            (vec![X; 9], "more than 8"),
            (vec![], "no `X25519`"),
        ] {
            let refused = header(&stanzas).err().unwrap_or_default();
            assert!(refused.contains(says) && refused.contains("part 3"), "{refused}");
        }
    }

    #[test]
    fn a_header_without_an_end_is_read_no_further_than_4_kib() {
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                buffer.fill(b'x');
                self.0 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        let mut endless = Endless(0);
        let mut text = std::io::BufReader::with_capacity(512, FIRST.as_bytes().chain(&mut endless));
        let refused = check(&mut text, 1).err().map(|fault| fault.code());
        assert_eq!(refused, Some("sealed-otherwise"));
        assert!(endless.0 <= BYTES + 512, "{} bytes were read", endless.0);
        let armored = check(&mut b"-----BEGIN AGE ENCRYPTED FILE-----\n".as_slice(), 1);
        assert!(armored.is_err());
    }
}
