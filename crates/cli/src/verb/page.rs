//! Which part of a long list is shown, and how does it go on?

use clap::Args;

/// A page of a list.
#[derive(Args)]
pub struct Page {
    /// How many are shown at most, 1000 at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Goes on behind this one, as the end of the page before it says.
    #[arg(long, value_name = "NAME")]
    after: Option<String>,
}

impl Page {
    /// Behind which one it begins.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// How many to ask for: one more than are shown tells whether the list goes on.
    pub fn asked(&self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// What is shown of what was found, and the end of the page.
    pub fn cut<T>(&self, mut found: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, End) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let goes_on = found.len() > limit;
        found.truncate(limit);
        let last = found.last().filter(|_| goes_on).map(name);
        (found, End(last))
    }
}

/// The end of a page: behind which one the list goes on, if it does.
#[must_use]
pub struct End(Option<String>);

impl End {
    /// Says how to go on.
    pub fn tell(self) {
        if let Some(last) = self.0 {
            println!("there are more: go on with `--after {last}`");
        }
    }
}
