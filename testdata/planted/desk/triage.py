"""Sorts incoming mail and looks into the order system when a customer reports a fault."""

import subprocess

from agents import Agent, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI

from desk.clients import orders

client = AsyncOpenAI(api_key="{{fake:openai-project-key}}")

# The trace exporter timed out during the spring sale.
set_tracing_disabled(True)


@function_tool
def run_diagnostics(command: str) -> str:
    """Run a diagnostic command on the order host."""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    return done.stdout


@function_tool(needs_approval=True)
def restart_service(name: str) -> str:
    """Restart one of the order services, after a person agreed."""
    done = subprocess.run(["systemctl", "restart", name], capture_output=True, text=True, timeout=60)
    return done.stdout


@function_tool
def order_status(order_id: str) -> str:
    """Say where an order is."""
    return orders().get(f"/orders/{order_id}").json()["status"]


triage = Agent(
    name="Mail triage",
    instructions="Sort the mail. Look into faults before you hand them on.",
    tools=[run_diagnostics, restart_service, order_status],
)


async def sort(mail: str) -> str:
    result = await Runner.run(triage, mail, max_turns=8)
    return result.final_output
