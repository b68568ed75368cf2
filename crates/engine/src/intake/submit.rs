//! How do records come in that a partner's program sends as JSON? Each becomes a line, and all together one intake, sealed to the
//! operation before anything of it is written.

use causeway_model::inbound::Inbound;
use causeway_model::json::strict;
use causeway_model::permission::Action;
use causeway_store::change::Way;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{Body, Incoming, Received, receive};
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// No record is longer: whoever reads it takes no longer line.
const LINE: usize = 1 << 20;

/// A partner's program that sends records.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'s> {
    /// The program, by its name; it acts as `client/NAME`.
    pub client: &'s str,
    /// For which exchange.
    pub exchange: &'s str,
    /// By what a repetition is told: it finds its own intake, and other records under it are refused.
    pub key: &'s str,
}

/// Takes in `{"records": [{…}, …]}`. What is kept of each record is what came, letter for letter: no number is read and written anew.
///
/// Whether the exchange is the partner's own, and the token for it, was asked before; here it is asked whether the program may send.
///
/// # Errors
/// [`EngineError::Wrong`] where it is no such JSON, has no record or more than the exchange takes, or the exchange does not collect by
/// `api`; [`causeway_store::StoreError::Taken`] where other records came under this key.
pub async fn submit_json(house: &House, sender: Sender<'_>, body: &[u8]) -> Result<Received, EngineError> {
    let inbound = permitted(house, sender).await?;
    let lines = tokio::task::block_in_place(|| lines_of(body, inbound.limits.records))?;
    submit(house, sender, &lines).await
}

/// The same for records that are lines already, each a JSON object without an end of a line in it.
///
/// # Errors
/// As of [`submit_json`].
pub(crate) async fn submit_lines(
    house: &House,
    sender: Sender<'_>,
    records: &[Zeroizing<String>],
) -> Result<Received, EngineError> {
    let inbound = permitted(house, sender).await?;
    demand_some(records.len(), inbound.limits.records)?;
    let mut lines = Zeroizing::new(Vec::new());
    for (at, record) in records.iter().enumerate() {
        demand_short(at, record.len())?;
        lines.extend_from_slice(record.as_bytes());
        lines.push(b'\n');
    }
    submit(house, sender, &lines).await
}

async fn permitted(house: &House, sender: Sender<'_>) -> Result<Inbound, EngineError> {
    let inbound = house.inbound(sender.exchange).await?;
    let partner = house.terms(&inbound.arrangement).await?.value.partner;
    house.permit(&actor(sender), Action::SubmitRecords, &house.of_both(sender.exchange, &partner)).await?;
    Ok(inbound)
}

async fn submit(house: &House, sender: Sender<'_>, lines: &[u8]) -> Result<Received, EngineError> {
    let digest = sha256_hex(&format!("{}:{};{}", sender.client.len(), sender.client, sender.key));
    let incoming = Incoming {
        exchange: sender.exchange,
        way: Way::Api,
        client: Some(sender.client),
        body: Body::Bytes(lines),
        id: Some(format!("in-{}", digest.get(..20).unwrap_or(&digest))),
    };
    receive(house, &actor(sender), incoming).await
}

fn actor(sender: Sender<'_>) -> String {
    format!("client/{}", sender.client)
}

/// The records of a body, each a line.
fn lines_of(body: &[u8], most: u32) -> Result<Zeroizing<Vec<u8>>, EngineError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked<'a> {
        #[serde(borrow)]
        records: Vec<&'a RawValue>,
    }
    let read = strict(body).map_err(|error| EngineError::Wrong(error.to_string()))?;
    match read.get("records").and_then(Value::as_array).filter(|_| read.is_object()) {
        Some(records) => demand_objects(records, most)?,
        None => return Err(unreadable()),
    }
    let asked: Asked<'_> = serde_json::from_slice(body).map_err(|_| unreadable())?;
    let mut lines = Zeroizing::new(Vec::with_capacity(body.len()));
    for (at, record) in asked.records.iter().enumerate() {
        demand_short(at, record.get().len())?;
        // Between values only: within a text an end of a line is written as an escape.
        lines.extend(record.get().bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        lines.push(b'\n');
    }
    Ok(lines)
}

fn unreadable() -> EngineError {
    EngineError::Wrong("send `{\"records\": [{…}, …]}` and nothing besides".to_owned())
}

fn demand_some(came: usize, most: u32) -> Result<(), EngineError> {
    if came == 0 {
        return Err(EngineError::Wrong("there is no record in it: send at least one".to_owned()));
    }
    if came > most as usize {
        return Err(EngineError::Wrong(format!("it has {came} records, and its exchange takes {most} at once")));
    }
    Ok(())
}

fn demand_objects(records: &[Value], most: u32) -> Result<(), EngineError> {
    demand_some(records.len(), most)?;
    match records.iter().position(|record| !record.is_object()) {
        Some(at) => Err(EngineError::Wrong(format!("record {} is no object", at + 1))),
        None => Ok(()),
    }
}

fn demand_short(at: usize, length: usize) -> Result<(), EngineError> {
    if length <= LINE {
        return Ok(());
    }
    Err(EngineError::Wrong(format!("record {} is longer than 1 MiB", at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(body: &str) -> Result<String, String> {
        let read = lines_of(body.as_bytes(), 3).map(|lines| String::from_utf8(lines.to_vec()).unwrap());
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn every_record_is_a_line_letter_for_letter() {
        let body = "{\"records\": [ {\"a\" :\n 12345678901234567890.10,\r\n \"b\": \"x\\ny\"},{}] }";
        assert_eq!(lines(body).unwrap(), "{\"a\" :  12345678901234567890.10,   \"b\": \"x\\ny\"}\n{}\n");
    }

    #[test]
    fn what_is_no_list_of_records_is_refused_and_not_quoted() {
        for (body, said) in [
            ("", "it is no JSON"),
            ("[[{}]]", "send `"),
            (r#"{"records":[{"a":"Amina","a":1}]}"#, "a name stands twice"),
            (r#"{"records":[{"a":1}],"Amina":1}"#, "send `"),
            (r#"{"records":{"a":"Amina"}}"#, "send `"),
            (r#"{"records":[]}"#, "no record"),
            (r#"{"records":[{},"Amina"]}"#, "record 2 is no object"),
            (r#"{"records":[{},{},{},{}]}"#, "takes 3 at once"),
            (&format!(r#"{{"records":[{}1{}]}}"#, "[".repeat(20), "]".repeat(20)), "nested deeper"),
            (&format!(r#"{{"records":[{{"a":"{}"}}]}}"#, "x".repeat(LINE)), "longer than 1 MiB"),
        ] {
            let error = lines(body).unwrap_err();
            assert!(error.contains(said) && !error.contains("Amina"), "{said}: {error}");
        }
        assert!(lines_of(b"{\"records\":[{\"a\":\"\xff\"}]}", 3).is_err());
    }
}
