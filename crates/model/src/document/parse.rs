//! How is YAML turned into plain values with positions, refusing what could surprise?

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Number, Value};

use super::Position;

type Failure = (Position, String);
type Positions = BTreeMap<String, Position>;

const DEEPEST: usize = 64;

pub(super) fn parse(text: &str) -> Result<(Value, Positions), Failure> {
    let mut reader = Reader { parser: Parser::new_from_str(text), positions: Positions::new() };
    let value = reader.document()?;
    Ok((value, reader.positions))
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    positions: Positions,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Position), Failure> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, start(&span))),
            Some(Err(error)) => {
                let at = error.marker();
                Err((Position { line: at.line(), column: at.col() + 1 }, error.info().to_owned()))
            }
            None => Err((Position { line: 1, column: 1 }, "the text ends too early".to_owned())),
        }
    }

    fn document(&mut self) -> Result<Value, Failure> {
        let mut found = None;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => {
                    return found.ok_or((at, "the document is empty".to_owned()));
                }
                _ if found.is_some() => {
                    return Err((at, "one document a file: remove what follows `---`".to_owned()));
                }
                event => found = Some(self.node(event, at, "", 0)?),
            }
        }
    }

    fn node(&mut self, event: Event<'t>, at: Position, path: &str, depth: usize) -> Result<Value, Failure> {
        if depth > DEEPEST {
            return Err((at, format!("nested deeper than {DEEPEST} levels")));
        }
        self.positions.insert(path.to_owned(), at);
        match event {
            Event::Scalar(_, _, anchor, tag) if anchor != 0 || tag.is_some() => Err((at, no_anchors())),
            Event::Scalar(text, ScalarStyle::Plain, _, _) => Ok(plain(&text)),
            Event::Scalar(text, _, _, _) => Ok(Value::String(text.into_owned())),
            Event::SequenceStart(anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err((at, no_anchors()));
                }
                self.sequence(path, depth)
            }
            Event::MappingStart(anchor, tag) => {
                if anchor != 0 || tag.is_some() {
                    return Err((at, no_anchors()));
                }
                self.mapping(path, depth)
            }
            _ => Err((at, no_anchors())),
        }
    }

    fn sequence(&mut self, path: &str, depth: usize) -> Result<Value, Failure> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                (event, at) => {
                    let path = format!("{path}/{}", items.len());
                    items.push(self.node(event, at, &path, depth + 1)?);
                }
            }
        }
    }

    fn mapping(&mut self, path: &str, depth: usize) -> Result<Value, Failure> {
        let mut members = Map::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::Object(members)),
                (Event::Scalar(key, ..), at) if members.contains_key(key.as_ref()) => {
                    return Err((at, format!("`{key}` stands twice here: keep one")));
                }
                (Event::Scalar(key, ..), _) => key.into_owned(),
                (_, at) => return Err((at, "a key must be plain text".to_owned())),
            };
            let (event, at) = self.next()?;
            let value = self.node(event, at, &format!("{path}/{key}"), depth + 1)?;
            members.insert(key, value);
        }
    }
}

fn start(span: &Span) -> Position {
    Position { line: span.start.line(), column: span.start.col() + 1 }
}

fn no_anchors() -> String {
    "anchors, aliases and tags are not allowed: write the value out".to_owned()
}

/// YAML 1.2 core schema, without octal, hexadecimal, infinity and not-a-number.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit()) && !leading_zero;
    if numeric {
        if let Ok(integer) = text.parse::<i64>() {
            return Value::Number(integer.into());
        }
        let dotted = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if let (true, Some(number)) = (dotted, text.parse::<f64>().ok().and_then(Number::from_f64)) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}
