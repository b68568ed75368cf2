//! How are questions about one person each answered, so many together as wait?
//!
//! INVARIANT (told is written first): a round is read, walked and recorded, with a signed checkpoint over it, before any of it is answered.
//!
//! INVARIANT (one no): not there, ambiguous, outside the population, withheld: the same statements are asked of the sources, for as many
//! keys, and the same is written; the answer is the same. A record that refuses the walk is a no as well: a refusal would tell that it is
//! there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use causeway_flow::aggregate::{Only, aggregate_only};
use causeway_flow::disclose::{Disclosed, Question, disclose, find};
use causeway_flow::enforce::{Reporter, enforce_answer};
use causeway_flow::source::{Extract, KeyList, KeyValue, Source, Watch, extract};
use causeway_flow::transform::transform;
use causeway_flow::{FlowError, Personal};
use causeway_model::exchange::{Answering, LookUp, Told};
use causeway_model::{Code, ElementRef, Form, ValueType, Violation};
use causeway_package::disclosure::EntityPseudonyms;
use causeway_store::change::{LOOKED_UP, RoundOf, RoundOutcome, RoundQuestion, TellRound, Unanswered};
use causeway_store::{Changed, StoreError};
use jiff::ToSpan;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::in_time;
use super::ready::{Ready, no_key, not_shown};
use super::segment::seal_round;
use super::{Asker, LONGEST};
use crate::drive::heed::is_overtaken;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};
use crate::query::content;

/// For how long what was judged is gone by; what is told demands it again in any case. Where nothing but questions stands in the ledger since,
/// it is gone by for longer: days and windows of caps move on.
const FRESH: Duration = Duration::from_secs(1);
const STANDS: Duration = Duration::from_secs(20);

/// How often a round is made anew whose ground changed.
const ANEW: u32 = 20;

/// What one question comes to.
#[derive(Clone, Debug)]
pub enum Looked {
    /// No, whyever.
    No,
    /// There is a match; with what is told of it, where anything is.
    Found(Option<Personal<String>>),
    /// The client asked as often as it may; for so many seconds.
    TooOften(u32),
    /// The client seems to be guessing, and asks no more until somebody lifts it.
    Held,
    /// The client was revoked, or its token or the key that its answer would be sealed to has ended.
    NobodyKnown,
    /// There is no such exchange, for whoever asks.
    NotThere,
    /// Nothing is told at all, or not of this question.
    NotShown(Vec<Violation>),
    /// Something failed here; nobody was told anything.
    Failed(String),
}

/// One question that waits.
pub struct Waiting {
    /// The client, as the ledger names it.
    pub client: String,
    /// SHA-256 of the token that it came with.
    pub token: String,
    /// What is asked by.
    pub given: BTreeMap<String, Value>,
    /// The thumbprint of the key that the answer is sealed to.
    pub sealed_to: Option<String>,
    /// Until when it is answered, or not at all.
    pub until: Instant,
}

/// One that waits, by its place, with its question.
type Asking<'w> = (usize, &'w Waiting, Question);

impl From<Unanswered> for Looked {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::TooOften(seconds) => Self::TooOften(seconds),
            Unanswered::Held => Self::Held,
            Unanswered::Unknown => Self::NobodyKnown,
        }
    }
}

/// What was judged, and when it was looked at last.
struct Judged {
    since: Instant,
    looked_at: Instant,
    ready: Ready,
}

/// What is held between two rounds of an exchange.
pub struct Looker {
    exchange: String,
    partner: String,
    ready: Option<Judged>,
    sources: Vec<Box<dyn Source>>,
    /// Version of the catalogue that the sources were opened by.
    opened: Option<u32>,
}

impl Looker {
    /// Nothing yet of an exchange, for a partner.
    #[must_use]
    pub fn new(exchange: &str, partner: &str) -> Self {
        let (exchange, partner) = (exchange.to_owned(), partner.to_owned());
        Self { exchange, partner, ready: None, sources: Vec::new(), opened: None }
    }

