//! Values that are held elsewhere or encrypted, and values in Kubernetes Secrets, which are only
//! encoded. Input: a value, or a document. Output: how it is held, or the decoded values.

use std::ops::Range;

use base64::Engine as _;

/// How a value is held when it is no literal.
pub(super) fn held(value: &str) -> Option<&'static str> {
    let value = value.trim_start_matches(['"', '\'']);
    if value.starts_with("ENC[")
        || value.starts_with("encrypted:")
        || value.starts_with("!vault")
        || value.starts_with("$ANSIBLE_VAULT")
        || value.starts_with("AgA") && value.len() > 200
    {
        return Some("encrypted");
    }
    let managers = [
        "op://",
        "vault:",
        "vault://",
        "arn:aws:secretsmanager:",
        "arn:aws:ssm:",
        "{{resolve:secretsmanager",
        "{{resolve:ssm-secure",
        "@Microsoft.KeyVault(",
        "${{ secrets.",
        "${{secrets.",
        "sm://",
        "gcpsm://",
        "awssm://",
        "ref+",
        "keyvault:",
        "secretsmanager:",
        "infisical://",
        "doppler://",
        "akeyless:",
        "bws://",
        "pass://",
    ];
    if managers.iter().any(|m| value.starts_with(m)) {
        return Some("manager");
    }
    let variable =
        value.strip_prefix("${env:").or_else(|| value.strip_prefix("${")).and_then(|v| v.split(['}', ':', '-']).next());
    variable
        .is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
        .then_some("environment")
}

/// A value of a Kubernetes Secret.
pub(super) struct Encoded<'t> {
    /// Its key.
    pub(super) name: &'t str,
    /// Where the encoded value stands.
    pub(super) range: Range<usize>,
    /// Decoded.
    pub(super) value: String,
}

/// The decoded `data` of the Kubernetes Secrets in `text`.
pub(super) fn kubernetes(text: &str) -> Vec<Encoded<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for document in text.split_inclusive("\n---") {
        if document.lines().any(|line| line.trim_end() == "kind: Secret") {
            data(document, at, &mut found);
        }
        at += document.len();
    }
    found
}

fn data<'t>(document: &'t str, base: usize, found: &mut Vec<Encoded<'t>>) {
    let mut at = base;
    let mut inside = false;
    for line in document.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end();
        if !body.starts_with([' ', '\t', '#', '-']) && !body.is_empty() {
            inside = body == "data:";
            continue;
        }
        let Some((key, value)) = body.trim_start().split_once(':').filter(|_| inside) else { continue };
        let value = value.split(" #").next().unwrap_or(value);
        let trimmed = value.trim().trim_matches(['"', '\'']);
        let code = base64::engine::general_purpose::STANDARD;
        let decoded = code.decode(trimmed).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let (Some(decoded), Some(offset)) = (decoded, line.find(trimmed).filter(|_| !trimmed.is_empty())) {
            let range = start + offset..start + offset + trimmed.len();
            found.push(Encoded { name: key.trim(), range, value: decoded.trim_end().to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_kubernetes_secrets_are_decoded() {
        let encoded = base64::engine::general_purpose::STANDARD.encode("kT9wZq31xB");
        let text = format!(
            "kind: ConfigMap\ndata:\n  a: b\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  password: {encoded} # note\n"
        );
        let found = kubernetes(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name, found[0].value.as_str()), ("password", "kT9wZq31xB"));
        assert_eq!(&text[found[0].range.clone()], encoded);
    }

    #[test]
    fn managers_and_encrypted_values_are_told_apart() {
        assert_eq!(held("op://vault/item/field"), Some("manager"));
        assert_eq!(held("${{ secrets.TOKEN }}"), Some("manager"));
        assert_eq!(held("ENC[AES256_GCM,data:x]"), Some("encrypted"));
        assert_eq!(held("${TOKEN}"), Some("environment"));
        assert_eq!(held("plain"), None);
    }
}
