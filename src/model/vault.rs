//! Secrets of Azure's key vaults by their names. Pure.

/// A cloud of Azure's, told by the names of its vaults.
#[derive(Debug, PartialEq, Eq)]
pub struct VaultCloud {
    /// What the names of its vaults end in, and what tokens for them are asked for.
    pub suffix: &'static str,
    /// Where one signs in.
    pub authority: &'static str,
}

/// The clouds, the public one first.
pub const CLOUDS: [VaultCloud; 3] = [
    VaultCloud { suffix: "vault.azure.net", authority: "login.microsoftonline.com" },
    VaultCloud { suffix: "vault.azure.cn", authority: "login.chinacloudapi.cn" },
    VaultCloud { suffix: "vault.usgovcloudapi.net", authority: "login.microsoftonline.us" },
];

/// A secret of a vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSecret {
    /// The vault's host.
    pub host: String,
    /// The cloud it is in.
    pub cloud: &'static VaultCloud,
    /// The secret's name.
    pub name: String,
    /// The version; the current one if there is none.
    pub version: Option<String>,
}

impl VaultSecret {
    /// Reads `VAULT/NAME` or `VAULT/NAME/VERSION`. The vault is a name of the public cloud, or a host of any.
    ///
    /// # Errors
    /// It is none; the words say what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split('/');
        let (Some(vault), Some(name), version, None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err("it takes a vault, a name, and perhaps a version".to_owned());
        };
        let vault = vault.to_ascii_lowercase();
        let (short, cloud) = match vault.split_once('.') {
            None => (vault.as_str(), CLOUDS.first()),
            Some((short, suffix)) => (short, CLOUDS.iter().find(|cloud| cloud.suffix == suffix)),
        };
        let Some(cloud) = cloud else {
            let known: Vec<&str> = CLOUDS.iter().map(|cloud| cloud.suffix).collect();
            return Err(format!("the host of a vault ends in {}", known.join(" or ")));
        };
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !(3..=24).contains(&short.len()) || !plain(short) || short.starts_with('-') || short.ends_with('-') {
            return Err(format!("`{short}` is no name of a vault: 3 to 24 letters, digits and hyphens"));
        }
        if name.is_empty() || name.len() > 127 || !plain(name) {
            return Err(format!("`{name}` is no name of a secret there: letters, digits and hyphens"));
        }
        if let Some(version) = version
            && (version.is_empty() || version.len() > 64 || !plain(version))
        {
            return Err(format!("`{version}` is no version of a secret"));
        }
        Ok(Self {
            host: format!("{short}.{}", cloud.suffix),
            cloud,
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }

    /// The path of the secret at its vault.
    pub fn path(&self) -> String {
        let version = self.version.as_ref().map(|version| format!("/{version}")).unwrap_or_default();
        format!("/secrets/{}{version}?api-version=7.4", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::VaultSecret;

    #[test]
    fn vaults_are_named_by_name_or_host() {
        for (text, host, path) in [
            ("shop/token", "shop.vault.azure.net", "/secrets/token?api-version=7.4"),
            ("Shop-1/db/0123abc", "shop-1.vault.azure.net", "/secrets/db/0123abc?api-version=7.4"),
            ("shop.vault.azure.cn/token", "shop.vault.azure.cn", "/secrets/token?api-version=7.4"),
            ("shop.vault.usgovcloudapi.net/t", "shop.vault.usgovcloudapi.net", "/secrets/t?api-version=7.4"),
        ] {
            let secret = VaultSecret::parse(text).unwrap();
            assert_eq!((secret.host.as_str(), secret.path().as_str()), (host, path), "{text}");
            assert!(host.ends_with(secret.cloud.suffix));
        }
    }

    #[test]
    fn nothing_else_is_a_vault() {
        for text in [
            "shop",
            "shop/",
            "/token",
            "shop/a/b/c",
            "shop/a_b",
            "sh/token",
            "-shop/token",
            "shop.example.com/token",
            "shop.vault.azure.net.example.com/token",
            "shop@example/token",
            "shop:443/token",
            "shop/token?x=y",
            "shop/token/",
        ] {
            assert!(VaultSecret::parse(text).is_err(), "{text}");
        }
    }
}
