//! Does bad input give an error that says what, where and what to do, and leave nothing half done?
