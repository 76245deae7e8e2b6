//! Every reader is asked in a run: one small file each, with a fact that only that reader gives. What a reader
//! understands is tested beside it; here it is that a scan calls it.

use std::collections::BTreeSet;
use std::fs;

use nhiscan::catalogue::fake::expand;
use nhiscan::cli::request::Request;
use nhiscan::extract::{LOG_READERS, READERS, TEXT_READERS};
use nhiscan::understand;

/// Reader, path, text, kind of the fact, and a word that stands in it.
const ROWS: &[(&str, &str, &str, &str, &str)] = &[
    ("secrets", "one.env", "OPENAI_API_KEY={{fake:openai-project-key}}\n", "credential", "OPENAI_API_KEY"),
    ("agents", "desk.py", "from agents import Agent\n\ndesk = Agent(name=\"desk\")\n", "agent", "\"desk\""),
    (
        "declared agents",
        "crew/config/agents.yaml",
        "scout:\n  role: Scout\n  goal: Find things\n  backstory: Long ago\n",
        "agent",
        "\"scout\"",
    ),
    (
        "n8n",
        "flows/desk.json",
        "{\"nodes\": [{\"name\": \"Concierge\", \"type\": \"@n8n/n8n-nodes-langchain.agent\", \"parameters\": {}}], \
         \"connections\": {}}\n",
        "agent",
        "\"Concierge\"",
    ),
    (
        "deployed",
        "desk/deploy.sh",
        "gcloud run deploy desk --image x --no-allow-unauthenticated\n",
        "binding",
        "closed",
    ),
    (
        "aws-policy",
        "iam/policy.json",
        "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \
         \"*\"}]}\n",
        "grant",
        "s3:*",
    ),
    (
        "aws-policy-in-code",
        "stack.py",
        "from aws_cdk import Stack, aws_iam as iam\n\n\nclass Desk(Stack):\n    def roles(self):\n        \
         desk = iam.Role(self, \"DeskRole\", assumed_by=iam.ServicePrincipal(\"bedrock.amazonaws.com\"))\n        \
         desk.add_to_policy(iam.PolicyStatement(actions=[\"sqs:*\"], resources=[\"*\"]))\n",
        "grant",
        "sqs:*",
    ),
    (
        "kubernetes",
        "k8s/desk.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: front}\nspec:\n  template:\n    spec:\n      \
         serviceAccountName: front-agent\n      containers: [{name: front, image: \"front:1\"}]\n",
        "workload",
        "front-agent",
    ),
    (
        "github-actions",
        ".github/workflows/answer.yml",
        "on: issues\njobs:\n  answer:\n    runs-on: ubuntu-latest\n    steps: [{uses: \
         anthropics/claude-code-action@v1}]\n",
        "workload",
        "\"answer\"",
    ),
    (
        "terraform",
        "main.tf",
        "resource \"aws_iam_role\" \"desk\" {\n  name = \"desk-agent\"\n  assume_role_policy = \"{}\"\n}\n",
        "identity",
        "desk-agent",
    ),
    (
        "cloudformation",
        "template.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  DeskRole:\n    Type: AWS::IAM::Role\n    Properties:\n      \
         RoleName: stack-agent\n      AssumeRolePolicyDocument: {}\n",
        "identity",
        "stack-agent",
    ),
    (
        "agentcore",
        "core/.bedrock_agentcore.yaml",
        "default_agent: desk\nagents:\n  desk:\n    entrypoint: main.py\n    aws:\n      execution_role: \
         arn:aws:iam::111122223333:role/core-desk\n",
        "workload",
        "configuration: bedrock_agentcore.yaml",
    ),
    (
        "coding-agents",
        ".claude/settings.json",
        "{\"permissions\": {\"defaultMode\": \"bypassPermissions\"}}\n",
        "switch",
        "bypassPermissions",
    ),
    ("command-lines", "run.sh", "#!/bin/sh\nclaude -p --dangerously-skip-permissions 'go'\n", "switch", "dangerously"),
    (
        "mcp",
        "conf/mcp_tools.json",
        "{\"mcpServers\": {\"files\": {\"command\": \"npx\", \"args\": [\"-y\", \"files-server\"]}}}\n",
        "server",
        "files-server",
    ),
    (
        "compose",
        "compose.yaml",
        "services:\n  runner:\n    image: runner:1\n    environment:\n      OPENAI_API_KEY: ${OPENAI_API_KEY}\n",
        "workload",
        "\"runner\"",
    ),
    (
        "dockerfile",
        "image/Dockerfile",
        "FROM python:3.12\nENV OPENAI_API_KEY=\"\"\nCOPY serve.py .\nCMD [\"python\", \"serve.py\"]\n",
        "workload",
        "image/serve.py",
    ),
    ("dotenv", "two.env", "OPENAI_API_KEY=\nOPENAI_MODEL=small\n", "binding", "OPENAI_MODEL"),
    (
        "dify",
        "apps/clerk.yml",
        "app:\n  mode: agent-chat\n  name: Clerk\nkind: app\nmodel_config:\n  agent_mode:\n    enabled: true\n    \
         tools: []\n  model:\n    name: small\n",
        "agent",
        "\"Clerk\"",
    ),
    (
        "nemo agent toolkit",
        "nemo/config.yml",
        "llms:\n  big:\n    _type: nim\n    model_name: small\nworkflow:\n  _type: react_agent\n  tool_names: []\n  \
         llm_name: big\n",
        "agent",
        "nemo-agent-toolkit",
    ),
    (
        "argument-lists",
        "start.py",
        "import subprocess\n\nsubprocess.run([\"claude\", \"-p\", \"--dangerously-skip-permissions\", \"go\"])\n",
        "switch",
        "dangerously",
    ),
    ("owners", "CODEOWNERS", "/desk/ @desk-team\n", "owner", "@desk-team"),
    (
        "policies",
        "asks.py",
        "import requests\n\n\ndef may(question):\n    answer = \
         requests.post(\"http://localhost:8181/v1/data/desk/allow\", json={\"input\": question})\n    return \
         answer.json()[\"result\"]\n",
        "policy",
        "\"asked\"",
    ),
    ("policy-files", "policies/desk.rego", "package desk\n\ndefault allow := false\n", "policy", "\"written\""),
    (
        "manifests",
        "graph/langgraph.json",
        "{\"graphs\": {\"research\": \"./research.py:graph\"}, \"dependencies\": [\".\"]}\n",
        "workload",
        "graph/research.py",
    ),
    (
        "lifecycle",
        "vault.py",
        "import hvac\n\n\ndef work():\n    client = hvac.Client()\n    token = client.auth.token.create()\n    return 1\n",
        "issuance",
        "token.create",
    ),
    (
        "uses",
        "logs.py",
        "import logging\nimport os\n\nlog = logging.getLogger(__name__)\nkey = os.environ[\"OPENAI_API_KEY\"]\n\n\ndef \
         start():\n    log.info(\"key %s\", key)\n",
        "use",
        "log",
    ),
    ("tracing-env", "conf/tracing.env", "OPENAI_AGENTS_DISABLE_TRACING=1\n", "sink", "OPENAI_AGENTS_DISABLE_TRACING"),
];

