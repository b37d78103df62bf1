//! Options of risk, power and money, which `capacity LAYOUT` and `optimal --drives` share.

use clap::Args;

use super::Context;
use crate::inventory::Want;
use crate::risk::money::{Cost, MoneyError, Price};
use crate::risk::power::{Case, Power};
use crate::risk::{Amount, Assumed, Rate};
use crate::units::Bytes;

/// What is assumed and what is told.
#[derive(Clone, Debug, Args)]
pub struct OddsArgs {
    /// How often drives fail: a yearly rate like 1.5%, or a model from zbay's table (`zbay help capacity`) (default:
    /// the rate of the drives' models if known, otherwise 1.57%).
    #[arg(long, value_name = "RATE|MODEL")]
    pub afr: Option<Rate>,
    /// Hours until a new drive is in the server, 0 to 8766 (default: 48).
    #[arg(long, value_name = "HOURS", value_parser = Amount::hours)]
    pub wait: Option<Amount>,
    /// How much more likely another drive fails once one has, 1 to 1000 (default: 1).
    #[arg(long, value_name = "FACTOR", value_parser = Amount::factor)]
    pub correlation: Option<Amount>,
    /// How full the drives are: a resilver copies only that much (default: 100%).
    #[arg(long, value_name = "PERCENT", value_parser = Amount::percent)]
    pub full: Option<Amount>,
    /// Price of a drive of a given size: 4TB=90, in any currency; once per size.
    #[arg(long, value_name = "SIZE=PRICE")]
    pub price: Vec<Price>,
}

/// What only a pool has, and not a way to share out drives.
#[derive(Clone, Debug, Args)]
pub struct PoolArgs {
    /// Hot spares, 0 to 100: with one, a resilver does not wait for a new drive.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100), requires = "layout")]
    pub spares: Option<u32>,
    /// Watts per drive, over 0 and up to 100 (default: 4 to 8).
    #[arg(long, value_name = "N", value_parser = Amount::watts, requires = "layout")]
    pub watts: Option<Amount>,
    /// Price of one kWh.
    #[arg(long, value_name = "PRICE", value_parser = Amount::money, requires = "price")]
    pub kwh: Option<Amount>,
}

impl OddsArgs {
    /// The first option that was given, for a command line where none has a meaning.
    pub fn given(&self) -> Option<&'static str> {
        let amounts =
            [(&self.wait, "--wait"), (&self.correlation, "--correlation"), (&self.full, "--full")];
        let amount = amounts.into_iter().find(|(amount, _)| amount.is_some()).map(|(_, name)| name);
        let afr = self.afr.is_some().then_some("--afr");
        afr.or(amount).or((!self.price.is_empty()).then_some("--price"))
    }

    /// What is assumed.
    pub fn assumed(&self, spares: u32) -> Assumed {
        let usual = Assumed::default();
        Assumed {
            waiting: self.wait.unwrap_or(usual.waiting),
            correlation: self.correlation.unwrap_or(usual.correlation),
            full: self.full.unwrap_or(usual.full),
            spares,
            ..usual
        }
    }

    /// The rate of drives of these models, unless one was told.
    pub fn rate(&self, models: &[Option<String>]) -> Rate {
        self.afr.unwrap_or_else(|| Rate::mean(models.iter().map(Option::as_deref)))
    }

    /// What the drives cost.
    ///
    /// # Errors
    /// Prices that do not fit them.
    pub fn cost(
        &self,
        drives: &[(Bytes, u64)],
        usable: Bytes,
        kwh: Option<Amount>,
        power: &Power,
    ) -> Result<Option<Cost>, MoneyError> {
        Cost::of(drives, usable, &self.price, kwh, power)
    }
}

/// The box, where its description says what it draws.
pub fn case(context: &Context) -> Option<Case> {
    let host = context.look(Want::IDENTITY).ok()?.host;
    let (hw, is_known) = context.hw(&host).ok()?;
    let power = hw.value.power.filter(|_| is_known)?;
    let watts = (power.from.min(power.to), power.from.max(power.to));
    Some(Case { title: hw.value.title, watts, source: power.source })
}
