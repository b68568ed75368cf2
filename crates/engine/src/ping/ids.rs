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
