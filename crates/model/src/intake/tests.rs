//! Does every state take exactly the events that it should, and is a file refused from the share on that its exchange names?

use super::*;
use crate::states::table;

#[test]
fn the_whole_table_is_as_reviewed() {
    let table =
        table(&Intake::samples(), &Event::samples(), Intake::name, Event::name, |state, event| state.apply(event).ok());
    assert_eq!(
        table.lines(),
        "received: open → opened, reject → rejected, cancel → cancelled, undo → undoing\n\
         opened: validate → validated, reject → rejected, cancel → cancelled, undo → undoing\n\
         validated: reject → rejected, begin → applying, cancel → cancelled, undo → undoing\n\
         awaiting-review: begin → applying, leave-out → awaiting-review, undo → undoing\n\
         applying: begin → applying, wait → awaiting-review, apply → applied, leave-out → applying, undo → undoing\n\
         applied: acknowledge → acknowledged, undo → undoing, retry → received\n\
         acknowledged: undo → undoing, retry → received\n\
         rejected: undo → undoing, retry → received\n\
         cancelled: undo → undoing\n\
         undoing: put-back → undone\n\
         undone: retry → received\n"
    );
}

#[test]
fn work_is_left_wherever_nobody_is_waited_for() {
    let unfinished: Vec<&str> =
        Intake::samples().iter().filter(|state| state.is_unfinished()).map(Intake::name).collect();
    assert_eq!(unfinished, ["received", "opened", "validated", "applying", "applied", "undoing"]);
}

#[test]
fn a_file_is_refused_above_its_share_and_not_at_it() {
    let counts = |records, quarantined| Counts { records, quarantined, ..Counts::default() };
    assert!(!counts(100, 5).refuses(5));
    assert!(counts(100, 6).refuses(5));
    assert!(!counts(0, 0).refuses(0));
    assert!(counts(1, 1).refuses(99));
    assert!(!counts(1, 1).refuses(100));
}
