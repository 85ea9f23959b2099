//! The content of a packet -> what a member of the view makes of it.
#![no_main]

use base::Rng;
use fuzz::{Target, packet};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    Target::Packet.check(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut random = Rng::new(u64::from(seed));
    if random.percent(30) {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut content = if size == 0 { packet::generate(&mut random) } else { data[..size].to_vec() };
    packet::mutate(&mut content, &mut random);
    if content.len() > max_size {
        return fuzzer_mutate(data, size, max_size);
    }
    data[..content.len()].copy_from_slice(&content);
    content.len()
});
