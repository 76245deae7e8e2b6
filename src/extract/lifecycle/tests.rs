//! What is issued, what ends it, and what only looks alike.

use crate::extract::trial;
use crate::facts::{Fact, Issuance};
use crate::parse::Kind;
use crate::parse::code::ast::Language;

fn python(source: &str) -> Vec<Fact> {
    trial::facts(&super::READER, "a.py", Kind::Code(Language::Python), source)
}

fn script(source: &str) -> Vec<Fact> {
    trial::facts(&super::READER, "a.ts", Kind::Code(Language::TypeScript), source)
}

fn issuances(facts: &[Fact]) -> Vec<&Issuance> {
    facts.iter().filter_map(Fact::get).collect()
}

/// `form revocation ends` of the only issuance.
fn one(facts: &[Fact]) -> String {
    let all = issuances(facts);
    assert_eq!(all.len(), 1, "one issuance");
    let ends = all[0].ends_itself.map_or("?".to_owned(), |e| e.to_string());
    format!("{} {} {ends}", all[0].form, all[0].revocation)
}

const VAULT: &str = "import hvac\nclient = hvac.Client()\n";

fn vault(body: &str) -> String {
    one(&python(&format!("{VAULT}def run(task):\n{body}")))
}

#[test]
fn never_revoked_and_handed_on() {
    let facts = python(&format!(
        "{VAULT}def run(task):\n  token = client.auth.token.create(policies=['p'])\n  task(token['auth']['client_token'])\n"
    ));
    assert_eq!(one(&facts), "vault-token none false");
    let issuance = issuances(&facts)[0];
    assert!(issuance.escapes);
    assert_eq!(issuance.held_in.map(|s| s.as_str()), Some("token"));
    assert_eq!(issuance.function, "run");
}

#[test]
fn a_lifetime_is_an_end_unless_it_is_void() {
    assert_eq!(vault("  client.auth.token.create(ttl='1h')"), "vault-token none true");
    assert_eq!(vault("  client.auth.token.create(ttl='0')"), "vault-token none false");
    assert_eq!(vault("  client.auth.token.create(ttl='1h', period='24h')"), "vault-token none false");
    assert_eq!(vault("  client.auth.token.create(**task)"), "vault-token none ?");
    let facts = python(&format!("{VAULT}TTL = '30m'\nclient.auth.token.create(explicit_max_ttl=TTL)"));
    assert_eq!(issuances(&facts)[0].lifetime, Some(1800));
    assert_eq!(issuances(&facts)[0].scope, "module");
}

#[test]
fn revoked_on_all_paths() {
    let create = "  token = client.auth.token.create()['auth']['client_token']\n";
    let revoke = "client.auth.token.revoke(token)";
    for rest in [
        format!("  try:\n    task(token)\n  finally:\n    {revoke}\n"),
        format!("  {revoke}\n  task()\n"),
        format!("  try:\n    if task(token): return 1\n    raise E\n  finally:\n    log.info('x')\n    {revoke}\n"),
        format!("  try:\n    task(token)\n  except E:\n    {revoke}\n    raise\n  else:\n    {revoke}\n"),
        "  with ExitStack() as stack:\n    stack.callback(client.auth.token.revoke, token)\n    task(token)\n"
            .to_owned(),
        format!("  with ExitStack() as stack:\n    stack.callback(lambda: {revoke})\n    task(token)\n"),
        "  atexit.register(client.auth.token.revoke, token)\n  task(token)\n".to_owned(),
    ] {
        assert_eq!(vault(&format!("{create}{rest}")), "vault-token all-paths false", "{rest}");
    }
}

#[test]
fn none_before_the_try_is_no_open_exit() {
    let body = "  token = None\n  try:\n    token = client.auth.token.create()\n    task(token)\n  finally:\n    if token is not None:\n      client.auth.token.revoke(token['auth']['accessor'])\n";
    assert_eq!(vault(body), "vault-token all-paths false");
}

