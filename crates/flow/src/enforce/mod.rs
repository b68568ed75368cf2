//! **enforce**
