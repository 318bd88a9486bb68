//! cairn-provider-net
