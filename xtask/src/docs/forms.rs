//! In which forms may an element leave, and which discloses no more than which?

use std::fmt::Write;

use causeway_model::Form;

use super::head;

/// `docs/reference/forms.md`: each form with the forms under whose agreement it may leave too.
pub fn page() -> String {
    let mut page = head("Forms", "`crates/model/src/form.rs`");
    page.push_str(
        "\nAn arrangement agrees each element *in a form*, and there is no default. An output may hold the element in that \
         form, or in\none that discloses no more. The order is partial: two forms of which neither is listed with the other \
         cannot stand for each\nother, and the exchange is refused with `form-wider-than-agreed`.\n\n\
         | form | what leaves | may leave where this is agreed |\n|---|---|---|\n",
    );
    for form in Form::all() {
        let wider: Vec<String> =
            Form::all().iter().filter(|agreed| form.within(**agreed)).map(|agreed| format!("`{agreed}`")).collect();
        let _ = writeln!(page, "| `{form}` | {} | {} |", meaning(form), wider.join(", "));
    }
    page.push_str(
        "\nTransforms that reach a narrower form are listed in [transforms](transforms.md). Only an element's own value is \
         narrowed: what\nan expression or a concatenation made keeps the widest form of its inputs \
         ([decision 0003](../decisions/0003-forms.md)).\n",
    );
    page
}

fn meaning(form: Form) -> String {
    match form {
        Form::Raw => "the value itself".into(),
        Form::Pseudonym => "a keyed pseudonym, different for each partner and purpose".into(),
        Form::Presence => "whether there is a value".into(),
        Form::Year => "the calendar year of a date".into(),
        Form::Age => "full years at a stated date".into(),
        Form::AgeBand => "a band of at least five years of age at a stated date".into(),
        Form::PlaceLevel(0) => "the country of a place".into(),
        Form::PlaceLevel(level) => format!("a place no finer than administrative level {level}"),
        Form::Masked => "a value of which most characters are replaced".into(),
        Form::AggregateOnly => "a count or a sum over the records of one person or household".into(),
    }
}
