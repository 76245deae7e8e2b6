//! Tokens passed on, credentials logged and shown to models, and what only looks like it.

use crate::extract::trial;
use crate::facts::{Fact, Use};
use crate::parse::Kind;
use crate::parse::code::ast::Language;

/// `form service env` of each use.
pub(super) fn uses(language: Language, source: &str) -> Vec<String> {
    let (path, gate) = match language {
        Language::Python => ("a.py", "\nimport langgraph  # fastmcp\n"),
        Language::Go => ("a.go", "\n// modelcontextprotocol/go-sdk langchaingo\n"),
        Language::Java => ("A.java", "\n// dev.langchain4j\n"),
        _ => ("a.ts", "\n// @modelcontextprotocol/sdk langgraph\n"),
    };
    let facts = trial::facts_of_parsed(&super::READER, path, Kind::Code(language), &format!("{source}{gate}"));
    let all = facts.iter().filter_map(Fact::get::<Use>).filter(|u| u.form != "token-check");
    all.map(|u| format!("{} {} {}", u.form, u.service, u.credential.map_or("-", |c| c.name.as_str()))).collect()
}

pub(super) fn python(source: &str) -> Vec<String> {
    uses(Language::Python, source)
}

pub(super) fn script(source: &str) -> Vec<String> {
    uses(Language::TypeScript, source)
}

#[test]
fn credentials_of_callers_in_logs() {
    let setup = "import logging\nlog = logging.getLogger(__name__)\n";
    for body in [
        "log.info(request.headers)",
        "headers = dict(request.headers)\n  log.info('got %s', headers)",
        "token = request.headers.get('X-Gitlab-Token')\n  log.warning(f'token: {token}')",
        "data = await request.json()\n  log.info(data)\n  secret = data['sharedSecret']",
        "cmd = ['run']\n  cmd.extend(['--key', api_key])\n  print('Command: ' + ' '.join(cmd))",
    ] {
        let source = format!("{setup}async def f(request, api_key):\n  {body}\n");
        assert_eq!(python(&source), ["log  -"], "{body}");
    }
    for body in [
        "log.info(request.headers.get('user-agent'))",
        "log.info('content type %s', request.headers['content-type'])",
        "token = request.headers.get('X-Gitlab-Token')\n  log.warning('token: %s', bool(token))",
        "token = request.headers.get('Authorization')\n  user = verify(token)\n  log.info('user %s', user)",
        "data = await request.json()\n  log.info(data)\n  name = data['name']",
        "data = await request.json()\n  log.info(data['id'])\n  secret = data['sharedSecret']",
        "log.info('headers: %d', len(request.headers))",
        "for name, value in request.headers.items():\n    log.warning('too long: %s', name)",
        "data = await request.json()\n  if 'access_token' not in data:\n    log.error(data)\n  return data['access_token']",
        "log.info(response.headers)",
    ] {
        let source = format!("{setup}async def f(request, response, api_key):\n  {body}\n");
        assert!(python(&source).is_empty(), "{body}");
    }
    assert_eq!(script("app.post('/x', (req, res) => { console.log(JSON.stringify(req.headers)); });"), ["log  -"]);
    assert_eq!(script("app.post('/x', (req, res) => { console.log(req.headers.authorization); });"), ["log  -"]);
    assert!(script("app.post('/x', (req, res) => { console.log(req.headers.host); });").is_empty());
}

#[test]
fn a_file_may_be_the_log_of_tools() {
    let source = "import * as fs from 'fs';\nexport async function trackToolCall(toolName: string, args: unknown) {\n  const line = `${toolName} | ${JSON.stringify(args)}`;\n  await fs.promises.appendFile(TOOL_CALL_LOG, line);\n}\n";
    assert_eq!(script(source), ["log log -"]);
    assert!(script(&source.replace("TOOL_CALL_LOG", "STORE")).is_empty());
}

