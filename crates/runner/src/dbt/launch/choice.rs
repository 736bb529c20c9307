//! Whether the launcher may start dbt.

/// Whether the launcher may start dbt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Launcher {
    /// The launcher starts dbt where that changes nothing but the time: the executable is the console script of dbt Core.
    #[default]
    Auto,
    /// dbt is started as it is.
    Off,
}

impl Launcher {
    /// The names of the choices on the command line.
    pub const NAMES: [&str; 2] = ["auto", "off"];

    /// The choice with this name; `None` for an unknown name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}
