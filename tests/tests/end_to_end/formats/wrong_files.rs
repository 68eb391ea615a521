//! What is read back proves nothing unless readers find what is wrong.

use super::readers;

#[test]
fn every_reader_finds_what_is_wrong_with_a_file() {
    if let Err(said) = readers::selftest() {
        panic!("{said}");
    }
}
