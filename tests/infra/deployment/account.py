"""Account of the local AWS, ready for a deployment."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.ses.models import ses_backends

from infra.deployment.deployment import Deployment
from infra.lambda_local.account import ACCOUNT
from infra.packaging.zappa_stage import SETTINGS_FILE

DATABASE = "postgres://user:password@database.example.com:5432/subscriptions"
SECRET = {"SECRET_KEY": "a-key", "DATABASE_URL": DATABASE}


def dev() -> dict[str, Any]:
    """Return the shipped stage, to be changed."""
    stage: dict[str, Any] = json.loads(SETTINGS_FILE.read_text(encoding="utf-8"))["dev"]
    return stage


@dataclass
class Account:
    """Account that meets all preconditions of a deployment, unless a test changes it."""

    directory: Path
    stage: dict[str, Any] = field(default_factory=dev)
    secret: dict[str, str] | None = field(default_factory=SECRET.copy)
    verified: str = "subscriptions@dev.subscriptions.example.com"
    with_stack: bool = True

    def deployment(self) -> Deployment:
        """Create all resources."""
        path = self.directory / "zappa_settings.json"
        path.write_text(json.dumps({"dev": self.stage}), encoding="utf-8")
        deployment = Deployment("dev", path, directory=self.directory / "build")
        if self.with_stack:
            deployment.update_stack()
        if self.secret is not None:
            client = boto3.client("secretsmanager")
            client.create_secret(Name="subs-dev/function", SecretString=json.dumps(self.secret))
        boto3.client("sesv2").create_email_identity(EmailIdentity="example.net")
        if self.verified:
            with suppress(boto3.client("sesv2").exceptions.AlreadyExistsException):
                boto3.client("sesv2").create_email_identity(EmailIdentity=self.verified)
            ses_backends[ACCOUNT]["us-east-1"].email_identities[self.verified].verified_for_sending_status = True
        return deployment
