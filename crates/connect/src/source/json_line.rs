//! How is one line of JSON (RFC 8259) read as the members of an object, without trusting it?
//!
//! Written for this: numbers stay digits (a float would change amounts), and a text that is not UTF-8 or holds half a
//! surrogate pair reaches the decoder as the bytes it is, so that it becomes a fault of its cell and no error.

/// Nesting that is followed; deeper is refused.
const DEEPEST: usize = 64;

/// A member's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'l> {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number, as it is written.
    Number(&'l str),
    /// A text; bytes that need not be UTF-8.
    Text(&'l [u8]),
    /// An array or an object, as it is written.
    Nested(&'l [u8]),
}

/// Where a line is no JSON object (byte, from 1), and what is wrong there. Never what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) byte: usize,
    pub(crate) what: &'static str,
}

/// Room for texts with escapes, kept between lines.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    name: Vec<u8>,
    value: Vec<u8>,
}

/// Calls `each` with every member of the object on `line`, in order.
pub(crate) fn members(
    line: &[u8],
    scratch: &mut Scratch,
    mut each: impl FnMut(&[u8], Token<'_>) -> Result<(), &'static str>,
) -> Result<(), Fault> {
    let mut scanner = Scanner { line, at: 0 };
    scanner.blanks();
    scanner.expect(b'{', "a record must be an object: `{` expected")?;
    scanner.blanks();
    if scanner.peek() == Some(b'}') {
        scanner.at += 1;
    } else {
        loop {
            scanner.blanks();
            let begin = scanner.at;
            let plain = scanner.text(&mut scratch.name)?;
            let name = plain.unwrap_or(&scratch.name);
            scanner.blanks();
            scanner.expect(b':', "`:` expected")?;
            scanner.blanks();
            let token = scanner.value(&mut scratch.value)?;
            each(name, token).map_err(|what| Fault { byte: begin + 1, what })?;
            scanner.blanks();
            match scanner.peek() {
                Some(b',') => scanner.at += 1,
                Some(b'}') => break scanner.at += 1,
                _ => return Err(scanner.fault("`,` or `}` expected")),
            }
        }
    }
    scanner.blanks();
    if scanner.at < line.len() { Err(scanner.fault("something stands after the object")) } else { Ok(()) }
}

/// Calls `each` with every item of the array `list`; each must be an object.
pub(crate) fn items<'l>(list: &'l [u8], scratch: &mut Scratch, mut each: impl FnMut(&'l [u8])) -> Result<(), Fault> {
    let mut scanner = Scanner { line: list, at: 0 };
    scanner.blanks();
    scanner.expect(b'[', "a list must be an array: `[` expected")?;
    scanner.blanks();
    if scanner.peek() == Some(b']') {
        return Ok(());
    }
    loop {
        scanner.blanks();
        if scanner.peek() != Some(b'{') {
            return Err(scanner.fault("an item must be an object: `{` expected"));
        }
        let begin = scanner.at;
        scanner.skip(&mut scratch.value, 1)?;
        each(scanner.since(begin));
        scanner.blanks();
        match scanner.peek() {
            Some(b',') => scanner.at += 1,
            Some(b']') => return Ok(()),
            _ => return Err(scanner.fault("`,` or `]` expected")),
        }
    }
}

struct Scanner<'l> {
    line: &'l [u8],
    at: usize,
}

