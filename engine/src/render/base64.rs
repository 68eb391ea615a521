//! Base 64 (RFC 4648, section 4), in which the `DevTools` protocol and HTTP's Basic scheme write bytes.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes as text, padded.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) as usize & 63;
            text.push(if place <= chunk.len() {
                char::from(ALPHABET[sextet])
            } else {
                '='
            });
        }
    }
    text
}

/// The bytes of a text; `None` where it is no padded base 64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let value = {
        let mut values = [None; 256];
        for (value, &letter) in (0_u32..).zip(ALPHABET) {
            values[usize::from(letter)] = Some(value);
        }
        move |letter: &u8| values[usize::from(*letter)]
    };
    let unpadded = text
        .strip_suffix("==")
        .or_else(|| text.strip_suffix('='))
        .unwrap_or(text);
    if !text.len().is_multiple_of(4) || unpadded.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(unpadded.len() / 4 * 3 + 2);
    for chunk in unpadded.as_bytes().chunks(4) {
        let bits = chunk
            .iter()
            .try_fold(0, |bits, letter| Some(bits << 6 | value(letter)?))?
            << (6 * (4 - chunk.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_examples_and_every_byte() {
        let check = |plain: &str, text: &str| {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        };
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)), Some(all));
    }

    #[test]
    fn what_is_no_base_64_is_refused() {
        for text in ["Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm9-", "Zg==Zg=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