#[test]
fn revoked_on_some_paths() {
    let create = "  token = client.auth.token.create()\n";
    let revoke = "client.auth.token.revoke(token['auth']['client_token'])";
    for rest in [
        format!("  task(token)\n  {revoke}\n"),
        format!("  if task:\n    {revoke}\n"),
        format!("  if task:\n    return None\n  {revoke}\n"),
        format!("  try:\n    task(token)\n  except E:\n    return\n  {revoke}\n"),
        format!("  task()\n  try:\n    task(token)\n  finally:\n    {revoke}\n"),
        format!("  for t in task:\n    {revoke}\n"),
    ] {
        let facts = python(&format!("{VAULT}def run(task):\n{create}{rest}"));
        assert_eq!(one(&facts), "vault-token some-paths false", "{rest}");
        let issuance = issuances(&facts)[0];
        assert!(!issuance.open_exits.is_empty() && !issuance.revoked_at.is_empty(), "{rest}");
    }
}

#[test]
fn returned_yielded_and_kept() {
    assert_eq!(vault("  return client.auth.token.create()"), "vault-token escapes false");
    let manager = "@contextmanager\ndef token():\n  t = client.auth.token.create()\n  try:\n    yield t\n  finally:\n    client.auth.token.revoke(t)\n";
    assert_eq!(one(&python(&format!("{VAULT}{manager}"))), "vault-token all-paths false");
    let bare =
        "@contextmanager\ndef token():\n  t = client.auth.token.create()\n  yield t\n  client.auth.token.revoke(t)\n";
    assert_eq!(one(&python(&format!("{VAULT}{bare}"))), "vault-token some-paths false");
    let keeps = "class S:\n  def open(self):\n    self.t = client.auth.token.create()\n";
    assert_eq!(one(&python(&format!("{VAULT}{keeps}"))), "vault-token none false");
    let closes = format!("{keeps}  def __exit__(self, *a):\n    client.auth.token.revoke(self.t)\n");
    assert_eq!(one(&python(&format!("{VAULT}{closes}"))), "vault-token escapes false");
}

#[test]
fn callers_of_the_same_file_answer_for_what_they_are_given() {
    let issue = "def issue():\n  return client.auth.token.create()\n";
    let good = format!(
        "{VAULT}{issue}def run():\n  t = issue()\n  try:\n    work(t)\n  finally:\n    client.auth.token.revoke(t)\n"
    );
    assert_eq!(one(&python(&good)), "vault-token all-paths false");
    let bad = format!("{VAULT}{issue}def run():\n  t = issue()\n  work(t)\n");
    let facts = python(&bad);
    assert_eq!(one(&facts), "vault-token none false");
    assert_eq!(issuances(&facts)[0].revocation_reason.map(|s| s.as_str()), Some("returned to `run`"));
}

#[test]
fn helpers_that_revoke_count() {
    let helper = "def drop(t):\n  client.auth.token.revoke(t)\n";
    let body = "def run():\n  t = client.auth.token.create()\n  try:\n    work(t)\n  finally:\n    drop(t)\n";
    assert_eq!(one(&python(&format!("{VAULT}{helper}{body}"))), "vault-token all-paths false");
    let other_file = "from tokens import revoke_token\ndef run():\n  t = client.auth.token.create()\n  try:\n    work(t)\n  finally:\n    revoke_token(t)\n";
    assert_eq!(one(&python(&format!("{VAULT}{other_file}"))), "vault-token all-paths false");
    let unrelated = "def run(old):\n  t = client.auth.token.create()\n  client.auth.token.revoke(old)\n";
    assert_eq!(one(&python(&format!("{VAULT}{unrelated}"))), "vault-token unknown false");
}

