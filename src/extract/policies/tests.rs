//! Where policies are asked, what becomes of the answer, and what only looks alike.

use crate::extract::trial;
use crate::facts::{AsRecord, Policy};
use crate::parse::Kind;
use crate::parse::code::ast::Language;

fn asked(path: &str, source: &str) -> Vec<String> {
    let language = match path.rsplit('.').next() {
        Some("py") => Language::Python,
        Some("go") => Language::Go,
        _ => Language::TypeScript,
    };
    let facts = trial::facts(&super::READER, path, Kind::Code(language), source);
    let shown = |p: &Policy| {
        let about: Vec<&str> = p.asks_about.iter().map(|s| s.as_str()).collect();
        let question = if p.question_seen { about.join("+") } else { "?".into() };
        let open = if p.fails_open { " open" } else { "" };
        let used = if p.decision_used { "used" } else { "ignored" };
        format!("{} {} {used}{open} {question}", p.engine, p.moment)
    };
    facts.iter().filter_map(|f| Policy::of(&f.kind)).map(shown).collect()
}

fn python(source: &str) -> Vec<String> {
    asked("a.py", source)
}

fn script(source: &str) -> Vec<String> {
    asked("a.ts", source)
}

#[test]
fn every_engine_in_python() {
    let source = r#"
import boto3, casbin, cedarpy
from authzed.api.v1 import Client, CheckPermissionRequest
from cerbos.sdk.client import CerbosClient
from openfga_sdk.client import OpenFgaClient, ClientCheckRequest
from opa_client.opa import OpaClient
from oso_cloud import Oso
from permit import Permit

avp = boto3.client("verifiedpermissions")
s3 = boto3.client("s3")
opa = OpaClient()
permit = Permit(token=KEY)
oso = Oso(url=URL, api_key=KEY)
enforcer = casbin.Enforcer("m", "p")

async def check_tool_call(user, tool, args, config):
    if not avp.is_authorized(policyStoreId="x", principal={"entityId": user}, action={"actionId": tool}, resource={"entityId": args})["decision"] == "ALLOW":
        raise PermissionError()
    if not opa.check_permission(input_data={"input": {"user": user, "tool": tool, "arguments": args}}, policy_name="p", rule_name="allow")["result"]:
        raise PermissionError()
    if not await permit.check(user, tool, args):
        raise PermissionError()
    if not oso.authorize(user, tool, args):
        raise PermissionError()
    if not enforcer.enforce(user, args, tool):
        raise PermissionError()
    async with OpenFgaClient(config) as fga:
        response = await fga.check(ClientCheckRequest(user=user, relation=tool, object=args))
        if not response.allowed:
            raise PermissionError()
    client = Client("x", token)
    answer = client.CheckPermission(CheckPermissionRequest(resource=args, permission=tool, subject=user))
    if answer.permissionship != 2:
        raise PermissionError()
    with CerbosClient("http://localhost:3592") as cerbos:
        if not cerbos.is_allowed(tool, user, args):
            raise PermissionError()
    s3.is_authorized(principal=1)
"#;
    let all = python(source);
    let engines: Vec<&str> = all.iter().map(|a| a.split(' ').next().unwrap()).collect();
    assert_eq!(engines, ["cedar", "opa", "permit", "oso", "casbin", "openfga", "spicedb", "cerbos"]);
    assert!(all.iter().all(|a| a.contains(" call used ") && a.ends_with("action+resource+user")), "{all:#?}");
}

