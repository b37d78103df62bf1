//! Work on many small things of one kind, shared out over the processors.

use std::num::NonZero;
use std::thread;

/// For fewer things a thread costs more than it saves.
const FEW: usize = 32;

/// What `work` makes of the things, a share at a time, in their order.
///
/// # Panics
/// Where `work` does.
pub fn shared_out<T: Sync, R: Send>(things: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = match things.len() {
        0..FEW => 1,
        _ => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let mut shares = things.chunks(things.len().div_ceil(threads).max(1));
    let first = shares.next().unwrap_or_default();
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let mut made = vec![work(first)];
        for other in others {
            match other.join() {
                Ok(one) => made.push(one),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    })
}

#[cfg(test)]
mod tests {
    use super::shared_out;

    #[test]
    fn all_in_order_however_many() {
        for count in [0, 1, 31, 32, 33, 1000] {
            let things: Vec<usize> = (0..count).collect();
            let made = shared_out(&things, <[usize]>::to_vec);
            assert_eq!(made.concat(), things);
        }
    }
}
