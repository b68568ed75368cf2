//! Where does a value occur, in whatever encoding and however compressed?

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// How deep compressed data within compressed data is followed.
const DEPTH: usize = 3;
/// How much is taken from one compressed frame.
const FRAME: u64 = 64 << 20;

/// An occurrence: where, of what, in which encoding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub place: String,
    pub name: String,
    pub form: String,
}

/// Looks for named values in all their encodings at once.
pub struct Search {
    meanings: HashMap<Vec<u8>, (String, &'static str)>,
    pattern: regex::bytes::Regex,
}

impl Search {
    /// Looks for these values; a name may stand for several spellings.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let mut meanings = HashMap::new();
        let mut order = Vec::new();
        for (name, value) in values {
            for (form, bytes) in forms(&value) {
                if let Entry::Vacant(new) = meanings.entry(bytes) {
                    order.push(new.key().clone());
                    new.insert((name.to_owned(), form));
                }
            }
        }
        let escaped = |bytes: &Vec<u8>| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let alternatives: Vec<String> = order.iter().map(escaped).collect();
        let pattern = regex::bytes::RegexBuilder::new(&alternatives.join("|"))
            .unicode(false)
            .size_limit(1 << 30)
            .build()
            .unwrap();
        Self { meanings, pattern }
    }

    /// What occurs in some bytes, inside zstd and gzip too.
    pub fn bytes(&self, place: &str, data: &[u8]) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        self.look(place, data, "", DEPTH, &mut found);
        found
    }

    /// What occurs in the files below a folder and in their names; the paths in `except` are left out.
    pub fn folder(&self, root: &Path, except: &[PathBuf]) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        for path in files(root, except) {
            let place = path.display().to_string();
            found.extend(self.bytes(&format!("name of {place}"), place.as_bytes()));
            match std::fs::read(&path) {
                Ok(bytes) => found.extend(self.bytes(&place, &bytes)),
                // Somebody is at work there.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => panic!("{place}: {error}"),
            }
        }
        found
    }

    fn look(&self, place: &str, data: &[u8], inside: &str, depth: usize, found: &mut BTreeSet<Found>) {
        for hit in self.pattern.find_iter(data) {
            let (name, form) = self.meanings.get(hit.as_bytes()).unwrap();
            found.insert(Found { place: place.to_owned(), name: name.clone(), form: format!("{inside}{form}") });
        }
        if depth == 0 {
            return;
        }
        for at in 0..data.len() {
            let rest = &data[at..];
            let (kind, content) = match rest {
                [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                    ("zstd", zstd::Decoder::new(rest).map(|reader| taken(reader.single_frame())))
                }
                [0x1f, 0x8b, 0x08, ..] => ("gzip", Ok(taken(flate2::read::GzDecoder::new(rest)))),
                _ => continue,
            };
            self.look(place, &content.unwrap_or_default(), &format!("{inside}{kind} "), depth - 1, found);
        }
    }
}

/// Files below a folder.
fn files(root: &Path, except: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if except.contains(&path) {
            continue;
        }
        // A socket has a name and no content.
        if path.is_dir() {
            files.extend(self::files(&path, except));
        } else if path.is_file() {
            files.push(path);
        }
    }
    files
}

/// As much as can be read, whatever ends it: a frame may be cut off, or not be one.
fn taken(reader: impl Read) -> Vec<u8> {
    let mut content = Vec::new();
    let _ = reader.take(FRAME).read_to_end(&mut content);
    content
}

/// A value in every encoding in which it might lie about. As it is comes first.
fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = value.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = vec![
        ("raw", value.to_vec()),
        ("hex", hex.clone().into_bytes()),
        ("hex", hex.to_uppercase().into_bytes()),
        ("percent", percent.clone().into_bytes()),
        ("percent", percent.to_lowercase().into_bytes()),
    ];
    for lead in 0..3 {
        forms.push(("base64", aligned(&STANDARD_NO_PAD.encode([&[0; 3][..lead], value].concat()), lead, value)));
        forms.push(("base64", aligned(&URL_SAFE_NO_PAD.encode([&[0; 3][..lead], value].concat()), lead, value)));
    }
    if let Ok(text) = std::str::from_utf8(value) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let escaped = |c: u16| if c < 0x80 { char::from(c as u8).to_string() } else { format!("\\u{c:04x}") };
        let reserved = |byte: &u8| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        };
        forms.extend([
            ("upper case", text.to_uppercase().into_bytes()),
            ("lower case", text.to_lowercase().into_bytes()),
            ("utf-16", units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
            ("utf-16", units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
            ("json escapes", units.iter().map(|unit| escaped(*unit)).collect::<String>().into_bytes()),
            ("percent", value.iter().map(reserved).collect::<String>().into_bytes()),
        ]);
    }
    forms
}

/// The part of base64 that the value alone decides, where `lead` other bytes stand before it.
fn aligned(text: &str, lead: usize, value: &[u8]) -> Vec<u8> {
    let (from, until) = ((lead * 8).div_ceil(6), (lead + value.len()) * 8 / 6);
    text.as_bytes()[from..until].to_vec()
}

/// An integer as text and as the bytes of common encodings, SQLite's among them.
pub fn integer(value: i64) -> Vec<Vec<u8>> {
    let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
    let mut varint = vec![(value & 0x7f) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        varint.insert(0, (rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    vec![value.to_string().into_bytes(), little.to_vec(), big.to_vec(), big[2..].to_vec(), varint]
}

#[test]
fn every_encoding_and_compression_is_seen() {
    let value = "QZTRY ቅዝቃ";
    let search = Search::of([("it", value.as_bytes().to_vec())]);
    let base = |lead: &str| STANDARD_NO_PAD.encode(format!("{lead}{value} and more")).into_bytes();
    let zipped = zstd::encode_all(&base("xy")[..], 3).unwrap();
    let mut gzip = flate2::read::GzEncoder::new(&zipped[..], flate2::Compression::fast());
    let mut twice = b"before".to_vec();
    gzip.read_to_end(&mut twice).unwrap();
    let utf16: Vec<u8> = value.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: [(Vec<u8>, &str); 9] = [
        (format!("a {value} b").into_bytes(), "raw"),
        (base(""), "base64"),
        (base("x"), "base64"),
        (base("xy"), "base64"),
        (zipped.clone(), "zstd base64"),
        (twice, "gzip zstd base64"),
        (utf16, "utf-16"),
        (b"QZTRY%20%E1%89%85%E1%8B%9D%E1%89%83".to_vec(), "percent"),
        (b"QZTRY \\u1245\\u12dd\\u1243".to_vec(), "json escapes"),
    ];
    for (data, form) in cases {
        let found: Vec<String> = search.bytes("here", &data).into_iter().map(|found| found.form).collect();
        // A small frame may hold its content as it is; then that is seen as well.
        assert!(found.iter().any(|found| found == form), "{form}: {found:?}");
    }
    assert!(search.bytes("here", b"QZTRX nothing").is_empty());
}
