//! What does a packet hold, field by field?

/// Fields of a packet, one after the other.
pub(super) struct Fields<'p>(pub(super) &'p [u8]);

impl<'p> Fields<'p> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Bytes up to the next zero, which is skipped; all of them where there is none.
    pub(super) fn until_zero(&mut self) -> &'p [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let text = self.take(end.unwrap_or(self.0.len())).unwrap_or_default();
        self.take(usize::from(end.is_some()));
        text
    }

    /// A length that says how long it is itself; the inner none is no value.
    #[inline]
    pub(super) fn length(&mut self) -> Option<Option<usize>> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(Some(match *first {
            short @ ..=0xfa => usize::from(short),
            0xfb => return Some(None),
            0xfc => usize::from(self.u16()?),
            0xfd => usize::from(self.u16()?) | usize::from(self.u8()?) << 16,
            0xfe => usize::try_from(u64::from_le_bytes(self.take(8)?.try_into().ok()?)).ok()?,
            0xff => return None,
        }))
    }

    /// A text after its length; the outer none is a packet cut short, the inner one no value.
    #[inline]
    pub(super) fn value(&mut self) -> Option<Option<&'p [u8]>> {
        match self.length()? {
            None => Some(None),
            Some(length) => self.take(length).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_say_how_long_they_are() {
        let mut fields = Fields(&[7, 0xfb, 0xfc, 1, 2, 0xfd, 1, 0, 1, 0xfe, 1, 0, 0, 0, 0, 0, 0, 0, 0xff]);
        let read: Vec<_> = std::iter::from_fn(|| fields.length()).collect();
        assert_eq!(read, [Some(7), None, Some(0x201), Some(0x1_0001), Some(1)]);
        assert_eq!(Fields(&[3, b'a']).value(), None);
        assert_eq!(Fields(&[1, b'a']).value(), Some(Some(&b"a"[..])));
        let mut words = Fields(b"one\0two");
        assert_eq!((words.until_zero(), words.until_zero(), words.until_zero()), (&b"one"[..], &b"two"[..], &b""[..]));
    }
}
