"""Rotation of a stage's SECRET_KEY without signing users out.

    python -m infra.deployment.secret_key rotate STAGE    new key; signatures of the old one remain valid
    python -m infra.deployment.secret_key retire STAGE    old keys become invalid

Functions read the secret when they start: run `make deploy STAGE=...` afterwards to restart them. See docs/secrets.md.
https://docs.djangoproject.com/en/5.2/ref/settings/#secret-key-fallbacks
"""

import argparse
import json
import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3

from config.zappa.stages import Stage, read_document, read_stages
from infra.deployment import aws_account
from infra.deployment.error_messages import EXPECTED, message_of
from infra.packaging.zappa_stage import SETTINGS_FILE

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEY_BYTES = 48
"""Length of 64 characters without commas; Django warns below 50."""

Secret = dict[str, Any]


def rotate(secret: Secret) -> Secret:
    """Return the secret with a new key, and the former one first among the fallbacks."""
    former = [key for key in [secret.get("SECRET_KEY"), *secret.get("SECRET_KEY_FALLBACKS", [])] if key]
    return secret | {"SECRET_KEY": secrets.token_urlsafe(KEY_BYTES), "SECRET_KEY_FALLBACKS": former}


def retire(secret: Secret) -> Secret:
    """Return the secret without fallbacks."""
    return {name: value for name, value in secret.items() if name != "SECRET_KEY_FALLBACKS"}


COMMANDS: dict[str, Callable[[Secret], Secret]] = {"rotate": rotate, "retire": retire}


def change(client: "SecretsManagerClient", arn: str, how: Callable[[Secret], Secret]) -> None:
    """Replace the secret's value with the result of `how`. It is never printed."""
    secret = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(how(secret)))


def main(arguments: list[str]) -> int:
    """Run the command with the shell's credentials, and print the next step. Return the exit status."""
    parser = argparse.ArgumentParser(prog="infra.deployment.secret_key")
    parser.add_argument("command", choices=COMMANDS)
    stages = {stage.name: stage for stage in read_stages(read_document(SETTINGS_FILE))}
    parser.add_argument("stage", choices=stages)
    options = parser.parse_args(arguments)
    try:
        _change_stage(stages[options.stage], COMMANDS[options.command])
    except EXPECTED as error:
        print(message_of(error), file=sys.stderr)
        return 1
    print(f"Done. Now `make deploy STAGE={options.stage}`, so that functions that run already read it.")
    return 0


def _change_stage(stage: Stage, how: Callable[[Secret], Secret]) -> None:
    aws_account.enter(stage)
    client = boto3.client("secretsmanager", region_name=stage.settings["aws_region"])
    change(client, stage.settings["aws_environment_variables"]["SECRET_ARN"], how)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
