"""Preconditions checked before a deployment changes anything. Each problem says what to do."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import boto3
import environ
from botocore.exceptions import ClientError
from django.core.checks import CheckMessage

from config.aws_lambda.secrets import PROXY, REQUIRED, UnusableSecret, read_variables
from config.environment import is_database_url
from config.zappa.checks import check_file
from config.zappa.gate_checks import check_database
from config.zappa.stages import Stage
from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.stage_values import GATE_TABLE


def settings_problems(settings_file: Path) -> list[str]:
    """Return the errors of `manage.py check` in zappa_settings.json."""
    return [_text(message) for message in check_file(settings_file) if message.is_serious()]


def directory_problems(directory: Path) -> list[str]:
    """Return a problem if the directory of packages and Zappa's settings is not writable."""
    try:
        directory.mkdir(exist_ok=True)
        with TemporaryFile(dir=directory):
            return []
    except OSError as error:
        return [f"{directory} cannot be written to: {error.strerror}. Deploy from a checkout that is yours."]


def output_problems(stage: Stage, outputs: Mapping[str, str]) -> Iterator[str]:
    """Yield the resources in the settings that the stack did not create."""
    for key, output in (("role_arn", "RoleArn"), ("dead_letter_arn", "DeadLetterQueueArn")):
        if stage.settings.get(key) != outputs.get(output):
            yield f"{key} in zappa_settings.json is not what the stack made: set it to {outputs.get(output)}."
    queues = {name: value for name, value in outputs.items() if name.endswith("QueueArn")}
    for event in stage.events:
        if event.source_arn and event.source_arn not in queues.values():
            yield f"the event_source of {event.function} in zappa_settings.json is no queue of the stack's: {queues}."


def secret_problems(stage: Stage, outputs: Mapping[str, str]) -> Iterator[str]:
    """Yield the keys that the secret lacks, as the function reads it, and what is wrong with its database."""
    secret_arn = outputs["SecretArn"]
    host = outputs.get("DatabaseHost") or str(_variables(stage).get(PROXY, ""))
    variables = _secret_variables(secret_arn, stage.settings["aws_region"], host)
    missing = [key for key in REQUIRED if not variables.get(key)]
    if missing:
        yield (
            f"the secret {secret_arn} has no {' and no '.join(missing)}: `make stack` makes the first; the "
            "other comes from `make data`, or from you by `make database-url`."
        )
    yield from database_problems(stage, variables.get("DATABASE_URL", ""))


def database_problems(stage: Stage, address: str) -> Iterator[str]:
    """Yield the reasons why the stage's function cannot use this database; the URL is not repeated."""
    if address.startswith("sqlite"):
        yield "DATABASE_URL names SQLite, which loses its data on Lambda. Use PostgreSQL."
    elif address and not is_database_url(address):
        yield "DATABASE_URL must be postgres://user:password@host:port/name, with / ? # and @ in the password escaped."
    elif address and _variables(stage).get(GATE_TABLE):
        # With a gate, config/settings.py closes each connection, whatever the URL says.
        database = environ.Env.db_url_config(address) | {"CONN_MAX_AGE": 0}
        yield from map(_text, check_database(database, {}))


def architecture_problems(function: DeployedFunction, architecture: str) -> Iterator[str]:
    """Yield the reason why the deployed function cannot be updated: Zappa does not change the architecture."""
    found = function.architecture
    if found and found != architecture:
        yield (
            f"{function.name} runs on {found}, and the stage says {architecture}; `zappa update` does not change that. "
            "Run `make undeploy`, which keeps the stacks and their data, and then `make deploy`."
        )


def _variables(stage: Stage) -> Mapping[str, Any]:
    variables: Mapping[str, Any] = stage.settings.get("aws_environment_variables", {})
    return variables


def _text(message: CheckMessage) -> str:
    return f"{message.obj}: {message.msg}. {message.hint}"


def _secret_variables(secret_arn: str, region: str, host: str) -> dict[str, str]:
    try:
        found = boto3.client("secretsmanager", region_name=region).get_secret_value(SecretId=secret_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":  # none, or none with a value
            return {}
        raise
    try:
        return read_variables(found["SecretString"], host)
    except UnusableSecret:
        return {}
