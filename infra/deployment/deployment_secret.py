"""Function's secret from the deployment's side: created by the stack with a database password, completed here."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.utils import get_random_secret_key

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class DeploymentSecret:
    """Secret by ARN. Its value is never printed."""

    client: "SecretsManagerClient"
    arn: str

    def complete(self) -> bool:
        """Add a SECRET_KEY if there is none. Return True if one was added. Other keys stay unchanged."""
        secret = self._read()
        if secret.get("SECRET_KEY"):
            return False
        self.write(SECRET_KEY=get_random_secret_key())
        return True

    def write(self, **values: str) -> None:
        """Set these keys and leave the others unchanged."""
        self.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(self._read() | values))

    def _read(self) -> dict[str, Any]:
        secret: dict[str, Any] = json.loads(self.client.get_secret_value(SecretId=self.arn)["SecretString"])
        return secret
