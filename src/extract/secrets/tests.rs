//! Recall by the documented shapes, hard negatives, and the naming traps of real repositories.

use crate::catalogue::credential::{FoundBy, KINDS, Kind, by_id};
use crate::catalogue::fake;
use crate::extract::{Context, Sink};
use crate::facts::{Credential, Fact, FileId};
use crate::matcher::Matcher;
use crate::parse::{self, Document};
use crate::span::LineIndex;

fn facts_of(path: &str, text: &str) -> Vec<Fact> {
    let lines = LineIndex::new(text);
    let kind = parse::kind::of(path, text);
    let document = Document::whole(path, kind, text, &lines, Matcher::scan(text.as_bytes()));
    let context = Context::default();
    let mut sink = Sink::new(&document, FileId::default(), &context, (0, 0));
    if super::reads(&document) {
        super::read(&document, &mut sink);
    }
    sink.finish().facts
}

fn literals(path: &str, text: &str) -> Vec<Credential> {
    let all = facts_of(path, text);
    all.iter().filter_map(|f| f.get::<Credential>()).filter(|c| c.held == "literal").cloned().collect()
}

/// A name that the kind would be bound to.
fn name_for(kind: &Kind) -> String {
    match (kind.env.first(), kind.keywords.first()) {
        (Some(env), _) => (*env).to_owned(),
        (None, Some(keyword)) => format!("{}_API_TOKEN", keyword.to_uppercase()),
        (None, None) => "AGENT_API_TOKEN".to_owned(),
    }
}

/// The forms in which values stand in repositories.
fn standings(name: &str, value: &str) -> Vec<(&'static str, String)> {
    let json = value.replace('\n', "\\n").replace('"', "\\\"");
    let lower = name.to_lowercase();
    vec![
        ("app.py", format!("import os\n{name} = \"{json}\"\nclient = Client()\n")),
        ("app.py", format!("os.environ[\"{name}\"] = '{json}'\n")),
        ("app.py", format!("client = Client(\n    {lower}=\"{json}\",\n)\n")),
        ("app.ts", format!("export const config = {{ {lower}: `{json}` }};\n")),
        ("config.json", format!("{{\"{name}\": \"{json}\", \"x\": 1}}\n")),
        (".mcp.json", format!("{{\"mcpServers\": {{\"a\": {{\"env\": {{\"{name}\": \"{json}\"}}}}}}}}\n")),
        ("pod.yaml", format!("env:\n  - name: {name}\n    value: \"{json}\"\n")),
        ("values.yaml", format!("agent:\n  {lower}: '{json}'\n")),
        (".env", format!("A=1\n{name}=\"{json}\"\nB=2\n")),
        ("main.tf", format!("variable \"{lower}\" {{\n  {lower} = \"{json}\"\n}}\n")),
        ("settings.toml", format!("[agent]\n{lower} = \"{json}\"\n")),
        ("notes.md", format!("Set the key:\n\n```\nexport {name}=\"{json}\"\n```\n")),
        ("Dockerfile", format!("FROM python\nENV {name}=\"{json}\"\n")),
        ("cell.json", format!("{{\"source\": \"{{\\\"{name}\\\": \\\"{}\\\"}}\"}}\n", json.replace('\\', "\\\\"))),
    ]
}

#[test]
fn documented_shapes_are_found_wherever_they_stand() {
    let (mut all, mut missed) = (0, Vec::new());
    for kind in KINDS.iter().filter(|k| k.found_by != FoundBy::Assignment) {
        for variant in 1..4 {
            let value = fake::value(kind, variant);
            for (path, text) in standings(&name_for(kind), &value) {
                all += 1;
                let found = literals(path, &text);
                let right = found.iter().any(|c| c.form == kind.id || c.provider == kind.provider);
                if !right {
                    missed.push(format!("{} in {path}", kind.id));
                }
            }
        }
    }
    let rate = 100.0 - 100.0 * missed.len() as f64 / f64::from(all);
    missed.sort();
    missed.dedup();
    assert!(rate >= 97.0, "recall {rate:.1} % of {all}: {missed:#?}");
}

