//! How do bytes become one sealed file, and back, without ever being held whole?
//!
//! One pass outward: plaintext hash, compress, fill, age, ciphertext hash, file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::thread::JoinHandle;

use age::stream::StreamWriter;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::PackageError;
use crate::files::create_private;
use crate::inner::Compression;
use crate::key::{Identities, Recipient};
use crate::padding::{fill_gzip, fill_zstd};

const BUFFER: usize = FRAME;
/// Level 2 looks for equal runs of six bytes and more. Level 3 looks for five, which pseudonyms in hexadecimal have in
/// common by chance: on a million invented people it took twice the time and made packages 0.1 per cent larger.
const ZSTD_LEVEL: i32 = 2;
/// Bytes of plaintext in one Zstandard frame.
const FRAME: usize = 1 << 20;
/// Largest window that a part may ask its reader to hold: 8 MiB, what our level uses with room.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// What a closed sealed file is: its digest and size as ciphertext and as plaintext.
#[derive(Clone, Debug)]
pub(crate) struct SealedFile {
    pub(crate) sha256: String,
    pub(crate) size: u64,
    pub(crate) plain_sha256: String,
    pub(crate) plain_size: u64,
}

/// A writer that counts and hashes what passes.
pub(crate) struct Hashing<W> {
    inner: W,
    hash: Sha256,
    size: u64,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), size: 0 }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The writer below, the digest in hex, the size.
    pub(crate) fn finish(self) -> (W, String, u64) {
        (self.inner, hex::encode(self.hash.finalize()), self.size)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or(bytes));
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct Counting<W> {
    inner: W,
    size: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

type Encrypting = Counting<StreamWriter<Hashing<BufWriter<File>>>>;

enum Encoder {
    Zstd(Box<Frames>),
    Gzip(Box<flate2::write::GzEncoder<Encrypting>>),
    None(Box<Encrypting>),
}

/// Zstandard frames, one behind the other, which readers take for one stream. Frames that are compressed whole cost a
/// fifth less than a stream that is compressed as it comes.
struct Frames {
    out: Encrypting,
    compressor: zstd::bulk::Compressor<'static>,
    packed: Vec<u8>,
    written: bool,
}

impl Frames {
    fn new(out: Encrypting) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
        compressor.include_checksum(true)?;
        let packed = Vec::with_capacity(zstd::zstd_safe::compress_bound(FRAME));
        Ok(Self { out, compressor, packed, written: false })
    }

    /// Writes one frame, or several where there is more than a frame holds.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(FRAME).try_for_each(|plain| self.frame(plain))
    }

    fn frame(&mut self, plain: &[u8]) -> io::Result<()> {
        self.packed.clear();
        self.compressor.compress_to_buffer(plain, &mut self.packed)?;
        self.written = true;
        self.out.write_all(&self.packed)
    }

    fn finish(mut self) -> io::Result<Encrypting> {
        // Nothing at all is a frame, too.
        if !self.written {
            self.frame(&[])?;
        }
        Ok(self.out)
    }
}

impl Encoder {
    fn new(out: Encrypting, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::Zstd => Self::Zstd(Box::new(Frames::new(out)?)),
            Compression::Gzip => {
                Self::Gzip(Box::new(flate2::write::GzEncoder::new(out, flate2::Compression::default())))
            }
            Compression::None => Self::None(Box::new(out)),
        })
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Zstd(encoder) => encoder.write_all(bytes),
            Self::Gzip(encoder) => encoder.write_all(bytes),
            Self::None(out) => out.write_all(bytes),
        }
    }

    /// Ends the compressed stream, fills it, ends the encryption.
    fn finish(self) -> io::Result<Hashing<BufWriter<File>>> {
        let out = match self {
            Self::Zstd(encoder) => {
                let mut out = encoder.finish()?;
                let length = out.size;
                fill_zstd(&mut out, length)?;
                out
            }
            Self::Gzip(encoder) => {
                let mut out = encoder.finish()?;
                let length = out.size;
                fill_gzip(&mut out, length)?;
                out
            }
            Self::None(out) => *out,
        };
        out.inner.finish()
    }
}

/// One sealed file in the making.
pub(crate) struct SealingStream {
    encoder: Encoder,
    hash: Sha256,
    size: u64,
    pending: Zeroizing<Vec<u8>>,
    path: std::path::PathBuf,
}

impl SealingStream {
    /// Creates the file (it must not exist) and writes the age header.
    pub(crate) fn create(
        path: &Path,
        recipients: &[Recipient],
        compression: Compression,
    ) -> Result<Self, PackageError> {
        let encryptor = age::Encryptor::with_recipients(recipients.iter().map(Recipient::as_age))
            .map_err(|_| PackageError::NoRecipient)?;
        let file = Hashing::new(BufWriter::new(create_private(path)?));
        let begin = || Encoder::new(Counting { inner: encryptor.wrap_output(file)?, size: 0 }, compression);
        Ok(Self {
            encoder: begin().map_err(PackageError::io("write", path))?,
            hash: Sha256::new(),
            size: 0,
            // Capacity first: growing would leave unwiped copies behind.
            pending: Zeroizing::new(Vec::with_capacity(BUFFER)),
            path: path.to_path_buf(),
        })
    }

