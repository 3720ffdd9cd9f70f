"""SECRET_KEY rotation: sessions survive until the old key is retired, and other keys of the secret stay unchanged."""

import json
import os
from collections.abc import Iterator
from typing import Any
from unittest import mock

import boto3
import pytest
from django.core.signing import BadSignature, Signer
from django.test import override_settings

from config.aws_lambda.secrets import read_variables
from infra.deployment import secret_key
from infra.lambda_local.emulator.local_aws import LocalAWS

NAME = "subs-dev/function"
DATABASE = {"username": "subscriptions", "password": "of the database", "host": "h", "port": 1, "dbname": "d"}
OLD = "an-old-key-of-the-tests-that-is-as-long-as-Django-wants-it-0123456789"


@pytest.fixture
def secret(aws: LocalAWS) -> Iterator[None]:
    client = boto3.client("secretsmanager")
    client.create_secret(Name=NAME, SecretString=json.dumps(DATABASE | {"SECRET_KEY": OLD}))
    with mock.patch.dict(os.environ):  # the command sets the stage's region
        yield
    client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)


def stored() -> dict[str, Any]:
    text = boto3.client("secretsmanager").get_secret_value(SecretId=NAME)["SecretString"]
    found: dict[str, Any] = json.loads(text)
    return found


def accepts(signed: str) -> bool:
    """Return True if a newly started function accepts the signature."""
    variables = read_variables(json.dumps(stored()))
    fallbacks = [key for key in variables.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
    with override_settings(SECRET_KEY=variables["SECRET_KEY"], SECRET_KEY_FALLBACKS=fallbacks):
        try:
            Signer().unsign(signed)
        except BadSignature:
            return False
        return True


@pytest.mark.usefixtures("secret")
def test_signature_of_the_old_key_is_accepted_until_it_is_retired(capsys: pytest.CaptureFixture[str]) -> None:
    signed = Signer(key=OLD).sign("a session")
    secret_key.main(["rotate", "dev"])
    assert accepts(signed)
    secret_key.main(["rotate", "dev"])
    assert accepts(signed)
    secret_key.main(["retire", "dev"])
    assert not accepts(signed)
    assert "make deploy STAGE=dev" in capsys.readouterr().out


@pytest.mark.usefixtures("secret")
def test_only_the_key_changes_and_it_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    secret_key.main(["rotate", "dev"])
    key = stored()["SECRET_KEY"]
    assert stored() == DATABASE | {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": [OLD]}
    assert key != OLD
    assert len(key) == 64
    shown = capsys.readouterr()
    assert not any(text in shown.out + shown.err for text in (key, OLD))


def test_unknown_stage_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        secret_key.main(["rotate", "staging"])
    assert "invalid choice: 'staging'" in capsys.readouterr().err
