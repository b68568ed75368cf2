//! What would leave, shown on generated people?
