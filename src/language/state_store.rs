//! The stores that a header can name, and their fields.

/// A field of a store.
#[derive(Clone, Copy, Debug)]
pub struct StoreField {
    /// Its name.
    pub name: &'static str,
    /// Whether it has to be there.
    pub required: bool,
    /// Whether it is a secret.
    pub secret: bool,
}

/// A store.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// Its name.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [StoreField],
    /// How it is written.
    pub example: &'static str,
}

const fn text(name: &'static str) -> StoreField {
    StoreField { name, required: true, secret: false }
}

const fn optional(name: &'static str) -> StoreField {
    StoreField { name, required: false, secret: false }
}

const fn secret(name: &'static str) -> StoreField {
    StoreField { name, required: true, secret: true }
}

/// All stores.
pub const STORES: [Store; 4] = [
    Store { name: "LocalState", fields: &[], example: "state: LocalState {}" },
    Store {
        name: "S3State",
        fields: &[text("bucket"), text("region"), text("key"), optional("endpoint")],
        example: "state: S3State { bucket: \"acme-cairn\", region: \"eu-central-1\", key: \"shop/${env}\" }",
    },
    Store {
        name: "AzureBlobState",
        fields: &[text("account"), text("container"), text("key"), optional("endpoint")],
        example: "state: AzureBlobState { account: \"acmecairn\", container: \"state\", key: \"shop/${env}\" }",
    },
    Store {
        name: "PostgresState",
        fields: &[secret("url"), optional("key")],
        example: "state: PostgresState { url: secret(\"env:CAIRN_STATE_URL\") }",
    },
];

/// The store of a name.
pub fn store(name: &str) -> Option<&'static Store> {
    STORES.iter().find(|store| store.name == name)
}
