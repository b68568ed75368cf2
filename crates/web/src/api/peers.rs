//! How much of the room may one address take, and how long may it leave an answer lying?

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// As many connections one address holds at a time: a partner's whole house may stand behind it.
const OF_ONE: usize = 64;

/// Connections by address; of IPv6 by the network that a house is given.
#[derive(Default)]
pub(super) struct Peers(Mutex<HashMap<IpAddr, usize>>);

/// A connection that counts for its address while it is held.
pub(super) struct Counted {
    peers: Arc<Peers>,
    of: IpAddr,
}

impl Peers {
    /// Counts a connection; none where the address has as many as it may.
    pub(super) fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let of = house(address);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(of).or_default();
        if *count >= OF_ONE {
            return None;
        }
        *count += 1;
        Some(Counted { peers: Arc::clone(self), of })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut held = self.peers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.of);
            }
        }
    }
}

fn house(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address => address,
    }
}

/// A stream of which the other end takes something now and then, or is let go.
pub(super) struct Taken<S> {
    stream: S,
    most: Duration,
    waits: bool,
    late: Pin<Box<Sleep>>,
}

impl<S> Taken<S> {
    /// One that waits so long for the other end to take something.
    pub(super) fn within(most: Duration, stream: S) -> Self {
        Self { stream, most, waits: false, late: Box::pin(tokio::time::sleep(most)) }
    }

    fn or_late<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.waits = false;
            return polled;
        }
        if !self.waits {
            self.waits = true;
            self.late.as_mut().reset(Instant::now() + self.most);
        }
        self.late.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Taken<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Taken<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.or_late(context, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(context);
        this.or_late(context, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(context);
        this.or_late(context, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(context, bytes);
        this.or_late(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn one_house_takes_so_many_places_and_leaves_the_others() {
        let peers = Arc::new(Peers::default());
        let one: IpAddr = "192.0.2.1".parse().unwrap();
        let mut held: Vec<Counted> = (0..OF_ONE).map(|_| peers.count(one).unwrap()).collect();
        assert!(peers.count(one).is_none() && peers.count("::ffff:192.0.2.1".parse().unwrap()).is_none());
        assert!(peers.count("192.0.2.2".parse().unwrap()).is_some());
        held.pop();
        held.extend(peers.count(one));
        let within = |end: usize| format!("2001:db8:0:1::{end:x}").parse().unwrap();
        held.extend((0..OF_ONE).map(|end| peers.count(within(end)).unwrap()));
        assert!(peers.count(within(OF_ONE)).is_none());
        assert!(peers.count("2001:db8:0:2::1".parse().unwrap()).is_some());
        drop(held);
        assert!(peers.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_takes_nothing_is_let_go_and_whoever_takes_slowly_is_not() {
        let (ours, mut theirs) = tokio::io::duplex(4);
        let mut ours = Taken::within(Duration::from_millis(300), ours);
        let sending = tokio::spawn(async move {
            ours.write_all(&[7; 12]).await.unwrap();
            ours.write_all(&[7; 12]).await
        });
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            theirs.read_exact(&mut [0; 2]).await.unwrap();
        }
        let error = sending.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
