//! The text of a CIB -> configuration and status, and the text of these.
//!
//! A text is changed by letters and pieces of XML as `fuzz::cib_file::mutate_text` does it, most of the time;
//! otherwise byte by byte. What is no text is replaced by a generated text.
#![no_main]

use base::Rng;
use fuzz::{Target, cib_file};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    Target::Cib.check(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Rng::new(u64::from(seed));
    if random.percent(30) {
        return fuzzer_mutate(data, size, max_size);
    }
    let read = std::str::from_utf8(&data[..size]).ok().filter(|text| !text.is_empty());
    let mut text = read.map_or_else(|| cib_file::generate_text(&mut random), ToOwned::to_owned);
    cib_file::mutate_text(&mut text, &mut random);
    if text.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
});
