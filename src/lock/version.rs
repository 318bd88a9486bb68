//! Versions in the names of tags, and their order.

use std::cmp::Ordering;

/// `v2.3.0`, `2.3`, `v1.0.0-rc.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// What stands behind the first `-`: earlier than the version without it.
    preview: Option<String>,
}

impl Version {
    /// The version in a tag's name. Nothing if it holds none.
    pub fn parse(tag: &str) -> Option<Self> {
        let text = tag.strip_prefix('v').unwrap_or(tag);
        let text = text.split('+').next()?;
        let (numbers, preview) = match text.split_once('-') {
            Some((numbers, preview)) => (numbers, Some(preview.to_owned())),
            None => (text, None),
        };
        let parts: Vec<&str> = numbers.split('.').collect();
        if parts.len() > 3
            || parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return None;
        }
        let mut found = [0; 3];
        for (slot, part) in found.iter_mut().zip(parts) {
            *slot = part.parse().ok()?;
        }
        Some(Self { numbers: found, preview })
    }

    /// What tags can stand in for each other: those of one major version; a tag without a version only for itself.
    pub fn series(tag: &str) -> String {
        match Self::parse(tag) {
            Some(version) => format!("v{}", version.numbers.first().unwrap_or(&0)),
            None => tag.to_owned(),
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.preview, &other.preview) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => previews(one, other),
        })
    }
}

/// `rc.2` before `rc.10`: part by part, numbers by their size and before words.
fn previews(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one.split('.'), other.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn tags_are_ordered_as_versions() {
        let mut tags =
            ["v1.10.0", "1.2", "v1.9.3", "v1.10.0-rc.10", "v1.10.0-rc.2", "v1.10.0-alpha", "v2", "v1.10.0-1"];
        tags.sort_by_key(|tag| Version::parse(tag).unwrap());
        assert_eq!(
            tags,
            ["1.2", "v1.9.3", "v1.10.0-1", "v1.10.0-alpha", "v1.10.0-rc.2", "v1.10.0-rc.10", "v1.10.0", "v2"]
        );
        assert_eq!(Version::series("v1.4.0"), Version::series("1.9"));
        assert_ne!(Version::series("v1.4.0"), Version::series("v2.0.0"));
        assert_eq!(Version::series("stable"), "stable");
        assert_eq!(Version::parse("v1.x"), None);
    }
}
