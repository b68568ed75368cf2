//! Does dying at any moment leave no plaintext, no half package, and no second one?
