//! The virtual boxes.
