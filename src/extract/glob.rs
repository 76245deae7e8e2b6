//! Stars in the patterns of models. Input: a pattern and a text. Output: whether the text is what it says.

/// `*` stands for any text; the rest stands as written.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn stars_stand_for_anything() {
        assert!(glob("*.auth.token.create", "Client.auth.token.create"));
        assert!(!glob("*.auth.token.create", "Client.auth.token.create_orphan"));
        assert!(glob("*SignJWT.*sign", "SignJWT.setIssuedAt.sign"));
        assert!(glob("encode", "encode"));
        assert!(!glob("encode", "re.encode"));
    }
}