#[test]
fn credentials_in_logs() {
    let setup = "import os, logging, json\nlog = logging.getLogger(__name__)\nKEY = os.environ['OPENAI_API_KEY']\n";
    for (call, env) in [
        ("print(f'key {KEY}')", "OPENAI_API_KEY"),
        ("log.info('key %s', KEY)", "OPENAI_API_KEY"),
        ("logging.debug('key ' + os.getenv('GITHUB_TOKEN'))", "GITHUB_TOKEN"),
        ("print(json.dumps({'k': KEY}))", "OPENAI_API_KEY"),
        ("def f(bearer_token):\n  print('Bearer', bearer_token)", "-"),
        ("def f(r):\n  t = r['AuthenticationResult']['AccessToken']\n  print(f'Bearer: {t}')", "-"),
        ("self.logger.error(settings.client_secret)", "-"),
        ("def f(api_key):\n  h = {'Authorization': f'Bearer {api_key}'}\n  log.info('headers %s', h)", "-"),
        ("def f(token, api_key):\n  url = f'https://a.b/?key={api_key}'\n  print('calling', url)", "-"),
        ("def f(key, value):\n  os.environ[key] = value\n  log.info(f'{key} = {value}')", "-"),
        ("def f(name, value):\n  log.info(f'{name} = {value}')\n  add_env_var(name, str(value))", "-"),
        (
            "from a.env import API_KEY_ENV_VAR\ndef f(value):\n  os.environ[API_KEY_ENV_VAR] = value\n  print(value)",
            "-",
        ),
        ("def f(value):\n  set_env_var('LLM_API_KEY', value)\n  print(value)", "-"),
    ] {
        assert_eq!(python(&format!("{setup}{call}")), [format!("log  {env}")], "{call}");
    }
    for harmless in [
        "print(f'key {KEY[:4]}***')",
        "print(f\"key {KEY[:4] + '***' if len(KEY) > 9 else KEY}\")",
        "print('set' if KEY else 'missing')",
        "print(bool(KEY), len(KEY))",
        "print('OPENAI_API_KEY is missing')",
        "log.info('using %s', os.environ['AWS_REGION'])",
        "log.info(mask(KEY))",
        "print(f'{input_tokens} {token_count}')",
        "NAME_API_KEY = 'x-api-key'\nprint(NAME_API_KEY)",
        "log.info('header %s', Headers.API_KEY)",
        "def f(has_api_key):\n  print(has_api_key)",
        "math.log(KEY)",
        "client = Client(api_key=cfg['api_key'])\nprint(client.run())",
        "print(os.environ['MAX_TOKENS'])",
        "class C:\n  def __init__(self, auth_token: SecretStr | None):\n    self.auth_token = auth_token\n  def f(self):\n    log.debug(f'got {self.auth_token}')",
        "def f(api_key):\n  shown = SecretStr(api_key)\n  print(shown)",
        "def f(self):\n  log.info('at %s', self.step)\n  save_environment(self.name, self.step)",
        "def f(config):\n  if not os.getenv(config['api_key']):\n    print(f'{config[\"api_key\"]} is not set')",
        "def f(r):\n  s = json.loads(r['SecretString'])\n  user = s.get('username')\n  log.debug(f'found {user}')",
        "def f(api_key):\n  c = {'api_key': api_key, 'model': 'x'}\n  print(c['model'])",
        "def f(api_key):\n  h = {'Authorization': api_key}\n  r = requests.get('https://a.b', headers=h)\n  print(r.text, r)",
        "def f(api_key):\n  shown = api_key[:4] + '***'\n  print(shown)",
        "def f(headers, api_key):\n  headers['Authorization'] = api_key\n  safe = {**headers, 'Authorization': '***'}\n  print(safe)",
        "def f(name, value):\n  os.environ['AWS_REGION'] = value\n  print(value)",
        "from a.env import RESTARTED_AFTER\ndef f():\n  latest = newest()\n  print(f'v{latest}')\n  os.environ[RESTARTED_AFTER] = latest",
        "def f(value):\n  set_env_var('LLM_MODEL', value)\n  print(value)",
        "def f(at):\n  names = []\n  chosen = names[int(at) - 1]\n  print(f'chosen {chosen}')\n  set_env_var('LLM_KEY', chosen)",
        "def f(api_key):\n  c = {'api_key': api_key, 'cache_key': 'x'}\n  print(c['cache_key'])",
    ] {
        assert!(python(&format!("{setup}{harmless}")).is_empty(), "{harmless}");
    }
    assert_eq!(script("console.log('key', process.env.OPENAI_API_KEY)"), ["log  OPENAI_API_KEY"]);
    for logged in [
        "function f(apiKey) { const key = apiKey || ''; console.log(`Key: ${key}`) }",
        "import logger from './logger'\nfunction f(apiKey) { logger.debug('x', `Key: ${apiKey}`) }",
        "async function f(req, headers) { const { authToken } = await req.json(); headers['Authorization'] = `Bearer ${authToken}`; console.log('Headers:', headers) }",
    ] {
        assert_eq!(script(logged), ["log  -"], "{logged}");
    }
    assert_eq!(
        script("const k = a || getEnvVariable('ACME_API_KEY') || ''\nconsole.log(getEnvVariable('ACME_API_KEY'))"),
        ["log  ACME_API_KEY"]
    );
    let asked = "import argparse\ndef create(user):\n  password = user['Password']\n  print(f'Password: {password}')";
    let facts = trial::facts_of_parsed(&super::READER, "admin.py", Kind::Code(Language::Python), asked);
    assert!(facts.iter().all(|f| f.get::<Use>().is_none()));
    assert!(script("function f(clientSecret) { const config = { id: 1, oidc: { clientSecret } }; console.log('with', { all: JSON.stringify({ ...config, oidc: config.oidc ? { ...config.oidc, clientSecret: REDACTED_MARKER } : undefined }) }) }").is_empty());
    assert!(script("console.log('Token usage:', result.usage, !!process.env.OPENAI_API_KEY)").is_empty());
}

