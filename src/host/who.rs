//! Who is working, for people who find a lock.

/// User, host and process.
pub fn who() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "somebody".to_owned());
    let host =
        std::fs::read_to_string("/etc/hostname").map_or_else(|_| "this host".to_owned(), |name| name.trim().to_owned());
    format!("{user} on {host}, process {}", std::process::id())
}
