//! Which models are shingled (SMR), and which are not, as their makers have said.
//!
//! A list of the bad ones alone would call every other model good. Makers have named both: what stands in neither list is not
//! known. Sources: Western Digital, "On WD Red NAS Drives" (April 2020) with its list of drives by technology; Seagate, "CMR and
//! SMR hard drives" (its list by series: all 2.5-inch `BarraCuda` and Archive are SMR, `IronWolf`, `SkyHawk` and Exos X are CMR);
//! Toshiba, its list of client drives of April 2020. A drive behind a bridge may say only part of its name.

/// What a model's name begins with.
const SHINGLED: &[&str] = &[
    "WD20EFAX",
    "WD30EFAX",
    "WD40EFAX",
    "WD60EFAX",
    "WD20EZAZ",
    "WD60EZAZ",
    "WD10SPZX",
    "WD20SPZX",
    "WD10SPSX",
    "ST8000AS00",
    "ST5000AS00",
    "ST6000AS00",
    "ST5000DM000",
    "ST2000DM005",
    "ST2000DM008",
    "ST3000DM007",
    "ST4000DM004",
    "ST6000DM003",
    "ST8000DM004",
    "ST500LM030",
    "ST500LM034",
    "ST1000LM035",
    "ST1000LM048",
    "ST1000LM049",
    "ST2000LM007",
    "ST2000LM015",
    "ST3000LM016",
    "ST3000LM024",
    "ST4000LM016",
    "ST4000LM024",
    "ST5000LM000",
    "HDWD240",
    "HDWD260",
    "DT02ABA",
    "DT02VABA",
    "HDWL110",
    "HDWL120",
    "MQ04ABF",
    "MQ04ABD",
    "MQ04UB",
];

/// Series that their makers call conventional: Western Digital's Red Plus, Red Pro and Gold end so.
const WD_CONVENTIONAL: &[&str] =
    &["EFRX", "EFZX", "EFPX", "FFWX", "FFBX", "FFSX", "KFGX", "FRYZ", "VRYZ", "FYYZ", "KRYZ"];
/// Toshiba's N300, and its MG series for servers.
const TOSHIBA_CONVENTIONAL: &[&str] =
    &["HDWG", "HDWN", "MG04", "MG05", "MG06", "MG07", "MG08", "MG09", "MG10"];
/// Seagate's `IronWolf` (VN), its Pro (NE, NT), `SkyHawk` AI (VE) and Exos X (NM), after `ST` and the capacity.
const SEAGATE_CONVENTIONAL: &[&str] = &["VN", "NE", "NT", "VE", "NM"];

fn words(model: &str) -> impl Iterator<Item = &str> {
    model.split([' ', '_'])
}

/// The shingled model that this is, if its maker has said so: `WDC WD40EFAX-68JH4N0`.
pub fn shingled(model: &str) -> Option<&'static str> {
    words(model).find_map(|word| SHINGLED.iter().copied().find(|known| word.starts_with(known)))
}

/// Whether a hard disk of this model is shingled; `None`: its maker has not said.
pub fn is_shingled(model: &str) -> Option<bool> {
    if shingled(model).is_some() {
        return Some(true);
    }
    words(model).any(conventional).then_some(false)
}

fn conventional(word: &str) -> bool {
    let after = |word: &'_ str, maker: &str| {
        let rest = word.strip_prefix(maker)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (digits > 0).then(|| rest[digits..].to_owned())
    };
    let begins = |series: &[&str], word: &str| series.iter().any(|it| word.starts_with(it));
    after(word, "WD").is_some_and(|rest| begins(WD_CONVENTIONAL, &rest))
        || after(word, "ST").is_some_and(|rest| begins(SEAGATE_CONVENTIONAL, &rest))
        || begins(TOSHIBA_CONVENTIONAL, word)
}

#[cfg(test)]
mod tests {
    use super::{is_shingled, shingled};

    #[test]
    fn a_model_is_shingled_or_not_where_its_maker_has_said_so() {
        for (model, wanted) in [
            ("WDC WD40EFAX-68JH4N0", Some(true)),
            ("WDC WD10SPSX-22A6WT0", Some(true)),
            ("ST4000DM004-2CV104", Some(true)),
            ("ST4000LM024-2AN17V", Some(true)),
            ("ST2000DM005-2CW102", Some(true)),
            ("TOSHIBA HDWL110", Some(true)),
            ("TOSHIBA MQ04ABF100", Some(true)),
            ("TOSHIBA_MQ04ABD200", Some(true)),
            ("WDC WD40EFRX-68N32N0", Some(false)),
            ("ST8000VN004-2M2101", Some(false)),
            ("ST16000NM001G-2KK103", Some(false)),
            ("TOSHIBA HDWN180", Some(false)),
            ("ST4000DM000-1F2168", None),
            ("SAMSUNG HD103UJ", None),
            ("QEMU HARDDISK", None),
            ("STÅ", None),
            ("", None),
        ] {
            assert_eq!(is_shingled(model), wanted, "{model}");
            assert_eq!(shingled(model).is_some(), wanted == Some(true));
        }
    }
}
