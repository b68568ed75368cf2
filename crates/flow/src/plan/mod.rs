//! **plan**
