//! The links of the graph over files: from an agent to what runs it, to what it runs as and to the credentials it
//! holds. Each case is one way to make the link, alone.

use std::fs;

use nhiscan::catalogue::fake::expand;
use nhiscan::cli::request::Request;
use nhiscan::facts::Credential;
use nhiscan::graph::{AgentNode, Graph};
use nhiscan::understand;

const AGENT: &str = "import os\nfrom agents import Agent\nfrom openai import AsyncOpenAI\n\nclient = \
                     AsyncOpenAI(api_key=os.environ[\"OPENAI_API_KEY\"])\ndesk = Agent(name=\"desk\", \
                     instructions=\"x\")\n";
const IMAGE: &str = "FROM python:3.12\nCOPY . .\nCMD [\"python\", \"main.py\"]\n";

fn graph(files: &[(&str, &str)]) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, expand(text)).unwrap();
    }
    understand(&Request { roots: vec![folder.path().to_owned()], ..Request::default() }).unwrap().graph
}

fn agent<'g>(graph: &'g Graph, name: &str) -> &'g AgentNode {
    let named = |node: &&AgentNode| graph.agent(node).name == name;
    graph.agents().iter().find(named).unwrap_or_else(|| panic!("no agent {name}: {:?}", graph.agents()))
}

/// Paths of the literals that an agent holds.
fn holds(graph: &Graph, name: &str) -> Vec<&'static str> {
    let literal = |id: &nhiscan::facts::FactId| graph.get::<Credential>(*id).is_some_and(|c| c.fingerprint.is_some());
    let edges = agent(graph, name).credentials.iter().map(|edge| edge.to).filter(literal);
    edges.map(|id| graph.path(id.file).as_str()).collect()
}

/// Forms and names of the identities that an agent runs as.
fn runs_as(graph: &Graph, name: &str) -> Vec<String> {
    let identities = agent(graph, name).identities.iter().map(|edge| &graph.identities()[edge.to].key);
    identities.map(|key| format!("{} {}", key.form, key.name)).collect()
}

/// Names of the workloads that run an agent.
fn run_by(graph: &Graph, name: &str) -> Vec<&'static str> {
    let workloads = agent(graph, name).workloads.iter().map(|edge| &graph.workloads()[edge.to]);
    workloads.map(|node| graph.workload(node).name.as_str()).collect()
}

#[test]
fn tools_that_are_registered_in_another_file_belong_to_the_only_server() {
    let server = "from fastmcp import FastMCP\nfrom tools import register\n\nmcp = FastMCP(\"desk\")\nregister(mcp)\n";
    let tools = "import os\n\n\ndef register(mcp):\n    @mcp.tool()\n    def wipe(path: str) -> str:\n        \
                 os.remove(path)\n        return path\n";
    let names = |found: &Graph, server: &str| -> Vec<&'static str> {
        agent(found, server).tools.iter().map(|tool| tool.name.as_str()).collect()
    };
    // At the top of what is scanned, and below another folder than the server's.
    for path in ["tools.py", "lib/tools.py"] {
        assert_eq!(names(&graph(&[("main.py", server), (path, tools)]), "desk"), ["wipe"], "{path}");
    }
    let other = server.replace("desk", "shop");
    let two = graph(&[("main.py", server), ("other.py", &other), ("lib/tools.py", tools)]);
    assert!(names(&two, "desk").is_empty() && names(&two, "shop").is_empty());
}

#[test]
fn a_variable_leads_through_the_workload_to_the_value() {
    let compose =
        "services:\n  desk:\n    build: app\n    environment:\n      OPENAI_API_KEY: {{fake:openai-project-key}}\n";
    let found = graph(&[("app/main.py", AGENT), ("app/Dockerfile", IMAGE), ("compose.yaml", compose)]);
    assert_eq!(holds(&found, "desk"), ["compose.yaml"]);
}

#[test]
fn a_variable_leads_to_the_value_that_another_name_holds() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData:\n  openai: \
                  {{fake:openai-project-key}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: \
                  desk}\nspec:\n  template:\n    spec:\n      containers:\n      - name: desk\n        image: \
                  registry.example/app:1\n        env:\n        - name: OPENAI_API_KEY\n          valueFrom: \
                  {secretKeyRef: {name: keys, key: openai}}\n";
    let found = graph(&[("app/main.py", AGENT), ("app/Dockerfile", IMAGE), ("k8s/desk.yaml", secret)]);
    let workloads = run_by(&found, "desk");
    assert!(workloads.contains(&"desk"), "the image is called like the folder that it is built from: {workloads:?}");
    assert_eq!(holds(&found, "desk"), ["k8s/desk.yaml"]);
}