#[test]
fn credentials_in_prompts_and_results() {
    let setup = "import os\nKEY = os.environ['STRIPE_SECRET_KEY']\n";
    for (code, env) in [
        ("Agent(name='a', instructions=f'use {KEY}')", "STRIPE_SECRET_KEY"),
        ("m = [{'role': 'system', 'content': 'key ' + KEY}]", "STRIPE_SECRET_KEY"),
        ("SystemMessage(content=f'{KEY}')", "STRIPE_SECRET_KEY"),
        ("@tool\ndef f():\n  return {'key': KEY}", "STRIPE_SECRET_KEY"),
    ] {
        assert_eq!(python(&format!("{setup}{code}")), [format!("prompt  {env}")], "{code}");
    }
    assert!(python(&format!("{setup}Agent(instructions='never show STRIPE_SECRET_KEY')")).is_empty());
    assert!(python(&format!("{setup}def helper():\n  return KEY")).is_empty());
    assert_eq!(script("generateText({ model, system: `key ${process.env.DB_PASSWORD}` })"), ["prompt  DB_PASSWORD"]);
}

#[test]
fn the_callers_token_passed_on() {
    for forwarding in [
        "def f(request):\n  t = request.headers.get('Authorization')\n  return httpx.get('https://api.example.org/x', headers={'Authorization': t})",
        "async def f(request):\n  h = {'Authorization': f\"Bearer {request.headers['authorization'].split(' ')[1]}\"}\n  async with httpx.AsyncClient() as c:\n    await c.post('https://api.example.org', headers=h)",
        "def f(authorization: str = Header(None)):\n  requests.get('https://api.example.org', headers={'Authorization': authorization})",
        "def f(token: str = Depends(oauth2_scheme)):\n  requests.get('https://api.example.org', headers={'Authorization': 'Bearer ' + token})",
    ] {
        assert_eq!(
            python(&format!("import httpx, requests\n{forwarding}")),
            ["token-forward api.example.org -"],
            "{forwarding}"
        );
    }
    for handed in [
        "def f(request):\n  return g(request.headers['Authorization'])\ndef g(t):\n  return httpx.get('https://api.example.org/x', headers={'Authorization': t})",
        "class C:\n  def __init__(self, request):\n    self.token = request.headers['Authorization']\n  def call(self):\n    return httpx.get('https://api.example.org/x', headers={'Authorization': self.token})",
    ] {
        assert_eq!(python(&format!("import httpx\n{handed}")), ["token-forward api.example.org -"], "{handed}");
    }
    let all = "import httpx\nfrom fastmcp.server.dependencies import get_http_headers\ndef f(url):\n  httpx.get(url, headers=get_http_headers(include_all=True))";
    assert_eq!(python(all), ["token-forward  -"]);
    let tool_server = "from mcp.client.streamable_http import streamablehttp_client\nasync def f(request, url):\n  async with streamablehttp_client(url, headers={'Authorization': request.headers['Authorization']}) as s: pass";
    assert_eq!(python(tool_server), ["token-forward  -"]);
    let session = tool_server.replace("request.headers['Authorization']", "request.headers['Cookie']");
    assert_eq!(python(&session), ["token-forward  -"]);
    assert!(python(&session.replace("['Cookie']", "['Accept']")).is_empty());
    let page = "def f(request):\n  return httpx.get('https://a.b', headers={'Cookie': request.headers['cookie']})";
    assert!(python(&format!("import httpx\n{page}")).is_empty(), "only to servers of tools");
    assert_eq!(
        script(
            "export async function POST(req) { const a = req.headers.get('authorization'); return fetch('https://api.example.org/x', { headers: { Authorization: a } }) }"
        ),
        ["token-forward api.example.org -"]
    );
}

