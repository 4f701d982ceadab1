//! The corpus is part of the program, which Cargo does not notice by itself.

fn main() {
    println!("cargo:rerun-if-changed=../corpus");
}
