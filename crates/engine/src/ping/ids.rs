//! Which exchange does a client of PING's own API mean?

use causeway_model::document::Findings;
use causeway_model::exchange::Exchange;
use causeway_model::inbound::Inbound;

use crate::documents::AnyExchange;

/// The ids by which clients know an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) exchange: String,
    pub(crate) arrangement: String,
    pub(crate) process: String,
    pub(crate) interop: String,
}

impl Ids {
    pub(crate) fn of(exchange: &AnyExchange) -> Option<Self> {
        match exchange {
            AnyExchange::Provides(read) => Self::provided(&read.value),
            AnyExchange::Accepts(read) => Self::accepted(&read.value),
        }
    }

    pub(crate) fn provided(exchange: &Exchange) -> Option<Self> {
        let ping = exchange.ping.as_ref()?;
        Some(Self::new(&exchange.exchange, &exchange.arrangement, &ping.shipping_process, &ping.interop))
    }

    pub(crate) fn accepted(inbound: &Inbound) -> Option<Self> {
        let ping = inbound.ping.as_ref()?;
        Some(Self::new(&inbound.exchange, &inbound.arrangement, &ping.shipping_process, &ping.interop))
    }

    fn new(exchange: &str, arrangement: &str, process: &str, interop: &str) -> Self {
        let [exchange, arrangement, process, interop] = [exchange, arrangement, process, interop].map(str::to_owned);
        Self { exchange, arrangement, process, interop }
    }

    /// Finds where another exchange in use has its process, or where arrangement and interop do not go one to one.
    pub(crate) fn clash<'i>(&self, others: impl IntoIterator<Item = &'i Self>, findings: &mut Findings) {
        for other in others.into_iter().filter(|other| other.exchange != self.exchange) {
            if other.process == self.process {
                let message = format!("exchange `{}` has this process already", other.exchange);
                findings.error("ping-taken", "/ping/shipping_process", message, "give each exchange its own");
            }
            if (other.interop == self.interop) != (other.arrangement == self.arrangement) {
                let message =
                    format!("exchange `{}` under `{}` has `{}`", other.exchange, other.arrangement, other.interop);
                findings.error("ping-taken", "/ping/interop", message, "an arrangement has one, and no other has it");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_one_exchanges_and_an_interop_one_arrangements() {
        let of = |exchange, arrangement, process, interop| Ids::new(exchange, arrangement, process, interop);
        let known = [of("pending", "referrals", "SHP-1", "INT-1"), of("cash", "cash", "SHP-2", "INT-2")];
        for (ids, places) in [
            (of("pending", "referrals", "SHP-9", "INT-1"), vec![]),
            (of("details", "referrals", "SHP-3", "INT-1"), vec![]),
            (of("details", "referrals", "SHP-1", "INT-1"), vec!["/ping/shipping_process"]),
            (of("details", "referrals", "SHP-3", "INT-3"), vec!["/ping/interop"]),
            (of("school", "school", "SHP-3", "INT-2"), vec!["/ping/interop"]),
        ] {
            let mut findings = Findings::default();
            ids.clash(&known, &mut findings);
            assert_eq!(findings.iter().map(|one| one.pointer.as_str()).collect::<Vec<_>>(), places, "{ids:?}");
        }
    }
}