    /// How answers are protected, as it was last judged.
    #[must_use]
    pub fn answering(&self) -> Answering {
        self.ready.as_ref().map_or(Answering::Sealed, |judged| judged.ready.online.answer)
    }

    /// Answers questions, in the order given. Blocks the thread that it runs on; `runtime` carries what the store is asked.
    pub fn round(
        &mut self,
        house: &House,
        connectors: &dyn Connectors,
        runtime: &tokio::runtime::Handle,
        waiting: &[Waiting],
    ) -> Vec<Looked> {
        let mut said: Vec<Option<Looked>> = waiting.iter().map(|_| None).collect();
        let mut anew = 0;
        // Each time some are answered, or it is made anew.
        while anew < ANEW {
            let left: Vec<usize> = (0..waiting.len()).filter(|at| said.get(*at).is_some_and(Option::is_none)).collect();
            if left.is_empty() {
                break;
            }
            match self.once(house, connectors, runtime, waiting, &left, &mut said) {
                Ok(0) => anew += 1,
                Ok(_) => {}
                Err(EngineError::Store(error @ StoreError::ChangedMeanwhile { .. })) => {
                    anew += 1;
                    self.ready = None;
                    if is_overtaken(&error) {
                        // Somebody's decision is being recorded.
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
                Err(error) => {
                    self.ready = None;
                    self.opened = None;
                    let why = match error {
                        EngineError::NotShown { violations, .. } => Looked::NotShown(violations),
                        EngineError::Unknown { .. } => Looked::NotThere,
                        EngineError::Store(StoreError::Denied { source, .. }) => Looked::NotShown(source.violations),
                        error => Looked::Failed(error.to_string()),
                    };
                    said.iter_mut().filter(|one| one.is_none()).for_each(|one| *one = Some(why.clone()));
                }
            }
        }
        let late = || Looked::Failed("the ground of the question kept changing".to_owned());
        said.into_iter().map(|one| one.unwrap_or_else(late)).collect()
    }

    fn once(
        &mut self,
        house: &House,
        connectors: &dyn Connectors,
        runtime: &tokio::runtime::Handle,
        waiting: &[Waiting],
        left: &[usize],
        said: &mut [Option<Looked>],
    ) -> Result<usize, EngineError> {
        self.freshen(house, connectors, runtime)?;
        let Self { exchange, ready: Some(Judged { ready, .. }), sources, .. } = self else { return Ok(0) };
        let lost = |violation: Violation| not_shown(exchange, vec![violation]);
        let nobody = || {
            Violation::new(Code::NotCovered, exchange.as_str(), "nobody is asked for one by one under this exchange")
        };
        let look_up = ready.online.look_up.as_ref().ok_or_else(|| lost(nobody()))?;
        let root = ready.catalogue.entity(&ready.exchange.root).ok_or_else(|| lost(nobody()))?;
        let mut answered = 0;
        let mut put = |at: usize, looked: Looked| {
            if let Some(place) = said.get_mut(at) {
                answered += 1;
                *place = Some(looked);
            }
        };
        let mut asked = Vec::new();
        for at in left {
            let Some(one) = waiting.get(*at) else { continue };
            if let Err(violation) = judge(ready, one, exchange) {
                put(*at, Looked::NotShown(vec![violation]));
                continue;
            }
            match Question::read(root, look_up, &one.given) {
                Ok(question) => asked.push((*at, one, question)),
                Err(violation) => put(*at, Looked::NotShown(vec![violation])),
            }
        }
        // What differs by client is decided before anything is read.
        for of in of(house, exchange, look_up, &asked) {
            if let Some(why) = runtime.block_on(house.store.may_not_ask(exchange, &of, house.now()))? {
                let (those, others) = asked.into_iter().partition(|(_, one, _)| one.client == of.client);
                let those: Vec<Asking<'_>> = those;
                those.iter().for_each(|(at, ..)| put(*at, Looked::from(why)));
                asked = others;
            }
        }
        // The caps hold whatever is found: no more are asked about together than may be told about.
        asked.truncate(usize::try_from(ready.left).unwrap_or(usize::MAX));
        if asked.is_empty() {
            return Ok(answered);
        }
        let questions: Vec<&Question> = asked.iter().map(|(.., question)| question).collect();
        let until = asked.iter().map(|(_, one, _)| one.until).min().unwrap_or_else(Instant::now);
        let walked = walk(house, ready, look_up, sources, &questions, Watch::until(until));
        in_time::demand(until, exchange).map_err(lost)?;
        let (found, told, refused) = walked.map_err(|error| not_shown(exchange, error.violations()))?;
        let records: HashMap<Vec<u8>, (&Disclosed, usize)> = told
            .iter()
            .flat_map(|told| told.people_by_record().enumerate().map(move |(at, keys)| (keys.concat(), (told, at))))
            .collect();
        let subject = ready.catalogue.subject().map_or("", |people| &people.name);
        let pseudonyms = house.keys.disclosure().of(subject);
        let (mut looked, mut people) = (Vec::new(), Vec::new());
        for key in &found {
            let key = key.as_ref().map(text);
            let record = key.as_ref().and_then(|key| records.get(key.as_slice()));
            // What is too long to be sent is not told, and recorded so.
            let record = record.filter(|(told, at)| length(told, *at) <= LONGEST);
            people.extend(key.as_ref().map(|key| (pseudonyms.pseudonym(key), record.is_some())));
            looked.push(match record {
                None => Looked::No,
                Some((told, record)) => Looked::Found(match look_up.answer {
                    Told::Match => None,
                    Told::Elements => Some(Personal::new(row(told, *record))),
                }),
            });
        }
        let change = TellRound {
            judged: ready.judged(house),
            exchange: exchange.clone(),
            purge_by: house.today().saturating_add(i64::from(ready.standing.terms.retention_days).days()),
            content: content(&ready.exchange, &ready.catalogue, 0, confirmed(ready, look_up, told.as_ref())),
            of: of(house, exchange, look_up, &asked),
            told: looked.iter().filter(|one| matches!(one, Looked::Found(_))).count() as u64,
            people: seal_round(house, &people)?,
        };
        let clients: BTreeMap<&str, usize> =
            change.of.iter().map(|of| (of.client.as_str(), of.questions.len())).collect();
        let body = json!({
            "exchange_version": ready.exchange.version, "arrangement": ready.standing.terms.arrangement,
            "arrangement_version": ready.standing.terms.version, "arrangement_sha256": ready.standing.digest,
            "asked": asked.len(), "told": change.told, "clients": clients, "refused": refused,
        });
        let (told_of, mut is_used_up) = (change.told, false);
        let event = audit(crate::drive::WORKER, LOOKED_UP, exchange, body);
        let recorded =
            runtime.block_on(house.store.tell_round(Changed::new(change, event), house.stamp(), &house.keys.ledger))?;
        // CRASH: recorded, and nobody was answered: whoever asks again is recorded again.
        (house.surroundings.probe)("round-recorded");
        match recorded {
            RoundOutcome::Recorded(held) => {
                ready.left = ready.left.saturating_sub(told_of);
                is_used_up = ready.left == 0;
                for ((at, one, _), looked) in asked.into_iter().zip(looked) {
                    put(at, if held.contains(&one.client) { Looked::Held } else { looked });
                }
            }
            RoundOutcome::Without(over) => {
                for (client, why) in over {
                    let those = asked.iter().filter(|(_, one, _)| one.client == client);
                    those.for_each(|(at, ..)| put(*at, Looked::from(why)));
                }
            }
        }
        if is_used_up {
            self.ready = None;
        }
        Ok(answered)
    }

    /// Judges anew what was judged too long ago, and opens the sources where the catalogue is another.
    fn freshen(
        &mut self,
        house: &House,
        connectors: &dyn Connectors,
        runtime: &tokio::runtime::Handle,
    ) -> Result<(), EngineError> {
        let mut stands = false;
        if let Some(judged) = &mut self.ready {
            stands = judged.looked_at.elapsed() < FRESH;
            if !stands && judged.since.elapsed() < STANDS {
                judged.looked_at = Instant::now();
                stands = runtime.block_on(judged.ready.still_stands(house))?;
            }
        }
        if !stands {
            self.ready = None;
            let (asker, since) = (Asker { name: "", partner: &self.partner, key: None }, Instant::now());
            let ready = runtime.block_on(Ready::load(house, &asker, &self.exchange))?;
            self.ready = Some(Judged { since, looked_at: since, ready });
        }
        let Some(Judged { ready, .. }) = &self.ready else { return Ok(()) };
        if self.opened != Some(ready.catalogue.version) {
            self.sources.clear();
            for source in &ready.catalogue.sources {
                let opened = connectors.open(source, &house.home.sources());
                let opened = opened.map_err(|error| not_shown(&self.exchange, vec![error.into()]))?;
                self.sources.push(opened.held().unwrap_or(opened));
            }
            self.opened = Some(ready.catalogue.version);
        }
        Ok(())
    }
}

/// The records that were found; what may be told of them; or what refused that.
type Walked = (Vec<Option<KeyValue>>, Option<Disclosed>, Vec<Violation>);

/// Finds the records, and walks those that were found, and as many others that nobody has, to what may be told.
fn walk(
    house: &House,
    ready: &Ready,
    look_up: &LookUp,
    sources: &[Box<dyn Source>],
    questions: &[&Question],
    watch: Watch,
) -> Result<Walked, FlowError> {
    let plan = &ready.plan;
    let mut extract: Extract = extract(plan, sources, &|| house.now(), &watch)?;
    let memory = house.memory(house.home.staging());
    let found = find(&mut extract, plan, look_up, questions, &memory)?;
    let root = ready.catalogue.entity(&ready.exchange.root);
    let key = root.and_then(|root| root.key.first()).cloned().unwrap_or_default();
    let is_number =
        root.and_then(|root| root.element(&key)).is_some_and(|element| element.value_type == ValueType::Integer);
    let keys = found.iter().map(|key| key.clone().unwrap_or_else(|| of_nobody(house, is_number))).collect::<Vec<_>>();
    let only = Only::of(vec![KeyList { column: key, values: keys.into() }]);
    let register = ready.heeded.register(house);
    let bundle = aggregate_only(&mut extract, plan, Reporter::default(), register, &memory, &only);
    // Each answer has one record at most; a round has as many as there are questions.
    let most = questions.len() as u64;
    let told = bundle.and_then(|bundle| {
        let cleared = enforce_answer(transform(bundle, plan), plan, most, watch);
        disclose(cleared, plan, ready.exchange.format, &ready.online)
    });
    match told {
        Ok(told) => Ok((found, Some(told), Vec::new())),
        // A source that cannot be read refuses whatever is asked.
        Err(error @ FlowError::Source(_)) => Err(error),
        Err(error) => Ok((found, None, error.violations())),
    }
}

/// A key that no record has: 122 random bits in the form of a UUID, or a number far below all.
fn of_nobody(house: &House, is_number: bool) -> KeyValue {
    let random = house.random();
    if is_number {
        let some = random.first_chunk::<4>().copied().map_or(0, u32::from_be_bytes);
        return KeyValue::Integer(Personal::new(i64::MIN + i64::from(some)));
    }
    let mut digits = hex::encode(random.get(..16).unwrap_or_default());
    for at in [8, 13, 18, 23] {
        digits.insert(at, '-');
    }
    KeyValue::Text(Personal::new(digits))
}

fn text(key: &KeyValue) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(match key {
        KeyValue::Text(text) => text.expose().as_bytes().to_vec(),
        KeyValue::Integer(number) => number.expose().to_string().into_bytes(),
    })
}

/// What is told of a record, as JSON: one row, or the rows on which it is laid.
fn row(told: &Disclosed, record: usize) -> String {
    let rows: Vec<_> = told.of_record(record).map(|row| String::from_utf8_lossy(told.row(row)).into_owned()).collect();
    match rows.as_slice() {
        [only] => only.clone(),
        several => format!("[{}]", several.join(",")),
    }
}

/// Refuses a question that nobody could be answered any more, or whose answer has no key to be sealed to.
fn judge(ready: &Ready, one: &Waiting, exchange: &str) -> Result<(), Violation> {
    if ready.online.answer == Answering::Sealed && one.sealed_to.is_none() {
        return Err(no_key(&one.client));
    }
    in_time::demand(one.until, exchange)
}

fn length(told: &Disclosed, record: usize) -> usize {
    told.of_record(record).map(|row| told.row(row).len()).sum()
}

/// What a partner learns of somebody who is found: what is told, and that what was asked by is so.
fn confirmed(ready: &Ready, look_up: &LookUp, told: Option<&Disclosed>) -> BTreeSet<(ElementRef, Form)> {
    let asked = look_up.by.iter().flat_map(causeway_model::exchange::Asked::elements);
    let asked = asked.map(|name| (ElementRef::new(&ready.exchange.root, name), Form::Raw));
    match look_up.answer {
        Told::Match => asked.collect(),
        Told::Elements => asked.chain(told.into_iter().flat_map(|told| told.elements.iter().cloned())).collect(),
    }
}

/// Questions by client, as far as they are remembered.
fn of(house: &House, exchange: &str, look_up: &LookUp, asked: &[Asking<'_>]) -> Vec<RoundOf> {
    let digests = house.keys.disclosure().of("look-up questions");
    let mut of: BTreeMap<&str, RoundOf> = BTreeMap::new();
    for (_, one, question) in asked {
        let of = of.entry(&one.client).or_insert_with(|| RoundOf {
            client: one.client.clone(),
            most: (look_up.hourly, look_up.daily),
            questions: Vec::new(),
            tokens: BTreeSet::new(),
            sealed_to: BTreeSet::new(),
        });
        of.questions.push(remembered(&digests, exchange, look_up, question));
        of.tokens.insert(one.token.clone());
        of.sealed_to.extend(one.sealed_to.clone());
    }
    of.into_values().collect()
}

/// A question as digests: of all of it, and of it without each element; of one that gives one element alone, without its end.
fn remembered(digests: &EntityPseudonyms, exchange: &str, look_up: &LookUp, question: &Question) -> RoundQuestion {
    let given: Vec<Zeroizing<Vec<u8>>> = question.given().map(|given| Zeroizing::new(given.expose().clone())).collect();
    let most = look_up.by.get(question.set()).map_or(0, |asked| look_up.similar_most(asked));
    let digest = |without: Option<usize>, cut: usize| {
        let mut bytes = Zeroizing::new(format!("{exchange}\0{}\0{without:?}\0{cut}\0", question.set()).into_bytes());
        for (at, value) in given.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
            let value = value.get(..value.len().saturating_sub(cut)).unwrap_or_default();
            bytes.extend_from_slice(&(at as u32).to_be_bytes());
            bytes.extend_from_slice(&(value.len() as u32).to_be_bytes());
            bytes.extend_from_slice(value);
        }
        hex::encode(digests.pseudonym(&bytes))
    };
    let near = match given.len() {
        1 => vec![(digest(None, 2), most)],
        elements => (0..elements).map(|at| (digest(Some(at), 0), most)).collect(),
    };
    RoundQuestion { question: digest(None, 0), near }
}
