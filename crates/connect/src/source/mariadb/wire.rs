//! How do bytes come from and go to the server, in packets, so that a row costs no allocation?
//!
//! A packet is three bytes of length, one of sequence, and its content; content of 16 MiB and more comes in several, all
//! but the last full. What has arrived lies in one buffer, and a packet is a piece of it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::failure::Trouble;
use super::patience::Patience;

/// Length of a packet that says: more follows.
const FULL: usize = 0xff_ffff;

/// Bytes that are read at once.
const READ: usize = 256 << 10;

/// Longest row that we hold.
const LONGEST: usize = 256 << 20;

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection that speaks in packets. A read of its stream waits a moment at most, so that patience can be looked at.
pub(super) struct Wire {
    stream: Option<Stream>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    joined: Vec<u8>,
    sequence: u8,
    pub(super) patience: Patience,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream, patience: Patience) -> Self {
        let (stream, buffer) = (Some(Stream::Plain(tcp)), vec![0; READ]);
        Self { stream, buffer, start: 0, end: 0, joined: Vec::new(), sequence: 0, patience }
    }

    /// Whether the connection can still be used.
    pub(super) fn is_open(&self) -> bool {
        self.stream.is_some()
    }

    /// Gives the connection up: the server ends whatever it still does for it.
    pub(super) fn close(&mut self) {
        self.stream = None;
        (self.start, self.end) = (0, 0);
    }

    /// Goes on over TLS; the server's name is verified. What the server said in clear beyond its turn would be taken for
    /// something said under protection, and is refused.
    pub(super) fn protect(&mut self, config: ClientConfig, name: ServerName<'static>) -> Result<(), Trouble> {
        let Some(Stream::Plain(tcp)) = self.stream.take() else { return Err(Trouble::Cut) };
        if self.start != self.end {
            return Err(Trouble::Garbled("it speaks before its turn"));
        }
        let client = ClientConnection::new(Arc::new(config), name);
        let client = client.map_err(|error| Trouble::of_tls(&io::Error::other(error)))?;
        let mut stream = StreamOwned::new(client, tcp);
        while stream.conn.is_handshaking() {
            match stream.conn.complete_io(&mut stream.sock) {
                Ok(_) => self.patience.heard(),
                Err(error) if is_tick(&error) => self.patience.check().map_err(Trouble::Stop)?,
                Err(error) => return Err(Trouble::of_tls(&error)),
            }
        }
        self.stream = Some(Stream::Tls(Box::new(stream)));
        Ok(())
    }

    /// Sends the first packet of a conversation.
    pub(super) fn command(&mut self, parts: &[&[u8]]) -> Result<(), Trouble> {
        self.sequence = 0;
        self.send(parts)
    }

    /// Sends a packet in answer to the one before.
    pub(super) fn send(&mut self, parts: &[&[u8]]) -> Result<(), Trouble> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let header = u32::try_from(length).ok().filter(|_| length < FULL);
        let [low, middle, high, _] = header.ok_or(Trouble::Garbled("a statement is too long"))?.to_le_bytes();
        let mut packet = Vec::with_capacity(4 + length);
        packet.extend_from_slice(&[low, middle, high, self.sequence]);
        parts.iter().for_each(|part| packet.extend_from_slice(part));
        self.sequence = self.sequence.wrapping_add(1);
        let sent = match self.stream.as_mut().ok_or(Trouble::Cut)? {
            Stream::Plain(tcp) => tcp.write_all(&packet),
            Stream::Tls(tls) => tls.write_all(&packet).and_then(|()| tls.flush()),
        };
        sent.map_err(|error| Trouble::of_io(&error))
    }

    /// The next packet.
    #[inline]
    pub(super) fn packet(&mut self) -> Result<&[u8], Trouble> {
        let length = self.header()?;
        if length == FULL {
            return self.long_packet();
        }
        if self.joined.capacity() > 0 {
            self.joined = Vec::new();
        }
        let content = self.content(length)?;
        self.buffer.get(content).ok_or(Trouble::Cut)
    }

    fn long_packet(&mut self) -> Result<&[u8], Trouble> {
        self.joined.clear();
        let mut length = FULL;
        loop {
            let content = self.content(length)?;
            self.joined.extend_from_slice(self.buffer.get(content).unwrap_or_default());
            if length < FULL {
                return Ok(&self.joined);
            }
            if self.joined.len() > LONGEST {
                return Err(Trouble::Oversize(LONGEST >> 20));
            }
            length = self.header()?;
        }
    }

    /// Length of the packet that begins here, which must be the next one.
    fn header(&mut self) -> Result<usize, Trouble> {
        self.fill(4)?;
        let Some([low, middle, high, sequence]) = self.buffer.get(self.start..self.start + 4) else {
            return Err(Trouble::Cut);
        };
        if *sequence != self.sequence {
            return Err(Trouble::Garbled("a packet is missing"));
        }
        Ok(usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16)
    }

    /// Where the content of that packet lies, which is taken as a whole or, when the waiting is stopped, not at all.
    #[inline]
    fn content(&mut self, length: usize) -> Result<Range<usize>, Trouble> {
        self.fill(4 + length)?;
        let from = self.start + 4;
        self.start = from + length;
        self.sequence = self.sequence.wrapping_add(1);
        Ok(from..self.start)
    }

    /// Has `wanted` bytes lie in the buffer.
    #[inline]
    fn fill(&mut self, wanted: usize) -> Result<(), Trouble> {
        if self.end - self.start >= wanted { Ok(()) } else { self.read(wanted) }
    }

    fn read(&mut self, wanted: usize) -> Result<(), Trouble> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        } else if self.buffer.len() > READ && wanted.max(self.end) <= READ {
            // One long row must not keep its memory.
            self.buffer.truncate(READ);
            self.buffer.shrink_to_fit();
        }
        self.patience.check().map_err(Trouble::Stop)?;
        while self.end < wanted {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            let read = match self.stream.as_mut().ok_or(Trouble::Cut)? {
                Stream::Plain(tcp) => tcp.read(room),
                Stream::Tls(tls) => tls.read(room),
            };
            match read {
                Ok(0) => return Err(Trouble::Cut),
                Ok(read) => {
                    self.end += read;
                    self.patience.heard();
                }
                Err(error) if is_tick(&error) => self.patience.check().map_err(Trouble::Stop)?,
                Err(error) => return Err(Trouble::of_io(&error)),
            }
        }
        Ok(())
    }
}

/// Whether a read only waited for nothing.
fn is_tick(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
