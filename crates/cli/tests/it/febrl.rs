//! Does data that nobody here made add up: released, withheld, quarantined?
