//! Numbers that look random.

/// The same numbers for the same seed (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// A new seed each time, unless a failure is to be repeated.
    pub(crate) fn from_env() -> Self {
        let seed = std::env::var_os("PREFECT_DBT_TEST_SEED")
            .and_then(|seed| seed.to_string_lossy().parse().ok())
            .unwrap_or_else(|| jiff::Timestamp::now().as_microsecond().unsigned_abs());
        Self(seed)
    }

    /// What to set to repeat a test that has just begun.
    pub(crate) fn seed(&self) -> String {
        format!("PREFECT_DBT_TEST_SEED={}", self.0)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = (mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap_or(u64::MAX);
        usize::try_from(below).unwrap_or_default()
    }
}