#[test]
fn what_is_no_forwarding() {
    for source in [
        // Its own token.
        "def f(request):\n  return httpx.get('https://a.b', headers={'Authorization': os.environ['TOKEN']})",
        // Asking the issuer about the caller.
        "def verify_token(request):\n  httpx.get('https://a.b/x', headers={'Authorization': request.headers['authorization']})",
        "def f(request):\n  httpx.get('https://a.b/userinfo', headers={'Authorization': request.headers['authorization']})",
        // A proper exchange.
        "def f(request):\n  t = request.headers['authorization']\n  n = httpx.post('https://a.b/x', data={'grant_type': 'urn:ietf:params:oauth:grant-type:token-exchange', 'subject_token': t}).json()['access_token']\n  httpx.get('https://c.d', headers={'Authorization': n})",
        // What to send, in an object of the module's own.
        "@dataclass\nclass SessionRequest:\n  headers: dict\nasync def f(req: SessionRequest):\n  httpx.get('https://a.b', headers=req.headers)",
        // The default leaves the credential out.
        "def f(url):\n  httpx.get(url, headers=get_http_headers())",
        // One header of its own.
        "def f(url):\n  h = get_http_headers(include_all=True)\n  httpx.get(url, headers={'x-agent': h.get('x-agent-id')})",
        // Headers of an answer.
        "def f(request):\n  return JSONResponse({}, headers={'x': request.headers['authorization']})",
        // A request that it signs itself.
        "def f(url):\n  request = AWSRequest('GET', url)\n  httpx.get(url, headers={'Authorization': request.headers['Authorization']})",
        // The client's own default headers.
        "def f(self):\n  httpx.get('https://a.b', headers=self.headers)",
        "def f(request):\n  httpx.get('https://a.b', headers={'Accept': request.headers.get('accept')})",
    ] {
        assert!(python(&format!("import httpx, os\n{source}")).is_empty(), "{source}");
    }
    let proxy = "export async function GET(req) { return fetch(`${BACKEND}/x`, { headers: { Authorization: req.headers.get('authorization') } }) }";
    assert!(script(proxy).is_empty());
}

#[test]
fn what_every_visitor_is_sent_is_no_secret() {
    let source = "function f() { const h = { 'x-api-key': import.meta.env.VITE_GRAPH_API_KEY || '' }; console.log(h); console.log(JSON.stringify(h)) }";
    assert!(script(source).is_empty());
    assert_eq!(script(&source.replace("import.meta.env.VITE_", "process.env.")).len(), 1, "and a value is told once");
    assert!(script("console.log(process.env.NEXT_PUBLIC_MAPS_API_KEY)").is_empty());
    assert_eq!(script("console.log(process.env.NEXT_MAPS_API_KEY)"), ["log  NEXT_MAPS_API_KEY"]);
}

#[test]
fn the_id_of_a_session_is_no_credential() {
    let source = "const HEADER = 'mcp-session-id'\napp.post('/x', (req, res) => { const id = req.headers[HEADER]; console.log(`session ${id}`) })";
    assert!(script(source).is_empty());
    assert_eq!(script(&source.replace("mcp-session-id", "authorization")), ["log  -"]);
    let foreign =
        "app.post('/x', (req, res) => { const id = req.headers[SESSION_ID_HEADER]; console.log(`session ${id}`) })";
    assert!(script(foreign).is_empty());
    assert_eq!(script(&foreign.replace("SESSION_ID_HEADER", "AUTH_HEADER")), ["log  -"]);
}

