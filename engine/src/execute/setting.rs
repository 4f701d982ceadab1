//! Parameters that only a server has which runs on the model (manual, "Server Configuration").

use super::Execution;

/// Those that are always the same, and what they show.
const FIXED: [(&str, &str); 4] = [
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("max_identifier_length", "63"),
    ("server_encoding", "UTF8"),
];

impl Execution<'_> {
    /// A parameter that the server tells and nobody changes: its name in its own spelling, and its value.
    pub(super) fn served_parameter(&self, name: &str) -> Option<(&'static str, String)> {
        let host = self.shared.settings.host.as_ref()?;
        Some(match name.to_ascii_lowercase().as_str() {
            "server_version" => ("server_version", host.version.clone()),
            "server_version_num" => {
                ("server_version_num", (u32::from(self.shared.settings.major.number()) * 10_000).to_string())
            }
            "max_prepared_transactions" => {
                ("max_prepared_transactions", self.shared.settings.max_prepared_transactions.to_string())
            }
            "is_superuser" => ("is_superuser", if self.is_superuser() { "on" } else { "off" }.to_owned()),
            other => FIXED.iter().find(|(name, _)| *name == other).map(|(name, value)| (*name, (*value).to_owned()))?,
        })
    }
}
