//! **aggregate**
