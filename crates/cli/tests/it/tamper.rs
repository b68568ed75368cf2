//! Is every change of the ledger found, and named by its index?
