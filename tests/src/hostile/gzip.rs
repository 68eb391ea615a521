//! gzip streams (RFC 1952) that are bombs or broken.

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// Magic, deflate, no flags, no time, no hints, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// A last block of deflate with nothing in it (RFC 1951, 3.2.3: BFINAL, fixed codes, end of block).
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];
const BLOCK: usize = 1 << 20;

/// A gzip stream of zeros, in parts so that it need not be in memory: correct to its checksum.
#[derive(Debug)]
pub(crate) struct Bomb {
    /// One block of zeros, ending at a byte's border, so that it can be said again and again.
    pub(crate) block: Vec<u8>,
    /// How often the block stands in the stream.
    pub(crate) times: usize,
    /// The last block, the checksum and the length.
    pub(crate) end: Vec<u8>,
}

impl Bomb {
    /// A bomb of `mebibytes` MiB.
    pub(crate) fn new(mebibytes: usize) -> Self {
        let zeros = vec![0; BLOCK];
        let mut block = Vec::with_capacity(BLOCK / 100);
        Compress::new(Compression::best(), false)
            .compress_vec(&zeros, &mut block, FlushCompress::Full)
            .expect("compressing to memory cannot fail");

        let mut one = Crc::new();
        one.update(&zeros);
        let mut all = Crc::new();
        for _ in 0..mebibytes {
            all.combine(&one);
        }
        let mut end = LAST_BLOCK.to_vec();
        end.extend(all.sum().to_le_bytes());
        // RFC 1952 wants the length modulo 2^32.
        end.extend(((mebibytes * BLOCK) as u32).to_le_bytes());
        Self {
            block,
            times: mebibytes,
            end,
        }
    }

    pub(crate) const fn header() -> [u8; 10] {
        HEADER
    }
}

/// The first half of `text` in gzip.
pub(crate) fn half(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).expect("compressing to memory cannot fail");
    let mut whole = encoder.finish().expect("compressing to memory cannot fail");
    whole.truncate(whole.len() / 2);
    whole
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_bomb_is_a_correct_stream_of_zeros() {
        let bomb = Bomb::new(3);
        let stream = [&HEADER[..], &bomb.block.repeat(bomb.times), &bomb.end].concat();
        assert!(stream.len() < 8_000, "{}", stream.len());
        let mut zeros = Vec::new();
        GzDecoder::new(&stream[..]).read_to_end(&mut zeros).unwrap();
        assert_eq!(zeros.len(), 3 * BLOCK);
        assert!(zeros.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn half_a_stream_ends_too_early() {
        let mut text = String::new();
        let error = GzDecoder::new(&half(&super::super::large_page(20_000))[..])
            .read_to_string(&mut text)
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