#[test]
fn engines_in_typescript() {
    let source = r#"
import { isAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { VerifiedPermissionsClient, IsAuthorizedCommand } from "@aws-sdk/client-verifiedpermissions";
import { GRPC } from "@cerbos/grpc";
import { v1 } from "@authzed/authzed-node";

const avp = new VerifiedPermissionsClient({});
const cerbos = new GRPC("localhost:3593", { tls: false });
const { promises: spicedb } = v1.NewClient("t");

export async function beforeToolCall(agentId, tool, target) {
  const answer = isAuthorized({ principal: agentId, action: tool, resource: target, context: {}, policies, entities: [] });
  if (answer.type !== "success" || answer.response.decision !== "allow") throw new Error("no");
  const { decision } = await avp.send(new IsAuthorizedCommand({ principal: agentId, action: tool, resource: target }));
  if (decision !== "ALLOW") throw new Error("no");
  const effect = await cerbos.checkResource({ principal: { id: agentId }, resource: { kind: target }, actions: [tool] });
  if (!effect.isAllowed(tool)) throw new Error("no");
  const may = await fetch(`${process.env.OPA}/v1/data/agents/allow`, { method: "POST", body: JSON.stringify({ input: { agent: agentId, tool, target } }) });
  if (!(await may.json()).result) throw new Error("no");
}
"#;
    let all = script(source);
    assert!(all.iter().all(|a| a.contains(" call used ")), "{all:#?}");
    let engines: Vec<&str> = all.iter().map(|a| a.split(' ').next().unwrap()).collect();
    assert_eq!(engines, ["cedar", "cedar", "cerbos", "opa"]);
    assert!(all[1].ends_with("action+agent+resource"), "{all:#?}");
}

const CASBIN: &str = "import casbin\nenforcer = casbin.Enforcer('m', 'p')\n";

fn one(body: &str) -> String {
    let all = python(&format!("{CASBIN}def call_tool(sub, obj, act):\n{body}"));
    assert!(!all.is_empty(), "nothing is asked in {body}");
    all[0].rsplit_once(' ').unwrap().0.to_owned()
}

#[test]
fn what_becomes_of_an_answer() {
    let ask = "enforcer.enforce(sub, obj, act)";
    let used = "casbin call used";
    let ignored = "casbin call ignored";
    assert_eq!(one(&format!("  {ask}\n  run()\n")), ignored);
    assert_eq!(one(&format!("  ok = {ask}\n  run()\n")), ignored);
    assert_eq!(one(&format!("  ok = {ask}\n  log.info('%s', ok)\n  run()\n")), ignored);
    assert_eq!(one(&format!("  if not {ask}:\n    logger.warning('no')\n  run()\n")), ignored);
    assert_eq!(one(&format!("  if not {ask}:\n    return 'no'\n  run()\n")), used);
    assert_eq!(one(&format!("  ok = {ask}\n  if ok:\n    run()\n")), used);
    assert_eq!(one(&format!("  assert {ask}\n  run()\n")), used);
    assert_eq!(one(&format!("  return {ask}\n")), used);
    assert_eq!(one(&format!("  ok = {ask}\n  return run() if ok else 'no'\n")), used);
    assert_eq!(one(&format!("  if (ok := {ask}):\n    return run()\n")), used);
    assert_eq!(one(&format!("  settle({ask})\n  run()\n")), used);
    assert_eq!(one(&format!("  self.ok = {ask}\n")), used);
}

#[test]
fn an_answer_that_a_function_hands_on() {
    let helper = "def may(sub, obj, act):\n  return enforcer.enforce(sub, obj, act)\n";
    let all = |body: &str| python(&format!("{CASBIN}{helper}{body}"));
    let careful = all("def call_tool(s, o):\n  if not may(s, o, 'x'):\n    return\n  run()\n");
    assert!(careful.iter().all(|a| a.starts_with("casbin call used")) && careful.len() == 2, "{careful:?}");
    let careless = all("def call_tool(s, o):\n  may(s, o, 'x')\n  run()\n");
    assert!(careless.iter().any(|a| a.starts_with("casbin call ignored")), "{careless:?}");
}

#[test]
fn what_happens_on_an_error() {
    let ask = "enforcer.enforce(sub, obj, act)";
    let tried = |handler: &str, after: &str| {
        one(&format!("  try:\n    if not {ask}:\n      return 'no'\n  except Exception as e:\n    {handler}\n{after}"))
    };
    let (open, closed) = ("casbin call used open", "casbin call used");
    assert_eq!(tried("pass", "  return run()\n"), open);
    assert_eq!(tried("log.error(e)", "  run()\n"), open);
    assert_eq!(tried("return True", ""), open);
    assert_eq!(tried("return call_next(obj)", ""), open);
    assert_eq!(tried("return {'allow': True}", ""), open);
    assert_eq!(tried("return False", "  run()\n"), closed);
    assert_eq!(tried("raise", "  run()\n"), closed);
    assert_eq!(tried("return str(e)", "  run()\n"), closed);
    assert_eq!(
        one(&format!("  try:\n    ok = {ask}\n  except Exception:\n    ok = True\n  if ok:\n    run()\n")),
        open
    );
    assert_eq!(
        one(&format!("  try:\n    ok = {ask}\n  except Exception:\n    ok = False\n  if ok:\n    run()\n")),
        closed
    );
    let denied = python(&format!(
        "{CASBIN}def is_denied(s, o, a):\n  try:\n    return not {ask}\n  except Exception:\n    return True\n"
    ));
    assert!(!denied[0].contains("open"), "{denied:?}");
}

#[test]
fn no_answer_is_no_yes() {
    let asks = |end: &str| {
        let source = format!(
            "import requests\ndef call_tool(user, tool, path):\n  answer = requests.post('http://opa:8181/v1/data/a/allow', json={{'input': {{'user': user, 'tool': tool, 'path': path}}}})\n{end}"
        );
        python(&source)[0].clone()
    };
    assert!(asks("  return answer.json().get('result', True)\n").contains(" open "));
    assert!(
        asks("  if answer.status_code != 200:\n    return True\n  return answer.json()['result']\n").contains(" open ")
    );
    assert!(!asks("  return answer.json().get('result', False)\n").contains("open"));
    assert!(
        !asks("  if answer.status_code != 200:\n    return False\n  return answer.json()['result']\n").contains("open")
    );
    let caught = script(
        "import { OPAClient } from '@styra/opa';\nconst opa = new OPAClient('x');\nexport async function callTool(user, tool, path) {\n  return await opa.evaluate('a/allow', { user, tool, path }).catch(() => true);\n}\n",
    );
    assert!(caught[0].contains(" open "), "{caught:?}");
}

#[test]
fn when_it_is_asked() {
    let at = |source: &str| python(&format!("{CASBIN}{source}"))[0].split(' ').nth(1).unwrap().to_owned();
    assert_eq!(at("if not enforcer.enforce(a, b, c):\n  raise SystemExit\n"), "start-up");
    assert_eq!(at("def main():\n  if not enforcer.enforce(a, b, c):\n    return\n"), "start-up");
    assert_eq!(at("def create_agent():\n  if not enforcer.enforce(a, b, c):\n    return\n"), "start-up");
    assert_eq!(at("def login(user):\n  if not enforcer.enforce(a, b, c):\n    return\n"), "login");
    assert_eq!(at("def helper(user):\n  if not enforcer.enforce(a, b, c):\n    return\n"), "unknown");
    assert_eq!(
        at("def helper(user):\n  if not enforcer.enforce(a, b, c):\n    return\ndef main():\n  helper(1)\n"),
        "start-up"
    );
    assert_eq!(
        at("def main():\n  for call in reply.tool_calls:\n    if not enforcer.enforce(a, call, c):\n      continue\n"),
        "call"
    );
    let tool = "from agents import function_tool\n@function_tool\ndef create_refund(a):\n  if not enforcer.enforce(a, 'b', 'c'):\n    return\n";
    assert_eq!(at(tool), "call");
}

#[test]
fn what_only_looks_alike() {
    assert!(python("import casbin\nrules.enforce('x')\nhealth.check()\n").is_empty());
    assert!(python("import requests\n# /v1/data/\nrequests.post('http://x/v1/dataset/a', json={})\n").is_empty());
    assert!(
        python("import boto3\nc = boto3.client('s3')\n# verifiedpermissions\nc.is_authorized(principal=1)\n")
            .is_empty()
    );
}

#[test]
fn what_a_question_holds() {
    let opa = |input: &str| {
        let source = format!(
            "import requests\ndef call_tool(a):\n  ok = requests.post('http://opa/v1/data/x', json={{'input': {input}}}).json()\n  return ok\n"
        );
        python(&source)[0].rsplit_once(' ').unwrap().1.to_owned()
    };
    assert_eq!(opa("{'agent_id': a, 'tool': 't', 'path': p}"), "action+agent+resource");
    assert_eq!(opa("{'path': p}"), "resource");
    assert_eq!(opa("{'path': p, 'context': ctx}"), "?");
    assert_eq!(opa("{'path': p, **more}"), "?");
    assert_eq!(opa("question(a)"), "?");
    assert_eq!(opa("{'user': None, 'action': 'x', 'path': '*'}"), "action");
}
