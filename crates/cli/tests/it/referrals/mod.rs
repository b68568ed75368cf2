//! Do referrals go both ways as the example says, on each kind of database, and is their life kept to?

mod died;
pub mod place;
mod taken;
mod told;

use place::{Place, Store};

/// The partner asks, says what it took over and decided, refers somebody, and asks again.
fn both_ways(store: Store) {
    let place = Place::new(store);
    told::what_may_be_told(&place);
    taken::what_the_partner_says(&place);
    taken::whom_the_partner_refers(&place);
    told::what_is_left(&place);
    place.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn referrals_go_both_ways_on_sqlite() {
    both_ways(Store::Sqlite);
}

#[test]
fn referrals_go_both_ways_on_postgres() {
    both_ways(Store::Postgres);
}

#[test]
fn referrals_go_both_ways_on_mariadb() {
    both_ways(Store::Mariadb);
}
