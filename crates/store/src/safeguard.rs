//! Would anybody notice if a safeguard were missing? A test takes one away, and must see something go wrong.
//!
//! In a release there is no way to take one away: [`Safeguards`] holds nothing there, and every question is answered by yes.

/// A safeguard that a test can take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safeguard {
    /// A change to a transfer is refused once its lease is another's.
    FencedCommits,
    /// Nothing more is sent once the lease is another's.
    FencedDelivery,
    /// Leases run out.
    LeasesRunOut,
    /// Terms are in force in the very transaction that seals.
    TermsAtSealing,
    /// People's decisions are asked in the very transaction that seals.
    DecisionsAtSealing,
    /// The key is asked in the very transaction that seals.
    KeyAtSealing,
    /// A stop is looked up before each step that the partner would see.
    StopWhileDelivering,
    /// What leaves waits for its leaf to be in a checkpoint.
    LeafBeforeLeaving,
    /// What never came to be a package is destroyed.
    LeavingsDestroyed,
}

/// Which safeguards stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Safeguards {
    #[cfg(feature = "test-hooks")]
    away: Option<Safeguard>,
}

impl Safeguards {
    /// All but one.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn without(away: Option<Safeguard>) -> Self {
        Self { away }
    }

    /// Whether it stands.
    #[must_use]
    pub fn stand(self, safeguard: Safeguard) -> bool {
        #[cfg(feature = "test-hooks")]
        return self.away != Some(safeguard);
        #[cfg(not(feature = "test-hooks"))]
        {
            let _ = safeguard;
            true
        }
    }
}
