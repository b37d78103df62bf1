//! Capabilities, each with the same few faces: what it looks at, what differs, what mends it, what is due.
//!
//! [`face::Domain`] says what the faces are; the list at the end of this file makes the sums. A plan is a fold over it, and
//! apply runs steps and knows no domain. What a new one costs, and how to add it: docs/decisions/domains.md.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::Note;
use crate::drift::{Difference, NotKnown};
use crate::finding::Finding;
use crate::machine::{IoError, Machine};
use crate::profile::Profile;
use crate::step::Step;

pub mod care;
pub mod face;
pub mod host;
pub mod keys;
pub mod memory;
pub mod storage;

use face::{Chain, Domain, Job, Moment, Phase, World};

macro_rules! domains {
    ($($name:ident $room:ident),+ $(,)?) => {
        /// What all domains looked at.
        #[derive(Clone, Debug)]
        pub struct Facts {
            $(#[doc = concat!("See [`", stringify!($room), "`].")] pub $room: <$room::$name as Domain>::Facts,)+
        }

        /// One difference between the profile and the machine.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(untagged)]
        pub enum Drift {
            $(#[doc = concat!("See [`", stringify!($room), "`].")] $name(<$room::$name as Domain>::Drift),)+
            /// What could not be known.
            NotKnown(NotKnown),
        }

        /// Looks. Changes nothing.
        ///
        /// # Errors
        /// A file that is there and cannot be read.
        pub fn look(machine: &dyn Machine, profile: &Profile) -> Result<Facts, IoError> {
            Ok(Facts { $($room: $room::$name::look(machine, profile)?,)+ })
        }

        /// Everything in which the machine differs from the profile.
        pub fn drift(world: &World<'_>, facts: &Facts) -> Vec<Drift> {
            let mut all = Vec::new();
            $(
                let found = $room::$name::drift(world, &facts.$room).into_iter();
                all.extend(found.map(|one| one.map_or_else(Drift::NotKnown, Drift::$name)));
            )+
            all
        }

        /// The chains of each domain, in the list's order.
        fn chains(world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Vec<Chain>> {
            vec![$({
                let mine = drift.iter().filter_map(|one| match one {
                    Drift::$name(one) => Some(one.clone()),
                    _ => None,
                });
                $room::$name::steps(world, &facts.$room, &mine.collect::<Vec<_>>())
            },)+]
        }

        /// What a person should know before they agree to `steps`.
        pub fn notes(facts: &Facts, steps: &[Step]) -> Vec<Note> {
            let mut all = Vec::new();
            $(all.extend($room::$name::notes(&facts.$room, steps));)+
            all
        }

        /// What is due.
        pub fn due(world: &World<'_>, moment: Moment) -> Vec<Job> {
            let mut all = Vec::new();
            $(all.extend($room::$name::due(world, moment));)+
            all
        }

        /// What must outlive a reboot on the boot device.
        pub fn keeps() -> Vec<&'static str> {
            let mut all = vec!["/var/lib/zbay"];
            $(all.extend($room::$name::keeps());)+
            all.sort_unstable();
            all.dedup();
            all
        }

        impl Drift {
            fn difference(&self) -> &dyn Difference {
                match self {
                    $(Self::$name(one) => one,)+
                    Self::NotKnown(one) => one,
                }
            }
        }
    };
}

domains! {
    Host host,
    Storage storage,
    Keys keys,
    Care care,
    Memory memory,
}

impl Drift {
    /// True if `apply` mends it.
    pub fn mendable(&self) -> bool {
        self.difference().mendable()
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        self.difference().remedy()
    }

    /// The dataset that is missing or closed; `None`: it is another difference.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::Storage(storage::Drift::DatasetMissing { dataset })
            | Self::Keys(keys::Drift::Locked { dataset, .. }) => Some(dataset),
            _ => None,
        }
    }
}

impl From<&Drift> for Finding {
    fn from(drift: &Drift) -> Self {
        drift.difference().finding()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.difference().fmt(f)
    }
}

/// The steps that mend `drift`.
pub fn steps(world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Step> {
    in_order(chains(world, facts, drift))
}

/// The steps of each domain's chains: phase by phase, and in each the domains in order, to close in reverse.
fn in_order(of_domains: Vec<Vec<Chain>>) -> Vec<Step> {
    let count = of_domains.len();
    let at = |(at, chains): (usize, Vec<Chain>)| chains.into_iter().map(move |chain| (at, chain));
    let mut all: Vec<(usize, Chain)> = of_domains.into_iter().enumerate().flat_map(at).collect();
    all.sort_by_key(|(at, chain)| {
        let turn = if chain.phase == Phase::Close { count - at } else { *at };
        (chain.phase, turn)
    });
    let linked = |chain: Chain| {
        let link = chain.link;
        chain.steps.into_iter().map(move |step| Step { link: link.clone(), ..step })
    };
    all.into_iter().flat_map(|(_, chain)| linked(chain)).collect()
}

#[cfg(test)]
mod tests {
    use super::face::{Chain, Phase};
    use super::in_order;
    use crate::step::{Danger, Effect, step};

    #[test]
    fn access_is_closed_from_the_top_and_opened_from_the_ground() {
        let chain = |phase, name: &str| {
            let one = step(name, Effect::Set, Danger::Harmless, Vec::new());
            Chain::new(phase, name, &[], vec![one])
        };
        let of = |ground: &str| {
            [Phase::Tidy, Phase::Open, Phase::Make, Phase::Close]
                .map(|phase| chain(phase, &format!("{phase:?} {ground}")))
                .to_vec()
        };
        let steps = in_order(vec![of("pool"), of("shares")]);
        let names: Vec<&str> = steps.iter().map(|step| step.what.as_str()).collect();
        let order = [
            ["Close shares", "Close pool"],
            ["Make pool", "Make shares"],
            ["Open pool", "Open shares"],
            ["Tidy pool", "Tidy shares"],
        ];
        assert_eq!(names, order.concat());
        assert!(steps.iter().all(|step| step.link.chain == step.what), "each says its chain");
    }
}