#[test]
fn near_misses_are_not_reported_as_the_kind() {
    for kind in KINDS {
        for (i, near) in fake::near_misses(kind, 1).iter().enumerate() {
            let text = format!("x = \"{near}\"\n");
            let found = literals("app.py", &text);
            assert!(!found.iter().any(|c| c.form == kind.id), "near miss {i} of {}", kind.id);
        }
    }
}

#[test]
fn generic_secrets_need_a_name_and_a_random_value() {
    let value = fake::value(by_id("generic-secret").unwrap(), 1);
    let of = |text: &str| literals("app.py", text).into_iter().map(|c| c.form.to_string()).collect::<Vec<_>>();
    assert_eq!(of(&format!("client_secret = \"{value}\"")), ["generic-secret"]);
    assert_eq!(of(&format!("auth_token = \"{}\" + \"{}\"", &value[..16], &value[16..])), ["generic-secret"]);
    assert!(of(&format!("commit = \"{value}\"")).is_empty());
    assert!(of(&format!("cache_key = \"{value}\"")).is_empty());
    assert!(of("client_secret = \"the-name-of-a-secret-somewhere\"").is_empty());
}

#[test]
fn a_key_under_the_name_of_its_provider_is_that_of_the_provider() {
    let value = fake::value(by_id("mistral-api-key").unwrap(), 1);
    for (path, text) in [
        ("values.yaml", format!("mistral:\n  model: large\n  key: {value}\n")),
        ("settings.json", format!("{{\n  \"mistral\": {{\n    \"key\": \"{value}\"\n  }}\n}}\n")),
    ] {
        let found = literals(path, &text);
        assert_eq!(found.len(), 1, "{path}");
        assert_eq!(found[0].form, "mistral-api-key", "{path}");
    }
    assert!(literals("values.yaml", &format!("cache:\n  key: {value}\n")).is_empty());
}

#[test]
fn names_without_a_word_for_a_credential_are_known_to_their_kind() {
    let value = fake::value(by_id("clarifai-access-token").unwrap(), 1);
    let found = literals("app.py", &format!("CLARIFAI_PAT = \"{value}\"\n"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].form, "clarifai-access-token");
    assert!(literals("app.py", &format!("IMAGE_PAT = \"{value}\"\n")).len() <= 1);
}

#[test]
fn what_holds_when_a_look_up_gives_nothing_is_a_value() {
    let value = fake::value(by_id("generic-secret").unwrap(), 1);
    for (path, text) in [
        ("app.js", format!("const key = process.env.AGENT_API_KEY || '{value}';\n")),
        ("app.ts", format!("const key = process.env.AGENT_API_KEY ?? \"{value}\";\n")),
        ("app.py", format!("key = os.getenv(\"AGENT_API_KEY\") or \"{value}\"\n")),
        ("app.py", format!("api_key: str = \"{value}\"\n")),
        ("app.rb", format!("ENV[\"AGENT_API_KEY\"] ||= \"{value}\"\n")),
        ("app.rs", format!("const AGENT_API_KEY: &str = \"{value}\";\n")),
        ("app.rs", format!("const AGENT_API_KEY: &'static str = \"{value}\";\n")),
        ("values.yaml", format!("search:\n  adminKey: {value}\n")),
        ("app.config", format!("<add key=\"SearchAdminKey\" value=\"{value}\" />\n")),
        ("CLAUDE.md", format!("Set `AGENT_API_KEY` to `{value}` first.\n")),
    ] {
        assert_eq!(literals(path, &text).len(), 1, "{path}: {}", text.replace(&value, "***"));
    }
    assert!(literals("app.js", "const key = process.env.AGENT_API_KEY || fallback;\n").is_empty());
    assert!(literals("a.md", "Set `api_key` to `false` or `use_default_credentials` to `true`.\n").is_empty());
}

#[test]
fn a_value_over_several_pieces_is_one_value() {
    let value = fake::value(by_id("anthropic-api-key").unwrap(), 1);
    let (head, tail) = value.split_at(30);
    for text in [
        format!("api_key = \"{head}\" + \"{tail}\"\n"),
        format!("api_key = (\n    \"{head}\"\n    \"{tail}\"\n)\n"),
        format!("const apiKey = '{head}' +\n  '{tail}';\n"),
    ] {
        let found = literals("app.py", &text);
        assert_eq!(found.len(), 1, "{} pieces", found.len());
        assert_eq!(found[0].form, "anthropic-api-key");
    }
}

