//! Which functions may an expression call?
//!
//! A closed list: each is a pure function of its arguments, gives the same on every machine, and gives an amount of
//! text that the expression itself bounds.

use std::sync::Arc;

use datafusion_expr::ScalarUDF;
use datafusion_functions::{core, math, string, unicode};

/// The functions, each under its own name.
pub(super) fn all() -> Vec<Arc<ScalarUDF>> {
    vec![
        string::lower(),
        string::upper(),
        string::btrim(),
        string::ltrim(),
        string::rtrim(),
        string::concat(),
        string::concat_ws(),
        string::replace(),
        string::split_part(),
        string::starts_with(),
        string::ends_with(),
        string::contains(),
        unicode::character_length(),
        unicode::substr(),
        unicode::left(),
        unicode::right(),
        unicode::lpad(),
        unicode::rpad(),
        unicode::strpos(),
        core::coalesce(),
        core::nullif(),
        core::greatest(),
        core::least(),
        math::abs(),
        math::round(),
        math::floor(),
        math::ceil(),
    ]
}

/// The function that an expression calls by `name`: its own name, or another that SQL has for it.
pub(super) fn named(name: &str) -> Option<Arc<ScalarUDF>> {
    all().into_iter().find(|function| {
        let another = function.aliases().iter().any(|alias| alias == name);
        function.name() == name || another
    })
}

/// Whether `name` is a function's own name on the list.
pub(super) fn is_allowed(name: &str) -> bool {
    all().iter().any(|function| function.name() == name)
}

/// Names of the functions that an SQL expression may call, for the documentation; ascending.
pub fn allowed_functions() -> Vec<String> {
    let mut names: Vec<String> = all()
        .iter()
        .flat_map(|function| {
            let aliases = function.aliases().iter().cloned();
            aliases.chain([function.name().to_owned()]).collect::<Vec<_>>()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}
