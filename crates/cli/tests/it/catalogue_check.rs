//! Does `catalogue check` find what was changed in a store, at its line and column?