#[test]
fn values_of_kubernetes_secrets_are_read_through_their_encoding() {
    use base64::Engine as _;
    let value = fake::value(by_id("anthropic-api-key").unwrap(), 1);
    let encoded = base64::engine::general_purpose::STANDARD.encode(&value);
    let text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: agent\ndata:\n  key: {encoded}\n");
    let found = literals("secret.yaml", &text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].form.as_str(), found[0].context.as_str()), ("anthropic-api-key", "manifest"));
    let plain = literals("app.py", &format!("k = \"{value}\"\n"));
    assert_eq!(plain[0].fingerprint, found[0].fingerprint, "the same value has the same fingerprint");
}

/// Texts that hold no secret: none may be reported at any level.
fn hard_negatives() -> Vec<(&'static str, String)> {
    let hex = |n: usize, seed: &str| fake::from_shape(&format!("<hex:{n}>"), seed, 1);
    let uuid = fake::from_shape("<uuid>", "negatives", 1);
    let base64 = fake::from_shape("<base64:400>", "negatives", 1);
    let key = fake::value(by_id("openai-project-key").unwrap(), 1);
    vec![
        ("app.py", "api_key = \"sk-proj-your-api-key-goes-here-please-1234567890abcdef\"".into()),
        ("app.py", format!("api_key = \"ghp_{}\"", "X".repeat(36))),
        ("app.py", format!("api_key = \"sk-ant-api03-{}\"", "x".repeat(95))),
        ("app.py", "api_key = os.environ[\"OPENAI_API_KEY\"]".into()),
        ("app.py", "api_key = os.getenv(\"OPENAI_API_KEY\", \"\")".into()),
        ("app.ts", "const apiKey = process.env.OPENAI_API_KEY ?? \"\";".into()),
        ("app.py", "headers = {\"Authorization\": f\"Bearer {token}\"}".into()),
        ("app.py", "headers = {\"Authorization\": \"Bearer YOUR_ACCESS_TOKEN_GOES_HERE_123\"}".into()),
        (".env.example", "OPENAI_API_KEY=sk-...\nDB_PASSWORD=<password>\nTOKEN=\nSECRET=changeme\n".into()),
        ("ci.yml", "env:\n  TOKEN: ${{ secrets.TOKEN }}\n  password: ${PASSWORD}\n".into()),
        ("values.yaml", "password: {{ .Values.password }}\napiKey: \"{{ key }}\"\n".into()),
        ("package.json", format!("{{\"integrity\": \"sha512-{}==\"}}", fake::from_shape("<base64:86>", "i", 1))),
        ("app.py", format!("git_commit_token = \"{}\"", "page")),
        ("app.py", format!("commit = \"{}\"\nsha256 = \"{}\"", hex(40, "a"), hex(64, "b"))),
        ("app.py", format!("request_id = \"{uuid}\"\nprimary_key = \"{uuid}\"\ncache_key = \"{}\"", hex(32, "c"))),
        ("page.html", format!("<img src=\"data:image/png;base64,{base64}sk-{base64}\">")),
        ("id.pub", format!("ssh-rsa AAAA{base64} user@host")),
        ("cert.pem", format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----")),
        ("app.py", "HEADER = \"-----BEGIN PRIVATE KEY-----\"\nFOOTER = \"-----END PRIVATE KEY-----\"".into()),
        ("app.py", format!("aws_access_key_id = \"AKIA{}EXAMPLE\"", "IOSFODNN7")),
        ("app.py", "url = \"postgresql://user:password@localhost:5432/db\"".into()),
        ("app.py", "url = f\"postgresql://{user}:{password}@{host}/db\"".into()),
        ("compose.yaml", "DATABASE_URL: postgres://${DB_USER}:${DB_PASSWORD}@db:5432/app".into()),
        ("secrets.yaml", format!("password: ENC[AES256_GCM,data:{base64},type:str]")),
        (".env", format!("OPENAI_API_KEY=\"encrypted:{base64}\"")),
        ("x.yaml", "key: op://vault/item/field\ntoken: vault:secret/data/agent#token".into()),
        ("x.tf", "password = var.db_password\nsecret = data.aws_secretsmanager_secret_version.x.secret_string".into()),
        ("x.tf", "secret_arn = \"arn:aws:secretsmanager:eu-west-1:123456789012:secret:agent-AbCdEf\"".into()),
        ("x.yaml", "secretKeyRef:\n  name: agent-secrets\n  key: openai-api-key".into()),
        ("x.yaml", "secretName: agent-tls-secret-production\nimagePullSecrets: registry-credentials-01".into()),
        ("app.py", "pattern = r\"sk-proj-[A-Za-z0-9_-]{20,}\"\nprefix = \"sk-ant-api03-\"".into()),
        ("app.py", "max_tokens = 4096\nnext_page_token = \"CiAKGjBpNDd2Nmp2Zml2cXRwYjBpOXA\"".into()),
        ("app.ts", "URL.revokeObjectURL(url); media.revoke(); const TOKEN = \"capability-label\";".into()),
        ("schema.sql", "REVOKE ALL ON accounts FROM agent; -- password: none".into()),
        ("app.py", "import hvac\nclient_secret_name = \"prod/agent/client-secret-2024\"".into()),
        (
            "app.py",
            "api_key_header = APIKeyHeader(name=\"X-API-Key-Header-2024\")\npassword = getpass(\"Password: \")".into(),
        ),
        (
            "i18n.json",
            "{\"password\": \"Passwort\", \"forgotPassword\": \"Passwort vergessen?\", \"token\": \"Jeton\"}".into(),
        ),
        ("x.py", "thumbprint_list = [\"9e99a48a9960b14926bb7f3b02e22da2b0ab7280\"]".into()),
        ("x.yaml", format!("image: agent@sha256:{}", hex(64, "d"))),
        ("x.py", format!("signature_key = \"sha256:{}\"", hex(64, "e"))),
        ("x.py", format!("password_hash = \"$2b$12${}\"", fake::from_shape("<alnum:53>", "h", 1))),
        ("x.md", format!("Keys look like `{}...`.", &key[..20])),
        ("x.py", "tokenizer = \"cl100k_base\"\ntoken = \"<|endoftext|>\"\neos_token = \"</s>\"".into()),
        ("x.py", "secret = get_secret(\"prod/openai/key-2024-11\")\napi_key = SecretStr(key)".into()),
        ("x.py", "GITHUB_TOKEN_ENV = \"GITHUB_TOKEN_FOR_AGENT_2\"".into()),
        ("x.js", "localStorage.setItem(\"auth_token\", response.data.token)".into()),
        ("x.css", ".token.password { color: #ff0000 }".into()),
        ("x.py", "model = \"claude-3-5-sonnet-20241022\"\napi_version = \"2024-08-01-preview\"".into()),
        ("x.py", "OPENAI_API_KEY = \"not-needed\"\nkey = \"ollama\"\napi_key = \"EMPTY\"\ntoken=\"lm-studio\"".into()),
        ("x.py", "api_key=\"sk-1234567890\"\n# api_key = \"sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"".into()),
    ]
}

#[test]
fn what_is_no_secret_is_never_reported() {
    let wrong: Vec<String> = hard_negatives()
        .iter()
        .flat_map(|(path, text)| {
            let found = literals(path, text);
            found
                .into_iter()
                .filter(|c| !c.public)
                .map(move |c| format!("{} ({}) in {path}: {text:.60}", c.form, c.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_the_tests_of_a_detector_hold_are_samples() {
    let key = fake::value(by_id("openai-project-key").unwrap(), 1);
    let doubted = |path: &str, text: &str| literals(path, text)[0].doubts.iter().any(|d| *d == "sample-of-a-detector");
    let tests = format!("fn find() {{}}\n#[cfg(test)]\nmod tests {{\n  const KEY: &str = \"{key}\";\n}}\n");
    assert!(doubted("src/leak_detector.rs", &tests));
    assert!(!doubted("src/client.rs", &tests));
    assert!(!doubted("src/leak_detector.rs", &format!("const KEY: &str = \"{key}\";\n")));
    assert!(doubted("python/examples/redaction.py", &format!("text = \"{key}\"\n")));
    assert!(!doubted("python/examples/chat.py", &format!("text = \"{key}\"\n")));
}

#[test]
fn what_is_shown_as_an_example_is_doubted() {
    let key = fake::value(by_id("openai-project-key").unwrap(), 1);
    let shown = |path: &str, text: &str| literals(path, text)[0].doubts.iter().any(|d| *d == "shown-as-example");
    assert!(shown("servers.json", &format!("{{\"KEY\": {{\"required\": true, \"example\": \"{key}\"}}}}")));
    assert!(shown("api.py", &format!("key: str = Field(description=\"The key\", example=\"{key}\")\n")));
    assert!(shown("a.py", &format!("# The owner's key, for example {key}\n")));
    assert!(!shown("servers.json", &format!("{{\"KEY\": {{\"required\": true, \"value\": \"{key}\"}}}}")));
    assert!(!shown("a.py", &format!("say = \"for example\"; key = \"{key}\"\n")));
    assert!(!shown("a.py", &format!("# for example\nkey = \"{key}\"\n")));
}

#[test]
fn what_everybody_knows_is_no_secret_behind_a_prefix_either() {
    let key = |variant| fake::value(by_id("google-api-key").unwrap(), variant);
    let held = |variant| literals("app.py", &format!("WEB_API_KEY = \"{}\"\n", key(variant))).len();
    assert_eq!((held(7), held(8)), (0, 1));
}

#[test]
fn the_key_of_a_pusher_application_is_public_and_its_secret_is_none() {
    let value = fake::value(by_id("pusher-secret").unwrap(), 1);
    assert!(literals("app.ts", &format!("export const CLIENT_PUSHER_KEY = '{value}';\n")).is_empty());
    assert_eq!(literals("app.ts", &format!("export const PUSHER_SECRET = '{value}';\n"))[0].form, "pusher-secret");
}

#[test]
fn the_id_of_a_key_that_signed_a_link_is_doubted() {
    let id = fake::value(by_id("alibaba-access-key-id").unwrap(), 1);
    let link =
        format!("https://files.oss-cn-beijing.aliyuncs.com/a.png?Expires=1755665336&OSSAccessKeyId={id}&Signature=");
    let doubts = |text: &str| literals("page.md", text)[0].doubts.clone();
    assert!(doubts(&format!("see {link}abc%3D\n")).iter().any(|d| *d == "signed-link"));
    assert!(doubts(&format!("see {}\n", link.replace("&Signature=", ""))).is_empty());
}

#[test]
fn a_link_by_which_one_file_is_read_is_doubted() {
    let signature = fake::value(by_id("azure-sas-token").unwrap(), 1);
    let signature = signature.rsplit_once("sig=").map_or(signature.as_str(), |(_, signature)| signature);
    let doubted = |rights: &str| {
        let link =
            format!("https://files.blob.core.windows.net/a/b.png?se=2030-01-01&{rights}&sv=2021-08-06&sig={signature}");
        let found = literals("page.md", &format!("<img src=\"{link}\" width=\"100px\" />\n"));
        found[0].doubts.iter().any(|d| *d == "link-to-read-one-file")
    };
    assert!(doubted("sp=r&sr=b"));
    assert!(!doubted("sp=rw&sr=b"));
    assert!(!doubted("sp=r&sr=c"));
}

#[test]
fn public_keys_of_ingestion_are_facts_and_no_secrets() {
    let value = fake::value(by_id("posthog-project-key").unwrap(), 1);
    let found = literals("app.ts", &format!("posthog.init('{value}')"));
    assert!(found.len() == 1 && found[0].public);
    let token = fake::value(by_id("json-web-token").unwrap(), 1);
    for page in [
        format!("s.setAttribute('data-public-config', '{token}');"),
        format!("<script data-widget=\"{token}\"></script>"),
        format!("el.dataset.config = '{token}';"),
    ] {
        assert!(literals("app.js", &page).iter().all(|c| c.public), "{page:.40}");
    }
    assert!(literals("app.js", &format!("const token = '{token}';")).iter().any(|c| !c.public));
}

#[test]
fn no_value_reaches_a_fact() {
    for kind in KINDS {
        let value = fake::value(kind, 1);
        for (path, text) in standings(&name_for(kind), &value) {
            let facts = serde_json::to_string(&facts_of(path, &text)).unwrap();
            let line = value.lines().max_by_key(|l| l.len()).unwrap();
            let secret = match kind.found_by {
                FoundBy::Url => line.split_once("://").unwrap().1.split_once(':').unwrap().1.split_once('@').unwrap().0,
                FoundBy::Header => line.split([' ', ':']).filter(|w| !w.contains('/')).max_by_key(|w| w.len()).unwrap(),
                FoundBy::Prefix => &line[line.len() / 2..],
                _ => line,
            };
            if !literals(path, &text).is_empty() {
                assert!(!facts.contains(secret), "{} in {path}", kind.id);
            }
        }
    }
}

#[test]
fn held_elsewhere_is_a_fact_without_a_value() {
    let of = |path: &str, text: &str| -> Vec<(String, String)> {
        let all = facts_of(path, text);
        all.iter().filter_map(|f| f.get::<Credential>()).map(|c| (c.held.to_string(), c.name.to_string())).collect()
    };
    assert_eq!(of("ci.yml", "env:\n  API_TOKEN: ${{ secrets.API_TOKEN }}\n"), [("manager".into(), "API_TOKEN".into())]);
    assert_eq!(of("compose.yaml", "API_TOKEN: ${API_TOKEN}\n"), [("environment".into(), "API_TOKEN".into())]);
    assert_eq!(of("s.yaml", "api_token: ENC[AES256_GCM,data:abc,iv:x]\n"), [("encrypted".into(), "api_token".into())]);
}

#[test]
fn the_place_of_a_value_is_its_own() {
    let value = fake::value(by_id("groq-api-key").unwrap(), 1);
    let facts = facts_of("app.py", &format!("a = 1\nGROQ_API_KEY = \"{value}\"\n"));
    assert_eq!(facts.len(), 1);
    assert_eq!((facts[0].at.line, facts[0].at.column), (2, 17));
    assert_eq!(facts[0].at.excerpt.as_str(), "GROQ_API_KEY = \"***\"");
    assert_eq!(facts[0].get::<Credential>().unwrap().name, "GROQ_API_KEY");
}

#[test]
fn reasons_are_given_without_values() {
    let text = "api_key = \"your-api-key-here-1234\"\n";
    let lines = LineIndex::new(text);
    let kind = parse::kind::of("app.py", text);
    let document = Document::whole("app.py", kind, text, &lines, Matcher::scan(text.as_bytes()));
    let why = super::explain(&document);
    assert!(why.iter().any(|c| !c.reported && c.why == "placeholder" && c.name == "api_key"), "{why:?}");
}

#[test]
fn doubtful_values_stay_at_low_confidence() {
    let word = fake::from_shape("<alnum:24>", "doubt", 1);
    for (path, text, doubt) in [
        ("app.py", format!("mock_api_key = \"{word}\""), "test-name"),
        ("app.py", "api_key = \"1a2b3c4d5e6f7g8h9i0j\"".to_owned(), "sequence"),
        ("app.py", "password = \"TestPass123!\"".to_owned(), "dictionary-password"),
        ("app.py", format!("url = \"mysql://app:{word}@localhost/x\""), "local-host"),
        (
            "app.py",
            format!("url = \"https://bot:{}@git.acme-internal.net/x\"", "simple_token_of_bot"),
            "dictionary-password",
        ),
        ("run.sh", format!("curl -H \"Authorization: Bearer {word}\" https://10.3.1.9/api"), "private-host"),
        ("api.yaml", format!("openapi: 3.0.0\ninfo: x\nexample:\n  access_token: {word}\n"), "api-description"),
    ] {
        let found = literals(path, &text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!((found[0].confidence.as_str(), found[0].doubts[0].as_str()), ("low", doubt), "{text}");
    }
}

#[test]
fn a_value_that_was_cut_short_is_none() {
    let key = fake::value(by_id("anthropic-api-key").unwrap(), 1);
    assert!(literals("x.md", &format!("key: {}...", &key)).is_empty());
    assert!(literals("x.ts", "authorization: 'Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...'").is_empty());
}

#[test]
fn places_that_only_a_credential_has_are_read() {
    use base64::Engine as _;
    let word = fake::from_shape("<alnum:18>", "place", 1);
    let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    let telegram = fake::value(by_id("telegram-bot-token").unwrap(), 1);
    let login = encode(format!("ci-bot:{word}"));
    let docker = format!("{{\"auths\": {{\"r.acme-internal.net\": {{\"auth\": \"{login}\"}}}}}}");
    let secret =
        format!("kind: Secret\nmetadata:\n  name: pull\ndata:\n  .dockerconfigjson: {}\n", encode(docker.clone()));
    let ado = format!("Server=tcp:db.acme-internal.net,1433;User Id=app;Password={word};Encrypt=true");
    let dsn = format!("host=db.acme-internal.net dbname=app user=app password={word}");
    for (path, text, form) in [
        ("notes.txt", format!("the bot is {telegram}, ask Kim"), "telegram-bot-token"),
        (".netrc", format!("machine api.acme-internal.net login bot password {word}\n"), "netrc-login"),
        (".pgpass", format!("db.acme-internal.net:5432:app:bot:{word}\n"), "pgpass-line"),
        (".npmrc", format!("//npm.acme-internal.net/:_authToken={word}\n"), "generic-secret"),
        (".docker/config.json", docker, "docker-registry-login"),
        ("pull.yaml", secret, "docker-registry-login"),
        (
            "appsettings.json",
            format!("{{\"ConnectionStrings\": {{\"Default\": \"{ado}\"}}}}"),
            "database-connection-string",
        ),
        ("app.py", format!("connect(\"{dsn}\")\n"), "database-connection-string"),
        (
            "pip.conf",
            format!("[global]\nindex-url = https://bot:{word}@pypi.acme-internal.net/simple\n"),
            "basic-auth-url",
        ),
        ("run.bat", format!("set DB_PASSWORD={word}\r\n"), "generic-password"),
        ("run.ps1", format!("$env:DB_PASSWORD = \"{word}\"\n"), "generic-password"),
        ("dump.sh", format!("PGPASSWORD={word} pg_dump -h db.acme-internal.net app\n"), "generic-password"),
        ("dump.sh", format!("mysqldump -h db.acme-internal.net -u app -p{word} app\n"), "mysql-command-password"),
        ("push.sh", format!("docker login -u bot -p {word} r.acme-internal.net\n"), "registry-command-password"),
        ("call.sh", format!("curl -X POST -u bot:{word} https://api.acme-internal.net\n"), "command-line-login"),
        ("app.py", format!("r = get(url, auth=(\"bot\", \"{word}\"))\n"), "basic-auth-call"),
        ("app.ts", format!("const t = jwt.sign({{ id }}, '{word}');\n"), "jwt-signing-secret"),
    ] {
        let forms: Vec<_> = literals(path, &text).into_iter().map(|c| c.form).collect();
        assert_eq!(forms, [form], "{path}: {text:.70}");
    }
}

#[test]
fn a_look_up_in_a_kubernetes_secret_is_a_fact_without_a_value() {
    let text =
        "env:\n  - name: API_TOKEN\n    valueFrom:\n      secretKeyRef:\n        name: agent\n        key: token\n";
    let all = facts_of("pod.yaml", text);
    let held: Vec<_> = all.iter().filter_map(|f| f.get::<Credential>()).map(|c| (c.name, c.held)).collect();
    assert_eq!(held.len(), 1);
    assert_eq!((held[0].0.as_str(), held[0].1.as_str()), ("API_TOKEN", "manager"));
    assert!(all[0].get::<Credential>().unwrap().fingerprint.is_none());
}

#[test]
fn a_key_file_is_configuration_and_a_page_without_a_script_is_text() {
    let value = fake::value(by_id("groq-api-key").unwrap(), 1);
    let context = |path: &str, text: &str| literals(path, text).first().map(|c| c.context.to_string());
    let help = format!("<span>Write GROQ_API_KEY=\"{value}\" in a line.</span>\n");
    assert_eq!(context("help.html", &help).as_deref(), Some("documentation"));
    let script = format!("<script>const GROQ_API_KEY = \"{value}\";</script>\n");
    assert_eq!(context("page.html", &script).as_deref(), Some("source"));
    let kind = KINDS.iter().find(|kind| kind.found_by == FoundBy::Pem).unwrap();
    assert_eq!(context("certs/key.pem", &fake::value(kind, 1)).as_deref(), Some("config"));
}
