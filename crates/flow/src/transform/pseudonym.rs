//! How does a value become a pseudonym that this partner can join on for this purpose, and nobody else?
//!
//! Key of an entity: HKDF-SHA256 (RFC 5869) of the pseudonym root, no salt, `info` = version, partner, purpose, entity,
//! each preceded by its length as four bytes, big-endian, so that no two lists of names give the same bytes.
//! Pseudonym: the first 16 bytes of HMAC-SHA256 under that key over the canonical bytes of the value, written as 32
//! hexadecimal digits in lower case. Canonical bytes: of a `uuid` its 16 bytes; of everything else the UTF-8 text in
//! Unicode normalisation form C, dates and moments in ISO 8601, decimals with all their digits. A UUID that the
//! catalogue declares as `text` is text, and has another pseudonym.

use arrow::array::{Array, AsArray};
use causeway_model::{Code, ValueType, Violation};
use causeway_package::Mac;
use hkdf::Hkdf;
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::chain::Site;
use super::column::{Step, show, texts};

const VERSION: &str = "causeway/pseudonym/1";

/// Pseudonyms for one partner and purpose. Cannot be printed; the keys are wiped when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pseudonyms {
    root: [u8; 32],
    #[zeroize(skip)]
    partner: String,
    #[zeroize(skip)]
    purpose: String,
    /// A secret that takes the root's place: then both pseudonyms are made.
    next: Option<[u8; 32]>,
    #[cfg(feature = "test-hooks")]
    #[zeroize(skip)]
    fixed: Option<Vec<(String, String)>>,
}

/// The key of one entity for one partner and purpose, ready to be used. Cannot be printed; wiped when it is dropped.
pub struct PseudonymKey {
    mac: Mac,
    /// Put before canonical text: only a fixed test key has one.
    prefix: Option<String>,
    /// What takes its place, where both pseudonyms are made.
    next: Option<Mac>,
}

/// A pseudonym, and the one that takes its place where both are made.
type Made = ([u8; 16], Option<[u8; 16]>);

impl Pseudonyms {
    /// Pseudonyms for `partner` and `purpose` under the installation's root key.
    pub fn new(root: &[u8; 32], partner: impl Into<String>, purpose: impl Into<String>) -> Self {
        Self {
            root: *root,
            partner: partner.into(),
            purpose: purpose.into(),
            next: None,
            #[cfg(feature = "test-hooks")]
            fixed: None,
        }
    }

    /// Both pseudonyms of every value, the old one and the new one, joined by a colon: for telling a partner which becomes which, and
    /// for nothing else.
    pub fn crossing(old: &[u8; 32], new: &[u8; 32], partner: impl Into<String>, purpose: impl Into<String>) -> Self {
        let mut both = Self::new(old, partner, purpose);
        both.next = Some(*new);
        both
    }

    /// Pseudonyms whose key everybody knows: the first 16 bytes of HMAC-SHA256 under `key` over a prefix of the entity and
    /// the text. For measuring against other programs on invented people; a release has no way to ask for it.
    #[cfg(feature = "test-hooks")]
    pub fn fixed_for_tests(key: [u8; 32], prefixes: Vec<(String, String)>) -> Self {
        let mut fixed = Self::new(&key, "", "");
        fixed.fixed = Some(prefixes);
        fixed
    }

    /// The key of `entity`.
    pub fn key(&self, entity: &str) -> PseudonymKey {
        #[cfg(feature = "test-hooks")]
        if let Some(prefixes) = &self.fixed {
            let prefix = prefixes.iter().find(|(of, _)| of == entity).map(|(_, prefix)| prefix.clone());
            return PseudonymKey { mac: Mac::new(&self.root), prefix: Some(prefix.unwrap_or_default()), next: None };
        }
        let mac = |root: &[u8; 32]| self.mac(root, entity);
        PseudonymKey { mac: mac(&self.root), prefix: None, next: self.next.as_ref().map(mac) }
    }

    fn mac(&self, root: &[u8; 32], entity: &str) -> Mac {
        let mut info = Vec::new();
        for part in [VERSION, &self.partner, &self.purpose, entity] {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            info.extend_from_slice(&length.to_be_bytes());
            info.extend_from_slice(part.as_bytes());
        }
        let mut key = Zeroizing::new([0; 32]);
        #[expect(clippy::expect_used, reason = "HKDF refuses only more than 255 blocks, and this is one")]
        Hkdf::<Sha256>::new(None, root).expand(&info, key.as_mut_slice()).expect("one block");
        Mac::new(&key)
    }

