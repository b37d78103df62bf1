//! zbay