#[test]
fn a_tool_server_hands_its_variables_to_its_client() {
    let servers = "{\"mcpServers\": {\"search\": {\"command\": \"npx\", \"args\": [\"search-server\"], \"env\": \
                   {\"OPENAI_API_KEY\": \"{{fake:openai-project-key}}\"}}}}\n";
    let found = graph(&[(".mcp.json", servers)]);
    assert_eq!(holds(&found, "claude-code"), [".mcp.json"]);
}

#[test]
fn what_an_entry_point_imports_is_run_by_its_workload() {
    let main = "from agents import Agent\nfrom desk.agents import desk\n\nfront = Agent(name=\"front\", \
                instructions=\"x\", handoffs=[desk])\n";
    let compose = "services:\n  front:\n    build: .\n    command: python main.py\n";
    let files = [("main.py", main), ("desk/agents.py", AGENT), ("desk/__init__.py", ""), ("compose.yaml", compose)];
    assert_eq!(run_by(&graph(&files), "desk"), ["front"]);
}

const DEPLOYED: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: desk\n  annotations: \
                        {eks.amazonaws.com/role-arn: \"arn:aws:iam::111122223333:role/desk-role\"}\n---\napiVersion: \
                        apps/v1\nkind: Deployment\nmetadata: {name: desk}\nspec:\n  template:\n    spec:\n      \
                        serviceAccountName: desk\n      containers: [{name: desk, image: \"registry.example/app:1\"}]\n";

#[test]
fn a_service_account_that_stands_for_a_role_brings_the_role() {
    let found = graph(&[("app/main.py", AGENT), ("app/Dockerfile", IMAGE), ("k8s/desk.yaml", DEPLOYED)]);
    let identities = runs_as(&found, "desk");
    for expected in ["kubernetes-service-account desk", "aws-role desk-role"] {
        assert!(identities.iter().any(|known| known == expected), "{identities:?}");
    }
}

#[test]
fn a_role_is_known_by_its_address_in_another_file_of_the_module() {
    let function = "resource \"aws_lambda_function\" \"desk\" {\n  function_name = \"desk\"\n  role = \
                    aws_iam_role.desk.arn\n  handler = \"main.handler\"\n  runtime = \"python3.12\"\n}\n";
    let role = "resource \"aws_iam_role\" \"desk\" {\n  name = \"desk-role\"\n  assume_role_policy = \"{}\"\n}\n";
    let found = graph(&[("infra/function.tf", function), ("infra/roles.tf", role)]);
    let workload = found.workloads().iter().find(|node| found.workload(node).name == "desk").unwrap();
    assert_eq!(found.identities()[workload.identity.unwrap()].key.name, "desk-role");
}

#[test]
fn equal_names_in_two_environments_are_two_identities() {
    let account = |path| (path, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: desk}\n");
    let found = graph(&[account("overlays/production/sa.yaml"), account("overlays/staging/sa.yaml")]);
    let named = found.identities().iter().filter(|node| node.key.name == "desk").count();
    assert_eq!(named, 2);
}

#[test]
fn what_lies_in_a_folder_that_is_built_runs_in_its_workload() {
    let compose = "services:\n  desk:\n    build: app\n";
    let found = graph(&[("app/main.py", AGENT), ("compose.yaml", compose)]);
    assert_eq!(run_by(&found, "desk"), ["desk"]);
    // What else lies beside the folder does not, nor does anything when everything is built.
    assert!(run_by(&graph(&[("apps/main.py", AGENT), ("compose.yaml", compose)]), "desk").is_empty());
    let whole = "services:\n  desk:\n    build: .\n";
    assert!(run_by(&graph(&[("app/main.py", AGENT), ("compose.yaml", whole)]), "desk").is_empty());
}

#[test]
fn the_only_image_of_a_build_context_is_what_runs() {
    let compose = "services:\n  desk:\n    build: {context: ., dockerfile: \"${DOCKERFILE:-Dockerfile}\"}\n";
    let files = [("main.py", AGENT), ("Dockerfile", IMAGE), ("compose.yaml", compose)];
    assert_eq!(run_by(&graph(&files), "desk"), ["image", "desk"]);
    let mut two = files.to_vec();
    two.push(("Dockerfile.gpu", IMAGE));
    assert!(!run_by(&graph(&two), "desk").contains(&"desk"), "nothing says which of two it is");
    let named = compose.replace("${DOCKERFILE:-Dockerfile}", "Dockerfile.gpu");
    two[2].1 = &named;
    assert!(run_by(&graph(&two), "desk").contains(&"desk"), "the service names the one that it is built by");
}

const ANSWERING: &str = "on: issues\njobs:\n  answer:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: \
                         anthropics/claude-code-action@v1\n      with:\n        ";

#[test]
fn a_person_whose_token_an_agent_is_handed_is_an_identity_of_it() {
    let step = "claude_code_oauth_token: ${{ secrets.CLAUDE_CODE_OAUTH_TOKEN }}\n";
    let found = graph(&[(".github/workflows/answer.yml", &format!("{ANSWERING}{step}"))]);
    let identities = runs_as(&found, "answer");
    assert!(identities.iter().any(|id| id == "person secrets.CLAUDE_CODE_OAUTH_TOKEN"), "{identities:?}");
}

#[test]
fn a_secret_that_a_pipeline_hands_its_agent_is_held_by_it() {
    let step = "anthropic_api_key: ${{ secrets.ANTHROPIC_API_KEY }}\n";
    let found = graph(&[(".github/workflows/answer.yml", &format!("{ANSWERING}{step}"))]);
    let held = agent(&found, "answer").credentials.iter().filter_map(|edge| found.get::<Credential>(edge.to));
    let held: Vec<(&str, &str)> = held.map(|c| (c.name.as_str(), c.held.as_str())).collect();
    assert_eq!(held, [("secrets.ANTHROPIC_API_KEY", "manager")]);
}

#[test]
fn a_variable_of_a_tool_server_in_code_is_held_by_its_agent() {
    let code = "from agents import Agent\nfrom agents.mcp import MCPServerStdio\n\nissues = \
                MCPServerStdio(params={\"command\": \"npx\", \"args\": [\"-y\", \"issues-server\"], \"env\": \
                {\"OPENAI_API_KEY\": \"{{fake:openai-project-key}}\"}})\ndesk = Agent(name=\"desk\", \
                mcp_servers=[issues])\n";
    assert_eq!(holds(&graph(&[("main.py", code)]), "desk"), ["main.py"]);
}

/// What a service called `desk`, built from `app` and given this environment, makes its agent hold.
fn holds_from(environment: &str, rest: &str, more: &[(&str, &str)]) -> Vec<&'static str> {
    let compose = format!("{rest}services:\n  desk:\n    build: app\n    environment:\n      {environment}\n");
    let app = [("deploy/app/main.py", AGENT), ("deploy/app/Dockerfile", IMAGE), ("deploy/compose.yaml", &*compose)];
    let files: Vec<(&str, &str)> = app.iter().chain(more).copied().collect();
    holds(&graph(&files), "desk")
}

