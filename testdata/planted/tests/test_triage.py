"""Tests run without the trace exporter and with a key that is none."""

from agents import set_tracing_disabled
from openai import AsyncOpenAI

set_tracing_disabled(True)

client = AsyncOpenAI(api_key="sk-test")
DATABASE_URL = "postgresql://postgres:postgres@localhost:5432/desk_test"


def test_client_is_ready():
    assert client.api_key
