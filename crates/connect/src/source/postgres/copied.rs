//! How do copied rows get past the driver, which would wrap each of them by itself?
//!
//! Behind TLS and before the driver, the server's messages are told apart by their heads (type, length): what was copied
//! goes to the reader in large pieces, everything else to the driver as it came. A million rows then cost a million
//! glances at five bytes and not a million messages. (PostgreSQL's documentation, "Message Formats": `CopyData` is `d`.)

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// Copied bytes that may wait for the reader; then the connection reads no more, and the server waits too.
const ENOUGH: usize = 256 << 10;

/// What a message begins with: one byte of type, four of length, which counts itself and what follows.
const HEAD: usize = 5;
const COPY_DATA: u8 = b'd';

/// Copied bytes on their way from a connection to its reader.
#[derive(Clone, Default)]
pub(super) struct Copied(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// The connection, while it waits for room.
    connection: Option<Waker>,
    /// The reader, while it waits for bytes.
    reader: Option<Waker>,
}

impl Copied {
    /// Appends what has come to `into`, once there is anything.
    pub(super) fn poll_take(&self, context: &Context<'_>, into: &mut Vec<u8>) -> Poll<()> {
        let mut waiting = self.waiting();
        if waiting.bytes.is_empty() {
            waiting.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        if into.is_empty() {
            std::mem::swap(into, &mut waiting.bytes);
        } else {
            into.append(&mut waiting.bytes);
        }
        waiting.connection.take().into_iter().for_each(Waker::wake);
        Poll::Ready(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream of the server's messages without what is copied.
pub(super) struct Tapped<S> {
    stream: S,
    copied: Copied,
    /// What was read, and which part of it still waits.
    read: Vec<u8>,
    at: usize,
    end: usize,
    /// The head of the message that is passing, how much of it was read and handed on.
    head: [u8; HEAD],
    known: usize,
    told: usize,
    /// Bytes that follow the head and have not passed yet.
    left: usize,
}

impl<S> Tapped<S> {
    fn new(stream: S, copied: Copied) -> Self {
        let (read, head) = (vec![0; PIECE], [0; HEAD]);
        Self { stream, copied, read, at: 0, end: 0, head, known: 0, told: 0, left: 0 }
    }

    /// Lets pass what was read, as far as there is room for it.
    fn pass(&mut self, out: &mut ReadBuf<'_>) -> io::Result<()> {
        let Self { copied, read, at, end, head, known, told, left, .. } = self;
        let mut waiting = copied.waiting();
        loop {
            let rest = read.get(*at..*end).unwrap_or_default();
            if *known < HEAD {
                let missing = head.get_mut(*known..).unwrap_or_default();
                let taken = missing.iter_mut().zip(rest).map(|(to, from)| *to = *from).count();
                (*known, *at) = (*known + taken, *at + taken);
                if *known < HEAD {
                    return Ok(());
                }
                let [_, length @ ..] = *head;
                let follows = u32::from_be_bytes(length).checked_sub(4);
                *left = follows.ok_or(io::ErrorKind::InvalidData)? as usize;
                *told = 0;
                continue;
            }
            let [kind, ..] = *head;
            if kind == COPY_DATA {
                let piece = rest.get(..(*left).min(rest.len())).unwrap_or_default();
                waiting.bytes.extend_from_slice(piece);
                (*left, *at) = (*left - piece.len(), *at + piece.len());
            } else {
                let owed = head.get(*told..).unwrap_or_default();
                let owed = owed.get(..owed.len().min(out.remaining())).unwrap_or_default();
                out.put_slice(owed);
                *told += owed.len();
                if *told < HEAD {
                    return Ok(());
                }
                let piece = rest.get(..(*left).min(rest.len()).min(out.remaining())).unwrap_or_default();
                out.put_slice(piece);
                (*left, *at) = (*left - piece.len(), *at + piece.len());
            }
            if *left > 0 {
                // Either everything that was read has passed, or there is no more room.
                return Ok(());
            }
            *known = 0;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = out.filled().len();
        loop {
            this.pass(out)?;
            if out.filled().len() > before || out.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            {
                let mut waiting = this.copied.waiting();
                if !waiting.bytes.is_empty() {
                    waiting.reader.take().into_iter().for_each(Waker::wake);
                }
                if waiting.bytes.len() >= ENOUGH {
                    waiting.connection = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
            let mut read = ReadBuf::new(&mut this.read);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            (this.at, this.end) = (0, read.filled().len());
            if this.end == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Tapped<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// Protects connections as `T` does, and taps them.
#[derive(Clone)]
pub(super) struct Tapping<T>(pub(super) T, pub(super) Copied);

impl<S, T: MakeTlsConnect<S>> MakeTlsConnect<S> for Tapping<T>
where
    T::TlsConnect: Send + 'static,
    <T::TlsConnect as TlsConnect<S>>::Future: Send + 'static,
    S: Send + 'static,
{
    type Stream = Tapped<T::Stream>;
    type TlsConnect = Tapping<T::TlsConnect>;
    type Error = T::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        Ok(Tapping(self.0.make_tls_connect(domain)?, self.1.clone()))
    }
}

impl<S, T: TlsConnect<S>> TlsConnect<S> for Tapping<T>
where
    T::Future: Send + 'static,
{
    type Stream = Tapped<T::Stream>;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self(tls, copied) = self;
        let connecting = tls.connect(stream);
        Box::pin(async move { Ok(Tapped::new(connecting.await?, copied)) })
    }
}

/// No protection at all, for a catalogue that says `off`. With the driver's "direct" negotiation nothing is sent that asks
/// for any.
#[derive(Clone, Copy)]
pub(super) struct Plain;

/// The bare stream.
pub(super) struct Bare<S>(S);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Plain {
    type Stream = Bare<S>;
    type TlsConnect = Self;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, _: &str) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Plain {
    type Stream = Bare<S>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Bare<S>, Self::Error>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok(Bare(stream)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bare<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(context, out)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bare<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Bare<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
    }

    /// What the driver gets and what the reader gets, when the server's bytes come in pieces of `piece`.
    async fn told_apart(sent: Vec<u8>, piece: usize, room: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut server, client) = tokio::io::duplex(piece);
        let copied = Copied::default();
        let mut tapped = Tapped::new(client, copied.clone());
        let sending = tokio::spawn(async move { server.write_all(&sent).await });
        let reading = tokio::spawn(async move {
            let (mut all, mut some) = (Vec::new(), vec![0; room]);
            loop {
                match tapped.read(&mut some).await {
                    Ok(read) if read > 0 => all.extend_from_slice(some.get(..read).unwrap_or_default()),
                    _ => return all,
                }
            }
        });
        let mut taken = Vec::new();
        while !reading.is_finished() {
            let take = std::future::poll_fn(|context| copied.poll_take(context, &mut taken));
            let _ = tokio::time::timeout(std::time::Duration::from_millis(1), take).await;
        }
        let _ = std::future::poll_fn(|context| Poll::Ready(copied.poll_take(context, &mut taken))).await;
        assert!(sending.await.unwrap().is_ok());
        (reading.await.unwrap(), taken)
    }

    #[tokio::test]
    async fn what_is_copied_is_told_from_the_rest_however_it_is_cut() {
        let rest = [message(b'H', &[0; 37]), message(b'N', b"d\0\0\0\x08a notice"), message(b'c', b"")];
        let rows: Vec<Vec<u8>> = (0..200_u8).map(|row| vec![row; usize::from(row) * 3]).collect();
        let mut sent = rest.first().unwrap().clone();
        for (number, row) in rows.iter().enumerate() {
            sent.extend(message(COPY_DATA, row));
            if number == 100 {
                sent.extend(rest.get(1).unwrap());
            }
        }
        sent.extend(rest.get(2).unwrap());
        for (piece, room) in [(1, 1), (7, 3), (64, 4096), (1 << 20, 1 << 16)] {
            let (told, taken) = told_apart(sent.clone(), piece, room).await;
            assert_eq!(told, rest.concat(), "{piece} {room}");
            assert_eq!(taken, rows.concat(), "{piece} {room}");
        }
    }

    #[tokio::test]
    async fn a_length_that_cannot_be_is_an_error() {
        let (mut server, client) = tokio::io::duplex(64);
        server.write_all(&[b'd', 0, 0, 0, 3]).await.unwrap();
        let mut tapped = Tapped::new(client, Copied::default());
        let error = tapped.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
