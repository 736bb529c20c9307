//! Where the ledger of a run is kept.

/// Where the ledger of a run is kept: what a retry must know, if the disk of the attempt before is gone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerMode {
    /// In Prefect, if this process sets the states of the flow run.
    Auto,
    /// The same. A ledger that Prefect cannot store is a warning.
    Prefect,
    /// Only on disk, beside the journals.
    #[default]
    Off,
}

impl LedgerMode {
    /// The names on the command line.
    pub const NAMES: [&str; 3] = ["auto", "prefect", "off"];

    /// The mode with this name; `None` for an unknown name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let modes = [Self::Auto, Self::Prefect, Self::Off];
        let index = Self::NAMES.iter().position(|known| *known == name)?;
        Some(modes[index])
    }
}
