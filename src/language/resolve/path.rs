//! Paths of imports, without a disk.

/// Joins a directory (empty or with a slash at the end) and a relative path, and removes `.` and `..` where possible.
pub fn join(directory: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(relative.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The directory of a path, empty or with a slash at the end.
pub fn directory(path: &str) -> String {
    path.rfind('/').map_or_else(String::new, |at| path.get(..=at).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{directory, join};

    #[test]
    fn paths_are_joined_without_a_disk() {
        assert_eq!(join("", "./a.cairn"), "a.cairn");
        assert_eq!(join("lib/", "../shared/a.cairn"), "shared/a.cairn");
        assert_eq!(join("", "../../a.cairn"), "../../a.cairn");
        assert_eq!(directory("lib/a.cairn"), "lib/");
        assert_eq!(directory("a.cairn"), "");
    }
}