#[test]
fn what_is_below_the_level_is_never_written() {
    let source = "import logging\nlogging.basicConfig(level=logging.ERROR)\nlogging.getLogger('httpx').setLevel(logging.INFO)\nlog = logging.getLogger(__name__)\ndef f(api_key, tool_args, tool_calls):\n  log.info('key %s', api_key)\n  logging.info(f'args {tool_args}')\n";
    assert!(python(source).is_empty());
    assert!(python(&source.replace("basicConfig(level=logging.ERROR)", "getLogger().setLevel('WARNING')")).is_empty());
    assert!(!python(&source.replace("ERROR", "INFO")).is_empty());
    assert!(!python(&source.replace("log.info", "log.error")).is_empty());
    assert!(!python(&format!("{source}log.setLevel(logging.INFO)\n")).is_empty());
    assert!(!python(&source.replace("logging.basicConfig", "if QUIET: logging.basicConfig")).is_empty());
}

#[test]
fn what_is_drawn_for_the_person_in_front_of_it() {
    let source = "import logging\nfrom rich.logging import RichHandler\nlogging.basicConfig(handlers=[RichHandler()])\nlog = logging.getLogger('a')\ndef f(tool_calls):\n  for call in tool_calls:\n    log.info('args %s', call.arguments)\n";
    assert_eq!(python(source), ["log console -"]);
    assert_eq!(python(&source.replace("[RichHandler()]", "[RichHandler(), FileHandler('x')]")), ["log log -"]);
}

#[test]
fn a_table_of_plain_settings_holds_no_credential() {
    let source = "import os\ndef load():\n  table = {'LOG_LEVEL': 'INFO', 'TITLE': 'desk'}\n  for key, value in table.items():\n    os.environ[key] = value\n    print(f'set {key}={value}')\n";
    assert!(python(source).is_empty());
    assert!(!python(&source.replace("'TITLE'", "'API_KEY'")).is_empty());
    assert!(!python(&source.replace("{'LOG_LEVEL': 'INFO', 'TITLE': 'desk'}", "read()")).is_empty());
}

#[test]
fn what_could_not_be_read() {
    let source = "def f(tool_calls):\n  for call in tool_calls:\n    try:\n      a = json.loads(call.arguments)\n      run(a)\n    except json.JSONDecodeError:\n      logging.error('bad %s', call.arguments)\n";
    let source = format!("import json, logging\n{source}");
    assert_eq!(python(&source), ["log unreadable -"]);
    let written = "import json, logging\ndef f(tool_calls):\n  for call in tool_calls:\n    try:\n      n = json.dumps(call.arguments)\n    except TypeError:\n      logging.error('bad %s', call.arguments)\n";
    assert_eq!(python(written), ["log unreadable -"]);
    assert_eq!(python(&written.replace("json.dumps", "send")), ["log log -"]);
    let rung = written.replace("    try:", "    if a(call): b()\n    elif c(call): d()\n    elif e(call):\n     try:");
    let rung = rung
        .replace("      n =", "       n =")
        .replace("    except", "     except")
        .replace("      logging", "       logging");
    assert_eq!(python(&rung), ["log unreadable -"], "a later branch lies within the first");
    assert_eq!(python(&source.replace("json.JSONDecodeError", "Exception")), ["log log -"]);
}

#[test]
fn a_service_that_asks_itself() {
    let source = "export default app.get('/', async (c) => { const a = c.req.header('Authorization'); const at = new URL(c.req.url); const mcp = `${at.protocol}//${at.host}/mcp`; return new StreamableHTTPClientTransport(new URL(mcp), { requestInit: { headers: { Authorization: a } } }) })";
    assert!(script(source).is_empty());
    assert_eq!(script(&source.replace("const mcp", "at.host = other; const mcp")).len(), 1);
    assert_eq!(script(&source.replace("new URL(c.req.url)", "new URL(settings.url)")).len(), 1);
    let python_source = "import httpx\ndef f(request):\n  httpx.get(f'{request.base_url}mcp', headers={'Authorization': request.headers['authorization']})";
    assert!(python(python_source).is_empty());
    assert_eq!(python(&python_source.replace("request.base_url", "settings.base_url")).len(), 1);
}

