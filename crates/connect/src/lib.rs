//! How does the gateway talk to systems that are not its own?
//!
//! [`source`] reads from them, [`records`] reads what comes in, [`target`] writes it, [`inspect`] and [`catalogue_check`] compare
//! them with the catalogue, [`deliver`] hands sealed packages over, [`post`] tells people of what waits and failed. Nothing here
//! decides what may be shared.

pub mod catalogue_check;
pub mod deliver;
pub mod inspect;
pub mod post;
pub mod records;
pub mod source;
pub mod target;
