//! Words of messages that more than one judge needs.

/// Longest evidence of one finding.
pub const MAX_STEPS: usize = 12;

/// The indefinite article of `noun`.
#[must_use]
pub fn article(noun: &str) -> &'static str {
    let letter_by_letter = noun.starts_with(|c: char| c.is_ascii_uppercase())
        && noun.chars().nth(1).is_some_and(|c| c.is_ascii_uppercase());
    let first = noun.chars().next().unwrap_or('x').to_ascii_lowercase();
    let vowel = if letter_by_letter { "aefhilmnorsx".contains(first) } else { "aeio".contains(first) };
    if vowel { "an" } else { "a" }
}

/// `1 file`, `3 files`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_follow_the_sound() {
        let with = |noun: &str| format!("{} {noun}", article(noun));
        assert_eq!(with("OpenAI key"), "an OpenAI key");
        assert_eq!(with("AWS key"), "an AWS key");
        assert_eq!(with("MCP server"), "an MCP server");
        assert_eq!(with("Vault token"), "a Vault token");
        assert_eq!(with("URL"), "a URL");
        assert_eq!(with("user token"), "a user token");
    }
}
