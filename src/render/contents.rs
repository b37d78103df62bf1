//! stub
use crate::inventory::Owner;
/// sentence
pub fn sentence(owner: &Owner) -> String {
    format!("{owner:?}")
}
/// keep
pub fn keep(_owner: &Owner) -> String {
    String::new()
}
