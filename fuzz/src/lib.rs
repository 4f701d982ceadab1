//! What the fuzz targets share.

use seqcheck::fuzzing;

/// Writes a changed trace in the place of the first `size` bytes of `data`, and says how long it is.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let most = max_size.min(data.len());
    match fuzzing::mutate(&data[..size.min(most)], most, seed.into()) {
        Some(text) => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        None => size.min(most),
    }
}
