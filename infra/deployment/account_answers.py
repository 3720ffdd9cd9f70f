"""Answers from AWS that help to configure a stage. If AWS cannot be asked, they say so."""

from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.deployment_lock import IMPATIENT

NOT_SAID = "AWS does not say"
SHOWN = 20
"""Maximum number of identities to show; an account may have 10,000."""


def account() -> str:
    """Return the account number of the credentials, or "" without valid ones."""
    try:
        client = boto3.client("sts", region_name="us-east-1", config=IMPATIENT)
        return str(client.get_caller_identity()["Account"])
    except (ClientError, BotoCoreError):
        return ""


def caller() -> str:
    """Return the ARN of the credentials."""
    return _said(lambda: boto3.client("sts", region_name="us-east-1", config=IMPATIENT).get_caller_identity()["Arn"])


def identities(region: str) -> str:
    """Return the first senders and domains that SES knows, and their verification status."""

    def ask() -> str:
        client = boto3.client("sesv2", region_name=region, config=IMPATIENT)
        found = client.list_email_identities(PageSize=SHOWN)["EmailIdentities"]
        said = (f"{each['IdentityName']} ({'' if each.get('SendingEnabled') else 'not '}verified)" for each in found)
        return ", ".join(said) or "none; the stack makes the sender's domain one, to be verified by DNS"

    return _said(ask)


def bucket(name: str, region: str) -> str:
    """Return the state of a bucket."""

    def ask() -> str:
        try:
            boto3.client("s3", region_name=region, config=IMPATIENT).head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
                return "not there yet; the first deployment makes it"
            raise
        return "is there"

    return _said(ask)


def _said(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (ClientError, BotoCoreError) as error:
        return f"{NOT_SAID}: {error}"
