//! How are the benchmark's people written, so that databases load them as fast as they can?

use std::io::{self, Write};

use jiff::civil::Date;

use super::codes::{self, code};
use super::draw::{Draw, Stream};
use super::people::{Household, Person, earlier};

/// Length of the pool of random bytes that templates are cut out of.
pub(super) const POOL: usize = 1 << 18;

/// Where the rows of each table go: CSV for PostgreSQL's `COPY` (no value is an empty field without quotes), text
/// divided by tabs for MariaDB's `LOAD DATA` (no value is `\N`), and the assistance file itself.
pub struct Tables<W> {
    /// Households.
    pub registration_group: W,
    /// People.
    pub individual: W,
    /// Their documents.
    pub document: W,
    /// Their specific needs.
    pub specific_need: W,
    /// Their biometrics, templates in hexadecimal.
    pub biometric_enrolment: W,
    /// What households were given; a CSV file with a header.
    pub assistance: W,
}

/// Writes rows and counts them.
pub(super) struct Writer<'a, W> {
    out: &'a mut Tables<W>,
    line: Vec<u8>,
    pool: String,
    people: u64,
    documents: u64,
    needs: u64,
    enrolments: u64,
    entitlements: u64,
}

/// A value of a row.
enum Cell<'a> {
    Null,
    Plain(&'a dyn std::fmt::Display),
    Text(&'a str),
}
use Cell::{Null, Plain, Text};

impl<'a, W: Write> Writer<'a, W> {
    pub(super) fn new(out: &'a mut Tables<W>, seed: u64) -> io::Result<Self> {
        out.assistance
            .write_all(b"entitlement_id,group_no,cycle,modality,amount,currency,status,delivered_at,remark\n")?;
        let mut draw = Draw::new(seed, Stream::Template, 0);
        let pool = (0..(POOL + 2048) / 8).map(|_| format!("{:016x}", draw.bits())).collect();
        Ok(Self { out, line: Vec::new(), pool, people: 0, documents: 0, needs: 0, enrolments: 0, entitlements: 0 })
    }

    pub(super) fn household(&mut self, of: &Household, focal: &Person, index: u64) -> io::Result<()> {
        let address = format!("Block {}, Shelter {}", of.block, of.shelter);
        let (made, changed) = (format!("{} 08:00:00+00", of.registered), format!("{} 06:00:00+00", of.registered));
        let cash = index.is_multiple_of(3);
        let cells = [
            Plain(&of.id),
            Text(&of.number),
            Plain(&of.registered),
            Plain(&of.size),
            Plain(&focal.id),
            Text(code(codes::CAMPS, of.camp)),
            Text(&address),
            Text(of.status),
            Plain(&cash),
            Text(&made),
            Text(&changed),
        ];
        csv(&mut self.line, &cells)?;
        self.out.registration_group.write_all(&self.line)?;
        for given in &of.assistance {
            self.entitlements += 1;
            let cycle = format!("2026-{:02}", given.month);
            let amount = format!("{}.{:02}", given.cents / 100, given.cents % 100);
            let delivered = format!("{cycle}-05 09:00:00");
            let remark = format!("Voucher, batch \"{}\"", self.entitlements % 97);
            let cells = [
                Plain(&self.entitlements),
                Text(&of.number),
                Text(&cycle),
                Text(given.modality),
                Text(&amount),
                Text(given.currency),
                Text(given.status),
                Text(&delivered),
                Text(&remark),
            ];
            csv(&mut self.line, &cells)?;
            self.out.assistance.write_all(&self.line)?;
        }
        Ok(())
    }

    pub(super) fn person(&mut self, of: &Person, household: &Household) -> io::Result<()> {
        self.people += 1;
        self.individual(of, household)?;
        for document in &of.documents {
            self.documents += 1;
            let expires = document.issued.saturating_add(jiff::Span::new().days(1826));
            let cells = [
                Plain(&self.documents),
                Plain(&of.id),
                Text(document.kind),
                Text(&document.number),
                Plain(&document.issued),
                Plain(&expires),
                Text(code(codes::COUNTRIES, document.country)),
                Text(["V", "E", "L"].get((self.documents % 11 / 9) as usize).unwrap_or(&"V")),
            ];
            csv(&mut self.line, &cells)?;
            self.out.document.write_all(&self.line)?;
        }
        for need in &of.needs {
            self.needs += 1;
            let (recorded, closed) = (earlier(household.registered, -7), self.needs.is_multiple_of(5));
            let officer = format!("officer {}", self.needs % 200);
            let severity = ["L", "M", "H"].get((self.needs % 3) as usize).unwrap_or(&"L");
            let cells = [
                Plain(&self.needs),
                Plain(&of.id),
                Text(need),
                Text(severity),
                Plain(&recorded),
                Plain(&closed),
                Text(&officer),
            ];
            csv(&mut self.line, &cells)?;
            self.out.specific_need.write_all(&self.line)?;
        }
        self.enrolments(of)
    }

    fn individual(&mut self, of: &Person, household: &Household) -> io::Result<()> {
        let number = format!("KEN-{:08}", self.people);
        let draw = &mut Draw::new(of.rest, Stream::Person, 0);
        let (mother, father) = (super::names::given(draw), super::names::given(draw));
        let (mother, father) = (format!("{mother} {}", super::names::family(draw)), format!("{father} {}", of.family));
        let birthplace = if draw.chance(20) { codes::drawn(draw, codes::COUNTRIES) } else { household.origin };
        let town = format!("Town {}", draw.below(500));
        let (ethnicity, education) = (format!("ET{:03}", draw.below(60)), format!("{:02}", draw.below(13)));
        let occupation = (1000 + draw.below(100)).to_string();
        let (religion, language) = (draw.pick(codes::RELIGIONS), draw.pick(codes::LANGUAGES));
        let registered: Date = household.registered;
        let (decided, fled) = (earlier(registered, -draw.days(200)), earlier(household.arrived, draw.days(60)));
        let email = draw.chance(5).then(|| format!("invented{}@example.org", draw.below(1_000_000)));
        let county = household.camp.to_string();
        let (block, shelter) = (format!("Block {}", household.block), format!("Shelter {}", household.shelter));
        let photo = format!("photo/{:016x}.jpg", draw.bits());
        let (made, changed) =
            (format!("{registered} 09:00:00+00"), format!("{registered} 1{}:30:00+00", draw.below(10)));
        let note = draw.chance(10).then(|| format!("Invented note {}, \"see file\";\nfollow up", draw.below(50)));
        let (literate, legacy) = (draw.chance(55), draw.below(1000));
        let cells = [
            Plain(&of.id),
            Text(&number),
            Plain(&household.id),
            Text(code(codes::RELATIONSHIP, of.relationship)),
            Text(["A", "A", "A", "I", "H"].get(draw.below(5) as usize).unwrap_or(&"A")),
            Text(&of.given),
            optional(&of.other),
            Text(&of.family),
            of.local.map_or(Null, Text),
            Text(&mother),
            Text(&father),
            Text(code(codes::SEX, of.sex)),
            of.born.as_ref().map_or(Null, |born| Plain(born)),
            Plain(&of.estimated),
            Text(code(codes::COUNTRIES, household.origin)),
            Text(code(codes::COUNTRIES, birthplace)),
            Text(&town),
            Text(code(codes::COUNTRIES, of.nationality)),
            Text(&ethnicity),
            Text(religion),
            Text(language),
            Text(code(codes::MARITAL, of.marital)),
            Text(&education),
            Text(&occupation),
            Text(code(codes::LEGAL, of.legal)),
            Plain(&decided),
            Plain(&household.arrived),
            Plain(&registered),
            Plain(&fled),
            optional(&of.phone),
            optional(&email),
            Text(code(codes::CAMPS, household.camp)),
            Text(&county),
            Text(&block),
            Text(&shelter),
            Plain(&literate),
            Text(&photo),
            Plain(&of.consents),
            Text(&made),
            Text(&changed),
            optional(&note),
            Plain(&legacy),
        ];
        csv(&mut self.line, &cells)?;
        self.out.individual.write_all(&self.line)
    }

    fn enrolments(&mut self, of: &Person) -> io::Result<()> {
        for enrolled in &of.enrolments {
            self.enrolments += 1;
            let captured = jiff::civil::date(2021, 6, 1)
                .at(0, 0, 0, 0)
                .saturating_add(jiff::Span::new().seconds(i64::from(enrolled.second)));
            let template = enrolled.template.and_then(|(length, at)| self.pool.get(2 * at..2 * (at + length)));
            self.line.clear();
            writeln!(
                self.line,
                "{}\t{}\t{}\t{}\t{}\t{}\tDEV{:04}\t{}",
                self.enrolments,
                of.id,
                enrolled.modality,
                enrolled.position,
                enrolled.quality,
                captured.strftime("%Y-%m-%d %H:%M:%S"),
                enrolled.second % 300,
                template.unwrap_or("\\N"),
            )?;
            self.out.biometric_enrolment.write_all(&self.line)?;
        }
        Ok(())
    }
}

/// A text that may be missing.
fn optional(text: &Option<String>) -> Cell<'_> {
    text.as_deref().map_or(Null, Text)
}

/// A line of CSV; texts are quoted where they must be.
fn csv(line: &mut Vec<u8>, cells: &[Cell<'_>]) -> io::Result<()> {
    line.clear();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(b',');
        }
        match cell {
            Null => {}
            Plain(value) => write!(line, "{value}")?,
            Text(text) if text.contains(['"', ',', '\n', '\r']) => write!(line, "\"{}\"", text.replace('"', "\"\""))?,
            Text(text) => line.extend_from_slice(text.as_bytes()),
        }
    }
    line.push(b'\n');
    Ok(())
}
