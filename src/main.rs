//! The program `zbay`.
fn main() {}
