//! "Did you mean": the names nearest to one that does not exist.

/// The nearest names, best first: at most `count`, none that differs in more than a third of its letters.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, count: usize) -> Vec<&'a str> {
    let limit = (name.chars().count().max(3) / 3).max(1);
    let folded = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            if candidate.len().abs_diff(name.len()) > limit && !related(&folded, candidate) {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&folded, &candidate.to_lowercase());
            if distance <= limit {
                return Some((distance, candidate));
            }
            related(&folded, candidate).then_some((limit + 1, candidate))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(count).map(|(_, candidate)| candidate).collect()
}

/// The nearest name.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    closest(name, candidates, 1).first().copied()
}

/// The one name that must have been meant: long enough to tell, near, and no other as near.
pub fn clear<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let folded = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= length / 3)
        .collect();
    near.sort();
    near.dedup();
    match near.as_slice() {
        [(_, only)] => Some(only),
        [(first, best), (second, _), ..] if first < second => Some(best),
        _ => None,
    }
}

/// Whether one name is the end of the other, as `instance` is of `db_instance`.
fn related(folded: &str, candidate: &str) -> bool {
    let candidate = candidate.to_lowercase();
    folded.len() >= 4 && (candidate.ends_with(folded) || candidate.len() >= 4 && folded.ends_with(candidate.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{clear, closest, nearest};

    #[test]
    fn a_name_is_clear_if_no_other_is_as_near() {
        assert_eq!(clear("privat", ["public", "private", "prime"]), Some("private"));
        assert_eq!(clear("zone_c", ["zone_a", "zone_b"]), None);
        assert_eq!(clear("ab", ["ac"]), None);
        assert_eq!(clear("instance", ["db_instance"]), None);
    }

    #[test]
    fn the_nearest_name_is_found() {
        assert_eq!(nearest("privat", ["public", "private", "prime"]), Some("private"));
        assert_eq!(nearest("cidr_blok", ["cidr_block", "tags"]), Some("cidr_block"));
        assert_eq!(nearest("Instance", ["DbInstance", "DbCluster"]), Some("DbInstance"));
        assert_eq!(nearest("xyz", ["alpha", "beta"]), None);
        assert_eq!(closest("ab", ["ac", "ad", "zz"], 3), ["ac", "ad"]);
    }
}