#[test]
fn every_reader_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for (_, path, text, ..) in ROWS {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, expand(text)).unwrap();
    }
    let graph = understand(&Request { roots: vec![folder.path().to_owned()], ..Request::default() }).unwrap().graph;
    let mut silent = Vec::new();
    for (reader, path, _, kind, word) in ROWS {
        let file = graph.paths.iter().position(|known| known == path).unwrap_or_else(|| panic!("{path} is not read"));
        let facts = graph.files[file].facts.iter().filter(|fact| fact.kind.name() == *kind);
        let shown: Vec<String> = facts.map(|fact| serde_json::to_string(&fact.kind).unwrap()).collect();
        if !shown.iter().any(|fact| fact.contains(word)) {
            silent.push(format!("{reader}: {path}: no {kind} with {word}: {shown:#?}"));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn every_reader_has_its_row() {
    let all = TEXT_READERS.iter().chain(READERS).chain(LOG_READERS);
    let known: BTreeSet<&str> = all.map(|reader| reader.name).filter(|name| *name != "suppressions").collect();
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(rows, known);
}

/// Path, text, kind of the fact, and a word that stands in it: each form of code and of embedded data in a run.
const FORMS: &[(&str, &str, &str, &str)] = &[
    (
        "web/agent.js",
        "const { Agent } = require(\"@openai/agents\");\n\nconst desk = new Agent({ name: \"desk-js\" });\n",
        "agent",
        "desk-js",
    ),
    (
        "web/agent.mjs",
        "import { Agent } from \"@openai/agents\";\n\nexport const desk = new Agent({ name: \"desk-mjs\" });\n",
        "agent",
        "desk-mjs",
    ),
    (
        "web/agent.ts",
        "import { Agent } from \"@openai/agents\";\n\nconst desk: Agent = new Agent({ name: \"desk-ts\" } as \
         <T>(x: T) => T);\n",
        "agent",
        "desk-ts",
    ),
    (
        "web/Agent.tsx",
        "import { Agent } from \"@openai/agents\";\n\nexport const Desk = ({ open }: { open: boolean }) => <Chat \
         open={open} agent={new Agent({ name: \"desk-tsx\" })}>Don't ask</Chat>;\n",
        "agent",
        "desk-tsx",
    ),
    (
        "web/Agent.jsx",
        "import { Agent } from \"@openai/agents\";\n\nexport const Desk = () => <main>Don't</main>;\nexport const desk \
         = new Agent({ name: \"desk-jsx\" });\n",
        "agent",
        "desk-jsx",
    ),
    (
        "infra/heredoc.tf",
        "resource \"aws_iam_role\" \"desk\" {\n  name = \"desk\"\n  assume_role_policy = \"{}\"\n}\nresource \
         \"aws_iam_role_policy\" \"desk\" {\n  role = aws_iam_role.desk.id\n  policy = <<EOF\n{\"Version\": \
         \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sqs:Send*\", \"Resource\": \
         \"${aws_sqs_queue.desk.arn}\"}]}\nEOF\n}\n",
        "grant",
        "sqs:Send*",
    ),
    (
        "iam/escaped.json",
        "{\"PolicyDocument\": \"{\\\"Version\\\": \\\"2012-10-17\\\", \\\"Statement\\\": [{\\\"Effect\\\": \\\"Allow\\\", \
         \\\"Action\\\": \\\"sns:Pub*\\\", \\\"Resource\\\": \\\"*\\\"}]}\"}\n",
        "grant",
        "sns:Pub*",
    ),
];

#[test]
fn every_form_of_code_and_embedded_data_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text, ..) in FORMS {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let understood = understand(&Request { roots: vec![folder.path().to_owned()], ..Request::default() }).unwrap();
    assert!(understood.notices.is_empty(), "{:?}", understood.notices);
    for (path, _, kind, word) in FORMS {
        let file = understood.graph.paths.iter().position(|known| known == path).unwrap();
        let facts = understood.graph.files[file].facts.iter().filter(|fact| fact.kind.name() == *kind);
        let shown: Vec<String> = facts.map(|fact| serde_json::to_string(&fact.kind).unwrap()).collect();
        assert!(shown.iter().any(|fact| fact.contains(word)), "{path}: no {kind} with {word}: {shown:#?}");
    }
}