#[test]
fn a_key_that_something_is_looked_up_under() {
    let read = "import json, logging, os\nlog = logging.getLogger(__name__)\ndef f(path):\n  ref_key = os.getenv('CONFIG_REF_KEY')\n";
    let tail = "  log.info(f'section {ref_key}')\n";
    assert_eq!(python(&format!("{read}{tail}")), ["log  CONFIG_REF_KEY"]);
    assert!(python(&format!("{read}  section = json.load(open(path))[ref_key]\n{tail}")).is_empty());
    let token = "import logging, os\nlog = logging.getLogger(__name__)\ndef f(users):\n  api_key = os.getenv('SERVICE_API_KEY')\n  user = users[api_key]\n  log.info(api_key)\n";
    assert_eq!(python(token), ["log  SERVICE_API_KEY"]);
}

#[test]
fn a_choice_among_texts_masks_what_is_spread() {
    let setup = "const config = { user: 'a', password: process.env.DB_PASSWORD };\n";
    let masked = "console.log('config', { ...config, password: config.password ? '******' : 'not set' });\n";
    assert!(script(&format!("{setup}{masked}")).is_empty());
    let shown = "console.log('config', { ...config, password: config.password ? config.password : 'not set' });\n";
    assert_eq!(script(&format!("{setup}{shown}")).len(), 1);
}

#[test]
fn what_was_just_made_is_told_apart() {
    let passes = |source: &str| {
        let source = format!("import os, secrets\n{source}\nimport langgraph\n");
        let facts = trial::facts_of_parsed(
            &super::READER,
            "a.py",
            Kind::Code(crate::parse::code::ast::Language::Python),
            &source,
        );
        facts
            .iter()
            .filter_map(Fact::get::<Use>)
            .flat_map(|u| u.passes.clone())
            .map(|p| p.to_string())
            .collect::<Vec<_>>()
    };
    let made = "AUTH_TOKEN = os.environ.get('A_TOKEN')\nif not AUTH_TOKEN:\n  AUTH_TOKEN = secrets.token_hex(8)\n";
    assert_eq!(passes(&format!("{made}  print(AUTH_TOKEN)")), ["generated-secret"]);
    // Here one that was given may be shown as well.
    assert_eq!(passes(&format!("{made}print(AUTH_TOKEN)")), ["secret"]);
    let default = "def f():\n  password = os.getenv('ADMIN_PASSWORD', secrets.token_urlsafe(12))\n";
    assert_eq!(passes(&format!("{default}  print(password)")), ["secret"]);
    assert_eq!(
        passes(&format!("{default}  if not os.getenv('ADMIN_PASSWORD'):\n    print(password)")),
        ["generated-secret"]
    );
}

#[test]
fn an_id_token_and_what_a_call_gives_a_token_for() {
    let setup = "import logging\nimport jwt\nfrom authlib.integrations.starlette_client import OAuth\nlog = logging.getLogger(__name__)\noauth = OAuth()\n";
    for body in [
        "log.info(id_token)",
        "log.info('raw %s', tokens['id_token'])",
        "token = jwt.encode({'sub': name}, key)\n  log.info(token)",
        "answer = await oauth.idp.authorize_access_token(request)\n  log.info(answer)",
    ] {
        let source = format!("{setup}async def f(request, name, key, tokens, id_token):\n  {body}\n");
        assert_eq!(python(&source), ["log  -"], "{body}");
    }
    for body in [
        "log.info(invalid_token)",
        "token = jwt.encode({'sub': name}, key)\n  log.info('signed for %s', name)",
        "tokens = await oauth.idp.authorize_access_token(request)\n  log.info(tokens['expires_in'])",
        "if not key:\n    log.warning('no key: %s', name)\n  name = jwt.encode({'sub': key}, key)",
        "claims = jwt.decode(name, key)\n  log.info(claims)",
    ] {
        let source = format!("{setup}async def f(request, name, key, invalid_token):\n  {body}\n");
        assert!(python(&source).is_empty(), "{body}");
    }
    let source = "import jwt from 'jsonwebtoken';\nfunction f(id, key) { const token = jwt.sign({ id }, key); logger.info(token); }";
    assert_eq!(script(source), ["log  -"]);
}
