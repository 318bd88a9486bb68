//! AWS Systems Manager: parameters, as far as they are looked up.

resources! { ; look_up: parameter }
