//! CIB text -> decision -> everything that is shown of it.
//!
//! Mutation is structure-aware: a text that is well-formed is changed as a tree, as `fuzz::mutate`
//! does it, most of the time; otherwise byte by byte. A text that is none is replaced by a
//! generated cluster.
#![no_main]

use base::Rng;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        fuzz::check(text);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Rng::new(u64::from(seed));
    if random.percent(5) {
        return fuzzer_mutate(data, size, max_size);
    }
    let read = std::str::from_utf8(&data[..size]).ok().and_then(|it| cib::read_element(it).ok());
    let mut tree = read.unwrap_or_else(|| fuzz::generate(&mut random, fuzz::Manner::Any));
    fuzz::mutate(&mut tree, &mut random);
    let text = cib::write_element(&tree);
    if text.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
});
