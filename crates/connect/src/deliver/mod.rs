//! How does a sealed package reach the partner? The same package on every retry; a part already there is not sent again.

pub mod folder;
