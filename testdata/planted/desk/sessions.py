"""Credentials for one task of an agent."""

import datetime
import os

import boto3
import hvac
import jwt


def index_orders(orders: list[str], index) -> int:
    """Writes orders into the search index with a token of its own."""
    client = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])
    token = client.auth.token.create(policies=["desk-index"], no_parent=True)["auth"]["client_token"]
    if not orders:
        return 0
    written = index(token, orders)
    client.auth.token.revoke(token)
    return written


def answer_order(order: str, work) -> str:
    """The same for one call: the token ends with the call, whatever happens in it."""
    client = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])
    created = client.auth.token.create(policies=["desk-agent"], ttl="10m", explicit_max_ttl="10m")
    token = created["auth"]["client_token"]
    try:
        return work(token)
    finally:
        client.auth.token.revoke(token)


def export_orders(bucket: str, upload) -> None:
    """A key of its own for the nightly export."""
    iam = boto3.client("iam")
    key = iam.create_access_key(UserName="desk-export")["AccessKey"]
    upload(bucket, key["AccessKeyId"], key["SecretAccessKey"])
    iam.delete_access_key(UserName="desk-export", AccessKeyId=key["AccessKeyId"])


def export_manuals(bucket: str, upload) -> None:
    """A key of its own that is gone afterwards, also when the upload fails."""
    iam = boto3.client("iam")
    key = iam.create_access_key(UserName="desk-manuals")["AccessKey"]
    try:
        upload(bucket, key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        iam.delete_access_key(UserName="desk-manuals", AccessKeyId=key["AccessKeyId"])


def agent_pass(agent: str) -> str:
    """Lets an agent call the order system."""
    claims = {"sub": agent, "aud": "orders", "scope": "orders:read"}
    return jwt.encode(claims, os.environ["SIGNING_KEY"], algorithm="HS256")


def short_pass(agent: str) -> str:
    """The same for five minutes."""
    now = datetime.datetime.now(datetime.timezone.utc)
    claims = {"sub": agent, "aud": "orders", "exp": now + datetime.timedelta(minutes=5)}
    return jwt.encode(claims, os.environ["SIGNING_KEY"], algorithm="HS256")