    /// Bytes of plaintext so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), PackageError> {
        self.size += bytes.len() as u64;
        if self.pending.len() + bytes.len() > BUFFER {
            self.push_pending()?;
        }
        if bytes.len() >= BUFFER {
            self.hash.update(bytes);
            return self.encoder.write_all(bytes).map_err(PackageError::io("write", &self.path));
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    fn push_pending(&mut self) -> Result<(), PackageError> {
        self.hash.update(self.pending.as_slice());
        self.encoder.write_all(&self.pending).map_err(PackageError::io("write", &self.path))?;
        self.pending.clear();
        Ok(())
    }

    /// Ends all layers and makes the file's bytes durable.
    pub(crate) fn finish(self) -> Result<SealedFile, PackageError> {
        let path = self.path.clone();
        let (sealed, file) = self.end()?;
        file.sync_all().map_err(PackageError::io("flush", &path))?;
        Ok(sealed)
    }

    /// Ends all layers. The file's bytes are durable once that was waited for: a disk takes its time for a part, in which the
    /// next one can be packed.
    pub(crate) fn finish_meanwhile(self) -> Result<(SealedFile, Flushing), PackageError> {
        let path = self.path.clone();
        let (sealed, file) = self.end()?;
        let flush = std::thread::Builder::new().name("flush".to_owned()).spawn(move || file.sync_all());
        let flush = flush.map_err(PackageError::io("flush", &path))?;
        Ok((sealed, Flushing { flush, path }))
    }

    fn end(mut self) -> Result<(SealedFile, File), PackageError> {
        self.push_pending()?;
        let Self { encoder, hash, size: plain_size, path, .. } = self;
        let end = || -> io::Result<(File, String, u64)> {
            let (buffered, sha256, size) = encoder.finish()?.finish();
            Ok((buffered.into_inner().map_err(|error| error.into_error())?, sha256, size))
        };
        let (file, sha256, size) = end().map_err(PackageError::io("write", &path))?;
        Ok((SealedFile { sha256, size, plain_sha256: hex::encode(hash.finalize()), plain_size }, file))
    }
}

/// A file whose bytes are on their way to the disk.
#[must_use = "nothing is durable before it was waited for"]
pub(crate) struct Flushing {
    flush: JoinHandle<io::Result<()>>,
    path: std::path::PathBuf,
}

impl Flushing {
    /// Waits until they are durable.
    pub(crate) fn wait(self) -> Result<(), PackageError> {
        let flushed = self.flush.join().unwrap_or_else(|_| Err(io::Error::other("flushing stopped")));
        flushed.map_err(PackageError::io("flush", &self.path))
    }
}

/// Why a sealed file did not open.
pub(crate) enum Closed {
    /// None of the identities fits.
    NoKey,
    /// The file is damaged or not age.
    Damaged(io::Error),
}

/// The decrypted bytes of a sealed file, not decompressed; seekable.
pub(crate) fn decrypt<R: BufRead>(file: R, identities: &Identities) -> Result<age::stream::StreamReader<R>, Closed> {
    decrypt_by(file, identities.as_age())
}

/// The same with whatever unwraps the file's key.
pub(crate) fn decrypt_by<'i, R: BufRead>(
    file: R,
    keys: impl Iterator<Item = &'i dyn age::Identity>,
) -> Result<age::stream::StreamReader<R>, Closed> {
    age::Decryptor::new_buffered(file).and_then(|decryptor| decryptor.decrypt(keys)).map_err(|error| match error {
        age::DecryptError::NoMatchingKeys => Closed::NoKey,
        age::DecryptError::Io(error) => Closed::Damaged(error),
        _ => Closed::Damaged(io::Error::new(io::ErrorKind::InvalidData, "it is not a sound age file")),
    })
}

/// Zstandard undone, with a window of at most 8 MiB.
pub(crate) fn windowed(packed: impl Read + Send + 'static) -> Result<Box<dyn Read + Send>, Closed> {
    let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(Closed::Damaged)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(Closed::Damaged)?;
    Ok(Box::new(decoder))
}

/// The plaintext of a sealed file.
pub(crate) fn unseal(
    file: File,
    identities: &Identities,
    compression: Compression,
) -> Result<Box<dyn Read + Send>, Closed> {
    let decrypted = decrypt(BufReader::new(file), identities)?;
    Ok(match compression {
        Compression::Zstd => return windowed(decrypted),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(decrypted)),
        Compression::None => Box::new(decrypted),
    })
}