    /// The pseudonym of a key as it is written in packages, given the key's text as packages write it; none where the type
    /// takes no pseudonym.
    pub fn written(&self, entity: &str, kind: &ValueType, text: &str) -> Option<String> {
        let key = self.key(entity);
        let pseudonym = match kind {
            ValueType::Bytes => return None,
            ValueType::Uuid if key.prefix.is_none() => key.of(&uuid_bytes(text)?),
            _ => key.of_text(text).0,
        };
        Some(hex::encode(pseudonym))
    }

    /// Pseudonym of a value of `entity`, given its canonical bytes.
    pub fn of(&self, entity: &str, canonical: &[u8]) -> [u8; 16] {
        self.key(entity).of(canonical)
    }
}

impl PseudonymKey {
    /// Pseudonym of a value, given its canonical bytes.
    pub fn of(&self, canonical: &[u8]) -> [u8; 16] {
        self.made(&self.mac, canonical)
    }

    fn made(&self, mac: &Mac, canonical: &[u8]) -> [u8; 16] {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        mac.half([prefix.as_bytes(), canonical])
    }

    /// The pseudonym, and the one that takes its place.
    fn both(&self, canonical: &[u8]) -> Made {
        (self.of(canonical), self.next.as_ref().map(|next| self.made(next, canonical)))
    }
}

pub(super) fn step(site: &Site<'_>) -> Result<Step, Violation> {
    let [element] = site.elements else {
        let count = site.elements.len();
        return Err(site.wrong(
            Code::TransformType,
            format_args!("the value holds {count} elements, and one entity's key must be taken"),
        ));
    };
    let key = site.context.pseudonyms.key(&element.entity);
    match site.input {
        ValueType::Bytes => Err(site.takes("anything but bytes")),
        ValueType::Uuid => Ok(Step::partial(ValueType::Text, move |input, rows| {
            let texts = texts(input)?;
            Ok(rows.write(texts.len(), |row, out| {
                if texts.is_null(row) {
                    return Ok(false);
                }
                let text = texts.value(row);
                let pseudonym = match key.prefix {
                    Some(_) => key.of_text(text),
                    None => key.both(&uuid_bytes(text).ok_or(Code::WrongType)?),
                };
                write_made(&pseudonym, out);
                Ok(true)
            }))
        })),
        _ => Ok(Step::total(ValueType::Text, move |input, rows| {
            let texts = input.as_string_opt::<i32>();
            // Records of one household often stand behind one another.
            let mut last: Option<(&str, Made)> = None;
            Ok(rows.write(input.len(), |row, out| {
                let pseudonym = match texts {
                    Some(texts) if texts.is_null(row) => None,
                    Some(texts) => {
                        let text = texts.value(row);
                        let known = last.filter(|(before, _)| *before == text).map(|(_, pseudonym)| pseudonym);
                        let pseudonym = known.unwrap_or_else(|| key.of_text(text));
                        last = Some((text, pseudonym));
                        Some(pseudonym)
                    }
                    None => show(input.as_ref(), row).map(|text| key.of_text(&text)),
                };
                pseudonym.iter().for_each(|pseudonym| write_made(pseudonym, out));
                Ok(pseudonym.is_some())
            }))
        })),
    }
}

impl PseudonymKey {
    fn of_text(&self, text: &str) -> Made {
        if self.prefix.is_some() || is_nfc(text) {
            return self.both(text.as_bytes());
        }
        self.both(text.nfc().collect::<String>().as_bytes())
    }
}

fn write_made((pseudonym, next): &Made, out: &mut String) {
    write_hex(pseudonym, out);
    if let Some(next) = next {
        out.push(':');
        write_hex(next, out);
    }
}

fn write_hex(bytes: &[u8; 16], out: &mut String) {
    let mut digits = [0; 32];
    if hex::encode_to_slice(bytes, &mut digits).is_ok() {
        out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
    }
}

/// The 16 bytes of a UUID written in hexadecimal with dashes, in either case.
pub(super) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let (mut bytes, mut digits) = ([0; 16], [0; 32]);
    let found = text.bytes().filter(|byte| *byte != b'-');
    let count = digits.iter_mut().zip(found).map(|(to, from)| *to = from).count();
    (dashed && count == 32 && hex::decode_to_slice(digits, &mut bytes).is_ok()).then_some(bytes)
}
