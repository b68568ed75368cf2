//! How is a person or a partner read from the file in which an installation wrote it, to be brought in here by name?

use std::collections::BTreeSet;
use std::path::Path;

use causeway_model::partner::Profile;
use causeway_model::permission::Role;
use serde::Deserialize;
use serde_json::Value;

use crate::documents::Read;
use crate::error::EngineError;

/// A person, as `configuration export` writes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OfficerFile {
    /// The name.
    pub officer: String,
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// The partner for which the person works.
    #[serde(default)]
    pub partner: Option<String>,
    /// The public key, PEM.
    pub public_key: String,
}

/// A partner, as `configuration export` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerFile {
    /// Who it is.
    pub profile: Profile,
    /// The age recipient.
    pub recipient: String,
    /// The public key that receipts are signed with, PEM.
    pub signing: String,
}

/// Reads a person's file, from whichever installation.
pub fn officer_file(path: &Path) -> Result<OfficerFile, EngineError> {
    Ok(Read::file(path)?.value)
}

/// Reads a partner's file, from whichever installation. Its state is not taken over, and neither is what it attested.
pub fn partner_file(path: &Path) -> Result<PartnerFile, EngineError> {
    let read: Read<Value> = Read::file(path)?;
    let mut members = read.value.as_object().cloned().unwrap_or_default();
    let keys = members.remove("keys").unwrap_or_default();
    members.retain(|member, _| member != "of" && member != "state");
    let profile: Profile = serde_json::from_value(Value::Object(members))
        .map_err(|error| EngineError::Wrong(format!("`{}` is no partner's file: {error}", path.display())))?;
    let key = |name: &str| {
        let text = keys.get(name).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| EngineError::Wrong(format!("`{}` holds no `keys.{name}`: export it again", path.display())))
    };
    Ok(PartnerFile { profile, recipient: key("recipient")?, signing: key("signing")? })
}
