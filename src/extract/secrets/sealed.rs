//! Values that are held elsewhere or encrypted. Input: a value. Output: how it is held.

/// How a value is held when it is no literal.
pub(super) fn held(value: &str) -> Option<&'static str> {
    let value = value.trim_start_matches(['"', '\'']);
    if value.starts_with("ENC[")
        // Jasypt: <http://www.jasypt.org/encrypting-configuration.html> (2026-11-25)
        || value.starts_with("ENC(") && value.ends_with(')')
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managers_and_encrypted_values_are_told_apart() {
        assert_eq!(held("op://vault/item/field"), Some("manager"));
        assert_eq!(held("${{ secrets.TOKEN }}"), Some("manager"));
        assert_eq!(held("ENC[AES256_GCM,data:x]"), Some("encrypted"));
        assert_eq!(held("ENC(bm9uZQ==)"), Some("encrypted"));
        assert_eq!(held("${TOKEN}"), Some("environment"));
        assert_eq!(held("plain"), None);
    }
}
