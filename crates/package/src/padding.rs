//! How large does a part look, whatever is in it, and how is the difference filled so that plain tools do not notice?

use std::io::{self, Write};

/// No padded part is smaller than this: one person and twenty look alike.
pub(crate) const FLOOR: u64 = 4096;

/// The inner manifest is filled to a multiple of this.
pub(crate) const INNER_BUCKET: usize = 4096;

const ZSTD_SKIPPABLE: u32 = 0x184D_2A50;
const ZSTD_HEAD: u64 = 8;
const GZIP_MEMBER: u64 = 26;
const GZIP_FIELD_MAX: u64 = 65_531;

/// Padmé: the next size whose binary form ends in zeros, at most 12 % above `length`; it leaves O(log log) bits to see.
pub(crate) fn padme(length: u64) -> u64 {
    if length <= FLOOR {
        return FLOOR;
    }
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1_u64 << exponent.saturating_sub(kept)) - 1;
    length.saturating_add(mask) & !mask
}

/// Fills a zstd stream of `length` bytes with skippable frames, which every zstd decoder passes over.
pub(crate) fn fill_zstd(out: &mut dyn Write, length: u64) -> io::Result<()> {
    let mut rest = padme(length + ZSTD_HEAD) - length;
    while rest >= ZSTD_HEAD {
        let mut body = (rest - ZSTD_HEAD).min(u64::from(u32::MAX) - 64);
        // Never leave a rest too small for another frame's head.
        let after = rest - ZSTD_HEAD - body;
        if after > 0 && after < ZSTD_HEAD {
            body -= ZSTD_HEAD;
        }
        out.write_all(&ZSTD_SKIPPABLE.to_le_bytes())?;
        out.write_all(&u32::try_from(body).unwrap_or(u32::MAX).to_le_bytes())?;
        zeros(out, body)?;
        rest -= ZSTD_HEAD + body;
    }
    Ok(())
}

/// Fills a gzip stream of `length` bytes with empty members whose extra field (RFC 1952, 2.3.1.1) carries the filling.
pub(crate) fn fill_gzip(out: &mut dyn Write, length: u64) -> io::Result<()> {
    let mut rest = padme(length + GZIP_MEMBER) - length;
    while rest >= GZIP_MEMBER {
        let mut body = (rest - GZIP_MEMBER).min(GZIP_FIELD_MAX);
        let after = rest - GZIP_MEMBER - body;
        if after > 0 && after < GZIP_MEMBER {
            body -= GZIP_MEMBER;
        }
        let field = u16::try_from(body).unwrap_or(u16::MAX);
        out.write_all(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255])?;
        out.write_all(&(field + 4).to_le_bytes())?;
        out.write_all(b"CW")?;
        out.write_all(&field.to_le_bytes())?;
        zeros(out, body)?;
        // An empty deflate block, the CRC-32 of nothing, its length.
        out.write_all(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        rest -= GZIP_MEMBER + body;
    }
    Ok(())
}

/// Fills JSON with trailing spaces to whole buckets.
pub(crate) fn fill_json(json: &mut Vec<u8>) {
    let whole = json.len().div_ceil(INNER_BUCKET).max(1) * INNER_BUCKET;
    json.resize(whole, b' ');
}

fn zeros(out: &mut dyn Write, mut count: u64) -> io::Result<()> {
    const BLOCK: [u8; 8192] = [0; 8192];
    while count > 0 {
        let take = usize::try_from(count).unwrap_or(usize::MAX).min(BLOCK.len());
        out.write_all(BLOCK.get(..take).unwrap_or(&BLOCK))?;
        count -= take as u64;
    }
    Ok(())
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn padme_grows_by_at_most_an_eighth_and_never_shrinks() {
        let mut last = 0;
        for length in (1..3_000_000_u64).step_by(977) {
            let padded = padme(length);
            assert!(padded >= length && padded >= last);
            assert!(padded <= FLOOR.max(length + length / 8), "{length} became {padded}");
            last = padded;
        }
        assert_eq!(padme(100_000), padme(98_305), "both lie in one bucket");
    }

    #[test]
    fn filled_streams_have_the_bucket_size_and_still_decode() {
        for size in [0_usize, 1, 30, 4060, 4070, 4095, 70_000, 1_000_003] {
            let data: Vec<u8> = (0..size).map(|at| (at * at % 251) as u8).collect();
            let mut packed = zstd::stream::encode_all(&data[..], 3).unwrap();
            let length = packed.len() as u64;
            fill_zstd(&mut packed, length).unwrap();
            assert_eq!(packed.len() as u64, padme(length + ZSTD_HEAD));
            assert_eq!(zstd::stream::decode_all(&packed[..]).unwrap(), data);

            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
            encoder.write_all(&data).unwrap();
            let mut packed = encoder.finish().unwrap();
            let length = packed.len() as u64;
            fill_gzip(&mut packed, length).unwrap();
            assert_eq!(packed.len() as u64, padme(length + GZIP_MEMBER));
            let mut back = Vec::new();
            flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
            assert_eq!(back, data);
        }
    }

    #[test]
    fn gzip_filling_leaves_no_rest_at_any_size() {
        // Lengths in a high bucket whose filling crosses the limit of one member.
        for length in (1_048_577..1_060_000_u64).step_by(7) {
            let mut filling = Vec::new();
            fill_gzip(&mut filling, length).unwrap();
            assert_eq!(length + filling.len() as u64, padme(length + GZIP_MEMBER));
        }
    }
}
