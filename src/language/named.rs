//! Text with a rule: what makes it an address of the web, a domain, an account.

/// Why a text is none of the named kind; nothing if it is.
pub fn fault(kind: &str, text: &str) -> Option<&'static str> {
    let good = match kind {
        "Url" => text.starts_with("https://") && text.len() > 8 || text.starts_with("http://") && text.len() > 7,
        "DomainName" => is_domain(text),
        "Email" => text.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && is_domain(domain)),
        "Arn" => text.starts_with("arn:") && text.matches(':').count() >= 5,
        "Schedule" => text.starts_with("cron(") || text.starts_with("every(") || text.starts_with("rate("),
        "aws.AccountId" => text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
        "aws.Region" => is_region(text),
        _ => true,
    };
    if good {
        return None;
    }
    Some(match kind {
        "Url" => "it starts with https:// or http://",
        "DomainName" => "labels of letters, digits and hyphens with dots between them",
        "Email" => "a name, @ and a domain",
        "Arn" => "arn:partition:service:region:account:resource",
        "Schedule" => "cron(…) or every(…)",
        "aws.AccountId" => "an account has twelve digits",
        _ => "such as eu-central-1",
    })
}

fn is_domain(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let labels: Vec<&str> = text.split('.').collect();
    let label = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
            || *label == "*"
    };
    labels.len() >= 2 && text.len() <= 253 && labels.iter().all(label)
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn named_text_has_a_rule() {
        for (kind, text) in [
            ("Url", "https://a"),
            ("DomainName", "shop.example"),
            ("DomainName", "*.shop.example"),
            ("Email", "a@b.example"),
            ("Arn", "arn:aws:s3:::b"),
            ("aws.AccountId", "111122223333"),
        ] {
            assert_eq!(fault(kind, text), None, "{text}");
        }
        for (kind, text) in
            [("Url", "a.example"), ("DomainName", "shop"), ("DomainName", "-a.b"), ("aws.AccountId", "12")]
        {
            assert!(fault(kind, text).is_some(), "{text}");
        }
    }
}
