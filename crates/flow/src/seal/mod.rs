//! **seal**