#[test]
fn aws_keys_and_sessions() {
    let key = "import boto3\niam = boto3.client('iam')\ndef run(user):\n  key = iam.create_access_key(UserName=user)['AccessKey']\n";
    assert_eq!(one(&python(key)), "aws-access-key none false");
    let deleted = format!(
        "{key}  try:\n    work(key)\n  finally:\n    iam.delete_access_key(UserName=user, AccessKeyId=key['AccessKeyId'])\n"
    );
    assert_eq!(one(&python(&deleted)), "aws-access-key all-paths false");
    let kept_active = format!("{key}  iam.update_access_key(AccessKeyId=key['AccessKeyId'], Status='Active')\n");
    assert_eq!(one(&python(&kept_active)), "aws-access-key none false");
    let session =
        "import boto3\nsts = boto3.Session().client('sts')\nr = sts.assume_role(RoleArn='arn', DurationSeconds=900)\n";
    let facts = python(session);
    assert_eq!(one(&facts), "aws-session automatic true");
    assert_eq!(issuances(&facts)[0].lifetime, Some(900));
    let attribute = "class A:\n  def f(self):\n    k = self.iam_client.create_access_key(UserName='u')\n";
    assert_eq!(one(&python(attribute)), "aws-access-key none false");
    let profile = "import boto3\niam = boto3.client('iam')\ndef f(u):\n  iam.create_login_profile(UserName=u, Password='x')\n  iam.delete_login_profile(UserName=u)\n";
    assert_eq!(one(&python(profile)), "aws-login-profile all-paths false");
}

#[test]
fn signed_tokens() {
    let sign = "import jwt\ndef f(user, key):\n";
    assert_eq!(one(&python(&format!("{sign}  return jwt.encode({{'sub': user}}, key)"))), "jwt escapes false");
    for ended in [
        "  return jwt.encode({'sub': user, 'exp': t}, key)",
        "  p = {'sub': user}\n  p['exp'] = now + timedelta(minutes=5)\n  return jwt.encode(p, key)",
        "  p = {'sub': user}\n  p.update({'exp': t})\n  return jwt.encode(p, key)",
        "  p = dict(sub=user, exp=t)\n  return jwt.encode(p, key)",
    ] {
        assert_eq!(one(&python(&format!("{sign}{ended}"))), "jwt escapes true", "{ended}");
    }
    for unknown in [
        "  return jwt.encode(user, key)",
        "  return jwt.encode({**user, 'a': 1}, key)",
        "  return jwt.encode(claims(user), key)",
    ] {
        assert_eq!(one(&python(&format!("{sign}{unknown}"))), "jwt escapes ?", "{unknown}");
    }
    let sealed = "import jwt\ndef encrypt(key, data):\n  return jwt.encode({'data': data}, key)";
    assert_eq!(one(&python(sealed)), "jwt escapes ?");
    assert_eq!(one(&python(&sealed.replace("{'data'", "{'role': 'agent', 'data'"))), "jwt escapes false");
    let fake =
        "import jwt\nclass FakeCredential:\n  def __init__(self, key):\n    self.token = jwt.encode({'sub': 'a'}, key)";
    assert!(issuances(&python(fake)).is_empty());
    assert!(!issuances(&python(&fake.replace("Fake", "Own"))).is_empty());
    let helper =
        "import jwt\ndef claims(u):\n  return {'exp': 1}\ndef f(user, key):\n  return jwt.encode(claims(user), key)";
    assert_eq!(one(&python(helper)), "jwt escapes true");
    let jose = "from jose import jwt as j\nTTL = 5\ndef f(d, key):\n  e = d.copy()\n  e.update({'exp': now() + timedelta(minutes=TTL)})\n  return j.encode(e, key)";
    assert_eq!(issuances(&python(jose))[0].lifetime, Some(300));
    assert!(
        issuances(&python(&format!("{sign}  state = jwt.encode({{'sub': user}}, key)\n  return state"))).is_empty()
    );
}

