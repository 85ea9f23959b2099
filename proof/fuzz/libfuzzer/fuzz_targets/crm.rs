//! A text in the crm shell's language -> edits, what they make, and that shown and loaded again.
//!
//! A text is changed by lines, words and letters as `fuzz::crm_file::mutate` does it, most of the time;
//! otherwise byte by byte. What is no text is replaced by a generated text.
#![no_main]

use base::Rng;
use fuzz::{Target, crm_file};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    Target::Crm.check(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Rng::new(u64::from(seed));
    if random.percent(30) {
        return fuzzer_mutate(data, size, max_size);
    }
    let read = std::str::from_utf8(&data[..size]).ok().filter(|text| !text.is_empty());
    let mut text = read.map_or_else(|| crm_file::generate_text(&mut random), ToOwned::to_owned);
    crm_file::mutate(&mut text, &mut random);
    if text.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
});
