//! How do bytes come from and go to the server: packets, over TCP or TLS?

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// Bytes that are read at once.
const READ: usize = 256 * 1024;

/// A packet of this length goes on in the next.
const WHOLE: usize = 0xff_ffff;

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// A connection as packets.
pub(super) struct Wire {
    stream: Option<Stream>,
    bytes: Vec<u8>,
    /// What was read and not yet taken.
    ready: Range<usize>,
    sequence: u8,
    /// A packet that came in pieces.
    joined: Vec<u8>,
}

/// Asked whenever nothing comes for a while: goes on waiting unless it says otherwise.
pub(super) type Waiting<'w> = dyn FnMut() -> io::Result<()> + 'w;

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: Some(Stream::Plain(stream)), bytes: vec![0; READ], ready: 0..0, sequence: 0, joined: Vec::new() }
    }

    /// Goes on over TLS; the server's name is verified.
    pub(super) fn protect(&mut self, config: ClientConfig, host: &str) -> io::Result<()> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let client = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        let Some(Stream::Plain(tcp)) = self.stream.take() else { return Err(io::ErrorKind::NotConnected.into()) };
        let mut stream = StreamOwned::new(client, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        self.stream = Some(Stream::Tls(Box::new(stream)));
        Ok(())
    }

    pub(super) fn is_protected(&self) -> bool {
        matches!(self.stream, Some(Stream::Tls(_)))
    }

    /// Begins a new exchange: the next packet is number 0.
    pub(super) fn restart(&mut self) {
        self.sequence = 0;
    }

    /// Sends a packet shorter than 16 MB.
    pub(super) fn send(&mut self, content: &[u8]) -> io::Result<()> {
        if content.len() >= WHOLE {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let [a, b, c, _] = (content.len() as u32).to_le_bytes();
        let mut packet = Vec::with_capacity(content.len() + 4);
        packet.extend_from_slice(&[a, b, c, self.sequence]);
        packet.extend_from_slice(content);
        self.sequence = self.sequence.wrapping_add(1);
        match &mut self.stream {
            Some(Stream::Plain(tcp)) => tcp.write_all(&packet),
            Some(Stream::Tls(tls)) => tls.write_all(&packet).and_then(|()| tls.flush()),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// The content of the next packet.
    pub(super) fn receive(&mut self, waiting: &mut Waiting<'_>) -> io::Result<&[u8]> {
        let first = self.piece(waiting)?;
        if first.len() < WHOLE {
            return self.bytes.get(first).ok_or_else(cut);
        }
        self.joined.clear();
        self.joined.extend_from_slice(self.bytes.get(first).unwrap_or_default());
        loop {
            let next = self.piece(waiting)?;
            let last = next.len() < WHOLE;
            self.joined.extend_from_slice(self.bytes.get(next).unwrap_or_default());
            if last {
                return Ok(&self.joined);
            }
        }
    }

    /// Where the content of the next piece of a packet lies.
    fn piece(&mut self, waiting: &mut Waiting<'_>) -> io::Result<Range<usize>> {
        self.fill(4, waiting)?;
        let head = self.bytes.get(self.ready.start..self.ready.start + 4).and_then(|head| head.try_into().ok());
        let [a, b, c, sequence]: [u8; 4] = head.ok_or_else(cut)?;
        let length = u32::from_le_bytes([a, b, c, 0]) as usize;
        self.fill(4 + length, waiting)?;
        self.sequence = sequence.wrapping_add(1);
        let from = self.ready.start + 4;
        self.ready.start = from + length;
        Ok(from..from + length)
    }

    /// Reads until `wanted` bytes are there.
    fn fill(&mut self, wanted: usize, waiting: &mut Waiting<'_>) -> io::Result<()> {
        while self.ready.len() < wanted {
            if self.ready.start + wanted > self.bytes.len() {
                self.bytes.copy_within(self.ready.clone(), 0);
                self.ready = 0..self.ready.len();
                if self.bytes.len() < wanted {
                    self.bytes.resize(wanted, 0);
                }
            }
            let room = self.bytes.get_mut(self.ready.end..).unwrap_or_default();
            let read = match &mut self.stream {
                Some(Stream::Plain(tcp)) => tcp.read(room),
                Some(Stream::Tls(tls)) => tls.read(room),
                None => Err(io::ErrorKind::NotConnected.into()),
            };
            match read {
                Ok(0) => return Err(cut()),
                Ok(read) => self.ready.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => waiting()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn cut() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

/// Fields of a packet, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Fields<'p>(pub(super) &'p [u8]);

impl<'p> Fields<'p> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn long(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Text up to a NUL, which is taken too.
    pub(super) fn until_nul(&mut self) -> Option<&'p [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// A length-encoded text; the outer none is a packet cut short, the inner one no value.
    #[inline]
    pub(super) fn value(&mut self) -> Option<Option<&'p [u8]>> {
        let length = match self.byte()? {
            0xfb => return Some(None),
            0xfc => usize::from(self.short()?),
            0xfd => {
                let [a, b, c] = self.take(3)?.try_into().ok()?;
                u32::from_le_bytes([a, b, c, 0]) as usize
            }
            0xfe => usize::try_from(u64::from_le_bytes(self.take(8)?.try_into().ok()?)).ok()?,
            short => usize::from(short),
        };
        self.take(length).map(Some)
    }
}