#[test]
fn scripts() {
    let jose = "import { SignJWT } from 'jose'; async function f(k) { return await new SignJWT({ sub: 'a' }).setProtectedHeader({ alg: 'HS256' })";
    assert_eq!(one(&script(&format!("{jose}.sign(k) }}"))), "jwt escapes false");
    assert_eq!(one(&script(&format!("{jose}.setExpirationTime('2h').sign(k) }}"))), "jwt escapes true");
    let sign = "import jwt from 'jsonwebtoken'; export const f = (u, k) => ";
    assert_eq!(one(&script(&format!("{sign}jwt.sign({{ sub: u }}, k)"))), "jwt escapes false");
    assert_eq!(one(&script(&format!("{sign}jwt.sign({{ sub: u }}, k, {{ expiresIn: '15m' }})"))), "jwt escapes true");
    let key = "import { IAMClient, CreateAccessKeyCommand, DeleteAccessKeyCommand } from '@aws-sdk/client-iam'; const c = new IAMClient({});\n\
        async function run(u) { const { AccessKey } = await c.send(new CreateAccessKeyCommand({ UserName: u }));";
    assert_eq!(one(&script(&format!("{key} await work(AccessKey) }}"))), "aws-access-key none false");
    let finally = "try { await work(AccessKey) } finally { await c.send(new DeleteAccessKeyCommand({ AccessKeyId: AccessKey.AccessKeyId })) } }";
    assert_eq!(one(&script(&format!("{key} {finally}"))), "aws-access-key all-paths false");
}

#[test]
fn requests_and_statements() {
    let create = "import requests\ndef run(base, project):\n  r = requests.post(f'{base}/v1/organization/projects/{project}/service_accounts', json={'name': 'bot'})\n";
    assert_eq!(one(&python(create)), "openai-service-account none false");
    let ended = create.replace("'bot'", "'bot', 'expires_in_seconds': 600");
    assert_eq!(one(&python(&ended)), "openai-service-account none true");
    let delete = "  try:\n    work(r)\n  finally:\n    requests.delete(base + '/v1/organization/projects/' + project + '/service_accounts/' + r.json()['id'])\n";
    assert_eq!(one(&python(&format!("{create}{delete}"))), "openai-service-account all-paths false");
    let installation = "import httpx\nURL = 'https://api.github.com'\ndef f(i):\n  return httpx.post(URL + f'/app/installations/{i}/access_tokens').json()\n";
    assert_eq!(one(&python(installation)), "github-installation-token escapes true");
    let user = "def f(cur, p):\n  cur.execute(f\"CREATE USER agent WITH PASSWORD '{p}'\")\n";
    assert_eq!(one(&python(user)), "database-user none false");
    assert_eq!(one(&python(&user.replace("'{p}'", "'{p}' VALID UNTIL 'tomorrow'"))), "database-user none true");
}

#[test]
fn google_keys_through_a_chain_of_calls() {
    let source = "from googleapiclient import discovery\niam = discovery.build('iam', 'v1')\ndef f(sa):\n  return iam.projects().serviceAccounts().keys().create(name=sa, body={}).execute()\n";
    assert_eq!(one(&python(source)), "google-service-account-key escapes false");
}

#[test]
fn names_that_mean_something_else() {
    for source in [
        "const url = URL.createObjectURL(b); URL.revokeObjectURL(url); const import_jwt = 'jsonwebtoken'",
        "media.revoke(); user.tokenCreate; // node-vault",
        "import { sign } from './jsonwebtoken-fake'; sign({ sub: 1 }, k)",
    ] {
        assert!(issuances(&script(source)).is_empty(), "{source}");
    }
    for source in [
        "cur.execute('REVOKE ALL ON t FROM u')  # CREATE USER",
        "ec2.revoke_security_group_ingress(GroupId='g')  # create_access_key",
        "hvac = House().hvac\nhvac.auth.token  # import hvac\nhvac.create_token()",
        "import jwt\njwt.decode(token, key)",
        "api_key_store.create_access_key(user)  # not AWS",
        "def create_access_key(u): pass\ncreate_access_key(1)",
        "class Iam: pass\n# from hvac",
        "cur.execute('CREATE ROLE reader')",
    ] {
        assert!(issuances(&python(source)).is_empty(), "{source}");
    }
}

