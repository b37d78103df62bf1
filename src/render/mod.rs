//! Values in, text out.
pub mod contents;