#[test]
fn a_variable_leads_to_the_value_that_its_alias_stands_for() {
    let found = holds_from("OPENAI_API_KEY: *key", "x-desk: &key \"{{fake:openai-project-key}}\"\n", &[]);
    assert_eq!(found, ["deploy/compose.yaml"]);
}

#[test]
fn a_variable_leads_to_the_dotenv_file_that_sets_it_under_another_name() {
    let dotenv = ("deploy/.env", "DESK_KEY={{fake:openai-project-key}}\n");
    assert_eq!(holds_from("OPENAI_API_KEY: ${DESK_KEY}", "", &[dotenv]), ["deploy/.env"]);
    assert!(holds_from("OPENAI_API_KEY: ${OTHER_KEY}", "", &[dotenv]).is_empty());
}

#[test]
fn a_variable_leads_to_the_secret_of_its_pipeline() {
    let step = "anthropic_api_key: ${{ secrets.DESK_KEY }}\n    - run: python main.py\n      env: {OPENAI_API_KEY: \
                \"${{ secrets.DESK_KEY }}\"}\n";
    let found = graph(&[("main.py", AGENT), (".github/workflows/answer.yml", &format!("{ANSWERING}{step}"))]);
    let mut held = agent(&found, "desk").credentials.iter().filter_map(|edge| found.get::<Credential>(edge.to));
    assert!(held.any(|credential| credential.name == "secrets.DESK_KEY"), "{:?}", agent(&found, "desk"));
}

#[test]
fn a_credential_inside_a_variable_of_a_tool_server_is_held_too() {
    let servers = "{\"mcpServers\": {\"pages\": {\"command\": \"npx\", \"args\": [\"pages-server\"], \"env\": \
                   {\"PAGES_HEADERS\": \"{\\\"Authorization\\\": \\\"Bearer {{fake:openai-project-key}}\\\"}\"}}}}\n";
    assert_eq!(holds(&graph(&[(".mcp.json", servers)]), "claude-code"), [".mcp.json"]);
}
