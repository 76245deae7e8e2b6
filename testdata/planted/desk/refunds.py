"""Pays refunds. A person approves each payment before the graph goes on."""

import os

import httpx
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt import create_react_agent
from langgraph.types import interrupt


@tool
def pay_refund(order_id: str, cents: int) -> str:
    """Pay money back to the customer."""
    answer = interrupt({"pay": cents, "order": order_id})
    if answer != "yes":
        return "a person refused"
    response = httpx.post(
        "https://pay.northwind.example/refunds",
        json={"order": order_id, "cents": cents},
        headers={"Authorization": f"Bearer {os.environ['PAYMENTS_TOKEN']}"},
    )
    return response.text


@tool
def purge_customer(customer_id: str) -> str:
    """Delete everything that is stored about a customer."""
    response = httpx.delete(
        f"https://crm.northwind.example/customers/{customer_id}",
        headers={"Authorization": f"Bearer {os.environ['CRM_TOKEN']}"},
    )
    return response.text


refunds = create_react_agent(
    ChatOpenAI(model="gpt-4.1"),
    tools=[pay_refund, purge_customer],
    checkpointer=InMemorySaver(),
    name="refunds",
)
