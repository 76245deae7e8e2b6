"""Clients of other systems; their keys come from the environment."""

import os

import httpx
from openai import AsyncOpenAI


def orders() -> httpx.Client:
    return httpx.Client(
        base_url=os.environ["ORDERS_URL"],
        headers={"Authorization": f"Bearer {os.environ['ORDERS_TOKEN']}"},
    )


def model() -> AsyncOpenAI:
    return AsyncOpenAI(api_key=os.environ["OPENAI_API_KEY"])
