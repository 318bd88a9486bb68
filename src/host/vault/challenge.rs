//! What a vault says when it is asked without a token: who signs tokens, and for whom.

use super::machine::Machine;
use crate::host::connection::Answer;
use crate::model::vault::VaultSecret;

/// What it says, as far as it is believed.
#[derive(Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The host where one signs in.
    pub authority: String,
    /// The tenant the vault belongs to.
    pub tenant: String,
}

impl Challenge {
    /// Reads it and makes sure that it fits the vault.
    ///
    /// # Errors
    /// It names somebody else's resource, or a place to sign in that is not the cloud's.
    pub fn of(answer: &Answer, secret: &VaultSecret, machine: &dyn Machine) -> Result<Self, String> {
        let host = &secret.host;
        let header = answer.header("www-authenticate").unwrap_or_default();
        let said = |name: &str| parameter(&header, name);
        let resource = said("resource").or_else(|| said("scope")).unwrap_or_default();
        let resource = host_of(&resource).ok_or_else(|| {
            format!("the vault {host} does not say whose tokens it takes, so it is not asked any further")
        })?;
        // Whoever answers in the place of a vault must not get a token for something else.
        if !host.ends_with(&format!(".{resource}")) {
            return Err(format!("the vault {host} asks for a token for {resource}, which is not its own: refused"));
        }
        let signs = said("authorization").or_else(|| said("authorization_uri")).unwrap_or_default();
        let chosen = machine.variable("AZURE_AUTHORITY_HOST").filter(|url| !url.is_empty());
        let authority = match chosen {
            Some(url) => host_of(&url).ok_or("AZURE_AUTHORITY_HOST is no address with https and without a port")?,
            None => secret.cloud.authority.to_owned(),
        };
        let theirs = host_of(&signs).unwrap_or_default();
        let known = ["login.windows.net", "login.partner.microsoftonline.cn"];
        if theirs != authority && !known.contains(&theirs.as_str()) {
            return Err(format!(
                "the vault {host} sends to {theirs} to sign in, and not to {authority}: refused (AZURE_AUTHORITY_HOST \
                 names another one)"
            ));
        }
        let tenant = signs.split("://").nth(1).and_then(|rest| rest.split('/').nth(1)).unwrap_or_default();
        if tenant.is_empty() || !tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) {
            return Err(format!("the vault {host} does not say to which tenant it belongs"));
        }
        Ok(Self { authority, tenant: tenant.to_owned() })
    }
}

/// A parameter of a challenge: `Bearer name="value", …`.
fn parameter(header: &str, name: &str) -> Option<String> {
    let rest = header.trim().split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?.1;
    rest.split(',').find_map(|part| {
        let (key, value) = part.trim().split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// The host of an address with `https`, without a port.
fn host_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?.trim_end_matches(":443");
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    (plain && host.contains('.')).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{host_of, parameter};

    #[test]
    fn parameters_and_hosts_are_read() {
        let header =
            r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
        assert_eq!(parameter(header, "resource").unwrap(), "https://vault.azure.net");
        assert_eq!(parameter(header, "Authorization").unwrap(), "https://login.microsoftonline.com/t");
        assert_eq!(parameter("Basic resource=x", "resource"), None);
        assert_eq!(host_of("https://Vault.azure.net/.default").as_deref(), Some("vault.azure.net"));
        assert_eq!(host_of("https://a.b:443/").as_deref(), Some("a.b"));
        for other in
            ["http://vault.azure.net", "https://x@vault.azure.net", "https://vault.azure.net:99", "https://net"]
        {
            assert_eq!(host_of(other), None, "{other}");
        }
    }
}
