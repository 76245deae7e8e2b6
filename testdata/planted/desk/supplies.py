"""Orders supplies for the warehouse. Open Policy Agent decides what may be ordered and written off."""

import logging
import os

import httpx
from agents import Agent, function_tool

from desk.triage import triage

log = logging.getLogger(__name__)
POLICY = "http://localhost:8181/v1/data/desk/supplies/allow"


def allowed(agent: str, action: str, item: str) -> bool:
    """Ask the policy; without an answer the answer is no."""
    question = {"input": {"agent": agent, "action": action, "resource": item}}
    try:
        return httpx.post(POLICY, json=question, timeout=2).json().get("result", False)
    except httpx.HTTPError:
        return False


@function_tool
def delete_listing(item: str) -> str:
    """Take an item out of the shop for good."""
    if not allowed("supplies", "delete", item):
        return "the policy refused"
    os.remove(f"listings/{item}.json")
    return "taken out"


@function_tool
def write_off(item: str) -> str:
    """Delete what is recorded about a lost item."""
    if not allowed("supplies", "write-off", item):
        log.warning("%s should not be written off", item)
    os.remove(f"stock/{item}.json")
    return "written off"


supplies = Agent(name="Supplies", tools=[delete_listing, write_off], handoffs=[triage])
