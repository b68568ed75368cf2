//! Is nothing drafted before every point of the checklist is met?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::arrangement::catalogue;
use crate::document::Document;
use crate::states::table;

fn enquiry(element: &str, hosting: &str) -> Enquiry {
    let text = format!(
        "organisation: Ministry of Invention\njurisdiction: KEN\nhosting_country: {hosting}\npurpose: school places\n\
         elements: [ {{ element: {element}, form: raw, necessity: to plan places }} ]\npeople: children in the camps\n\
         countries_of_origin: [ SOM ]\n"
    );
    Document::parse("e.yaml", &text).unwrap().read().unwrap()
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply(event).ok();
    let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    assert_eq!(
        table.lines(),
        "received: assess → feasible, decline → declined, withdraw → withdrawn\n\
         feasible: assess → feasible, draft → drafted, decline → declined, withdraw → withdrawn\n\
         drafted: \ndeclined: \nwithdrawn: \n"
    );
}

#[test]
fn what_the_machine_knows_is_answered_at_once() {
    assert_eq!(enquiry("person.id", "KEN").known_obstacles(&catalogue()), Checklist::new());
    let found = enquiry("person.religion", "SOM").known_obstacles(&catalogue());
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [Point::DataHeld, Point::NoCountryOfOrigin]);
    assert!(found.values().all(|answer| !answer.met));
}

#[test]
fn a_text_agrees_no_more_than_what_was_assessed() {
    let asked = enquiry("person.id", "KEN");
    assert!(asked.check().is_empty());
    assert_eq!(Enquiry { people: " ".into(), hosting_country: "INT".into(), ..asked.clone() }.check().len(), 2);
    let sample = crate::arrangement::sample();
    assert_eq!(asked.not_assessed(&sample), []);
    let beyond = enquiry("person.religion", "KEN").not_assessed(&sample);
    assert_eq!(
        beyond.iter().map(|one| (one.code, one.subject.as_str())).collect::<Vec<_>>(),
        [(Code::FeasibilityOpen, "person.id")]
    );
}

#[test]
fn one_open_point_keeps_it_from_being_feasible() {
    let Some(Event::Assess { checklist, by }) = Event::samples().into_iter().next() else { return };
    for point in Point::ALL {
        let mut open = checklist.clone();
        open.remove(point);
        let mut unmet = checklist.clone();
        unmet.insert(*point, Answer { met: false, note: "no basis was found".into() });
        let mut silent = checklist.clone();
        silent.insert(*point, Answer { met: true, note: String::new() });
        for checklist in [open, unmet, silent] {
            let refused = State::Received.apply(Event::Assess { checklist, by: by.clone() }).unwrap_err();
            assert_eq!(refused.codes(), [Code::FeasibilityOpen], "{point}");
        }
    }
}