#[cfg(feature = "languages")]
mod go {
    use super::{issuances, one};
    use crate::extract::trial;
    use crate::facts::Fact;
    use crate::parse::Kind;
    use crate::parse::code::ast::Language;

    fn go(body: &str) -> Vec<Fact> {
        let imports = "import (\n\"github.com/hashicorp/vault/api\"\n\"github.com/aws/aws-sdk-go-v2/service/iam\"\n\"github.com/golang-jwt/jwt/v5\"\n)";
        let source = format!(
            "package p\n{imports}\nfunc run(ctx context.Context, cfg *api.Config) error {{\n{body}\nreturn nil\n}}"
        );
        trial::facts(&super::super::READER, "a.go", Kind::Code(Language::Go), &source)
    }

    const VAULT: &str = "client, err := api.NewClient(cfg)\nif err != nil { return err }\nsecret, err := client.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{\"p\"}})\nif err != nil { return err }\n";

    #[test]
    fn vault_tokens() {
        assert_eq!(one(&go(&format!("{VAULT}work(secret)"))), "vault-token none false");
        let deferred = "defer client.Auth().Token().RevokeTree(secret.Auth.ClientToken)\nif err := work(secret); err != nil { return err }";
        assert_eq!(one(&go(&format!("{VAULT}{deferred}"))), "vault-token all-paths false");
        let closure = "defer func() { _ = client.Auth().Token().RevokeTree(secret.Auth.ClientToken) }()\nwork(secret)";
        assert_eq!(one(&go(&format!("{VAULT}{closure}"))), "vault-token all-paths false");
        let late = "if err := work(secret); err != nil { return err }\nclient.Auth().Token().RevokeTree(secret.Auth.ClientToken)";
        assert_eq!(one(&go(&format!("{VAULT}{late}"))), "vault-token some-paths false");
        assert_eq!(one(&go(&VAULT.replace("Policies:", "TTL: \"1h\", Policies:"))), "vault-token none true");
    }

    #[test]
    fn keys_and_signed_tokens() {
        let key = "c := iam.NewFromConfig(cfg)\nout, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: u})\nuse(out)";
        assert_eq!(one(&go(key)), "aws-access-key none false");
        let token = |claims: &str| {
            format!("t := jwt.NewWithClaims(jwt.SigningMethodHS256, {claims})\ns, err := t.SignedString(key)\nuse(s)")
        };
        assert_eq!(one(&go(&token("jwt.MapClaims{\"sub\": u}"))), "jwt none false");
        assert_eq!(one(&go(&token("jwt.MapClaims{\"sub\": u, \"exp\": now}"))), "jwt none true");
        assert_eq!(
            one(&go(&token("Claims{Name: u, RegisteredClaims: jwt.RegisteredClaims{ExpiresAt: at}}"))),
            "jwt none true"
        );
        assert_eq!(one(&go(&token("claims"))), "jwt none ?");
        assert!(issuances(&go("c.CreateAccessKey(ctx, in)")).len() <= 1);
    }
}

#[test]
fn a_thin_wrapper_beside_its_counterpart_leaves_the_end_to_its_caller() {
    let imports = "import { CreateAccessKeyCommand, DeleteAccessKeyCommand } from '@aws-sdk/client-iam';\n";
    let create = "export async function createKey(client, user) {\n  const response = await client.send(new CreateAccessKeyCommand({ UserName: user }));\n  return response.AccessKey;\n}\n";
    let delete = "export async function deleteKey(client, id) {\n  await client.send(new DeleteAccessKeyCommand({ AccessKeyId: id }));\n}\n";
    assert_eq!(one(&script(&format!("{imports}{create}"))), "aws-access-key escapes false");
    assert_eq!(one(&script(&format!("{imports}{create}{delete}"))), "aws-access-key unknown false");
}
