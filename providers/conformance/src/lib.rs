//! cairn-conformance