impl<'l> Scanner<'l> {
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    fn fault(&self, what: &'static str) -> Fault {
        Fault { byte: self.at + 1, what }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault(what));
        }
        self.at += 1;
        Ok(())
    }

    fn since(&self, begin: usize) -> &'l [u8] {
        self.line.get(begin..self.at).unwrap_or_default()
    }

    fn value<'v>(&mut self, scratch: &'v mut Vec<u8>) -> Result<Token<'v>, Fault>
    where
        'l: 'v,
    {
        let begin = self.at;
        match self.peek() {
            Some(b'"') => Ok(match self.text(scratch)? {
                Some(plain) => Token::Text(plain),
                None => Token::Text(scratch),
            }),
            Some(b'{' | b'[') => {
                self.skip(scratch, 0)?;
                Ok(Token::Nested(self.since(begin)))
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Ok(Token::Number(std::str::from_utf8(self.since(begin)).unwrap_or_default()))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Token<'static>, Fault> {
        for (word, token) in
            [(&b"null"[..], Token::Null), (&b"true"[..], Token::Boolean(true)), (&b"false"[..], Token::Boolean(false))]
        {
            if self.line.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
                self.at += word.len();
                return Ok(token);
            }
        }
        Err(self.fault("a value expected"))
    }

    /// Walks over a value whose content nobody asked for, still refusing what is no JSON.
    fn skip(&mut self, scratch: &mut Vec<u8>, depth: usize) -> Result<(), Fault> {
        if depth > DEEPEST {
            return Err(self.fault("nested deeper than 64 levels"));
        }
        let close = match self.peek() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            _ => return self.value(scratch).map(|_| ()),
        };
        self.at += 1;
        self.blanks();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            if close == b'}' {
                self.text(scratch)?;
                self.blanks();
                self.expect(b':', "`:` expected")?;
                self.blanks();
            }
            self.skip(scratch, depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.fault("`,` or a closing bracket expected")),
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == begin { Err(self.fault("a digit expected")) } else { Ok(()) }
    }

    /// A text: the slice itself where it has no escapes, otherwise none and the text in `out`.
    fn text(&mut self, out: &mut Vec<u8>) -> Result<Option<&'l [u8]>, Fault> {
        self.expect(b'"', "`\"` expected")?;
        let mut begin = self.at;
        let mut escaped = false;
        out.clear();
        loop {
            let rest = self.line.get(self.at..).unwrap_or_default();
            let run = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            self.at += run;
            match self.peek() {
                Some(b'"') => {
                    let last = self.since(begin);
                    self.at += 1;
                    if !escaped {
                        return Ok(Some(last));
                    }
                    out.extend_from_slice(last);
                    return Ok(None);
                }
                Some(b'\\') => {
                    escaped = true;
                    out.extend_from_slice(self.since(begin));
                    self.at += 1;
                    self.escape(out)?;
                    begin = self.at;
                }
                Some(_) => return Err(self.fault("a control character inside a text")),
                None => return Err(self.fault("a text without its closing quote")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let plain = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point(out);
            }
            _ => return Err(self.fault("no such escape")),
        };
        self.at += 1;
        out.push(plain);
        Ok(())
    }

    fn code_point(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut code = self.four_hex()?;
        if (0xd800..0xdc00).contains(&code) && self.line.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u")) {
            let here = self.at;
            self.at += 2;
            let low = self.four_hex()?;
            if (0xdc00..0xe000).contains(&low) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else {
                self.at = here;
            }
        }
        match char::from_u32(code) {
            Some(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            // Half a surrogate pair is no character: bytes that are not UTF-8 either, so that the decoder refuses them.
            None => out.extend([12, 6, 0].map(|shift| {
                let bits = u8::try_from((code >> shift) & 0x3f).unwrap_or(0);
                if shift == 12 { 0xe0 | bits } else { 0x80 | bits }
            })),
        }
        Ok(())
    }

    fn four_hex(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.fault("four hexadecimal digits expected"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use super::*;

    fn read(line: &[u8]) -> Result<Vec<(String, String)>, Fault> {
        let mut out = Vec::new();
        members(line, &mut Scratch::default(), |name, token| {
            let shown = match token {
                Token::Text(text) => format!("{:?}", String::from_utf8(text.to_vec())),
                other => format!("{other:?}"),
            };
            out.push((String::from_utf8(name.to_vec()).unwrap(), shown));
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn members_come_as_they_are_written() {
        let found =
            read(br#" { "a" : "x" , "b\u00e9":"\ud83d\ude00\n", "n":-12.50, "t":true, "z":null, "l":[1,{"q":"]"}] } "#);
        let found: Vec<String> = found.unwrap().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found[0..2], [r#"a=Ok("x")"#, "bé=Ok(\"😀\\n\")"]);
        assert_eq!(found[2..5], ["n=Number(\"-12.50\")", "t=Boolean(true)", "z=Null"]);
        assert!(found[5].starts_with("l=Nested("));
        assert_eq!(read(b"{}").unwrap(), []);
    }

    #[test]
    fn half_a_surrogate_pair_and_raw_bytes_are_not_utf_8() {
        for line in [&br#"{"a":"\ud800"}"#[..], br#"{"a":"\ude00x"}"#, br#"{"a":"\ud800\n"}"#, b"{\"a\":\"\xff\"}"] {
            assert!(read(line).unwrap()[0].1.starts_with("Err"), "{line:?}");
        }
        assert_eq!(read(br#"{"a":"\ud800\u0041"}"#).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_object_is_refused_at_its_byte() {
        let cases: [(&[u8], usize); 12] = [
            (b"[1]", 1),
            (b"", 1),
            (b"{\"a\":1", 7),
            (b"{\"a\":01}", 7),
            (b"{\"a\":1}x", 8),
            (b"{\"a\":\"x", 8),
            (b"{\"a\":\"\t\"}", 7),
            (b"{\"a\":NaN}", 6),
            (b"{\"a\":1,}", 8),
            (b"{'a':1}", 2),
            (b"{\"a\":\"\\x\"}", 8),
            (b"{\"a\":[1,]}", 9),
        ];
        for (line, byte) in cases {
            assert_eq!(read(line).unwrap_err().byte, byte, "{:?}", String::from_utf8_lossy(line));
        }
        let deep = [b"{\"a\":".to_vec(), vec![b'['; 100_000]].concat();
        assert_eq!(read(&deep).unwrap_err().what, "nested deeper than 64 levels");
    }

    proptest::proptest! {
        #[test]
        fn it_reads_what_serde_json_writes(members in proptest::collection::btree_map("\\PC{0,4}|[\u{0}-\u{7f}]{0,3}", ".{0,8}|[\u{0}-\u{7f}]{0,5}", 0..5)) {
            let line = serde_json::to_string(&members).unwrap();
            let found = read(line.as_bytes()).unwrap();
            let expected: Vec<_> = members.into_iter().map(|(name, text)| (name, format!("Ok({text:?})"))).collect();
            proptest::prop_assert_eq!(found, expected);
        }

        #[test]
        fn it_refuses_what_serde_json_refuses(bytes in proptest::collection::vec(proptest::sample::select(b"{}[]:,\"\\u0aeE1-.+ tnfruls".to_vec()), 0..24)) {
            let line = [b"{\"v\":".as_slice(), &bytes, b"}"].concat();
            let ours = read(&line).is_ok();
            // serde_json refuses half a surrogate pair and numbers beyond a double; we leave both to the decoder.
            if serde_json::from_slice::<serde_json::Value>(&line).is_ok_and(|value| value.is_object()) {
                proptest::prop_assert!(ours, "{:?}", String::from_utf8_lossy(&line));
            } else if ours {
                proptest::prop_assert!(String::from_utf8_lossy(&line).contains(['\\', 'e', 'E']), "{:?}", String::from_utf8_lossy(&line));
            }
        }
    }
}
