"""Secrets in zappa_settings.json are detected, but not repeated."""

from pathlib import Path

import pytest

from config.zappa import checks
from tests.config.zappa.settings_file import GOOD_EVENT, GOOD_STAGE, found, ids, written


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SECRET_KEY", "hunter2"),
        ("DJANGO_SECRET", "hunter2"),
        ("DB_PASSWORD", "hunter2"),
        ("db_pwd", "hunter2"),
        ("API_TOKEN", "hunter2"),
        ("STRIPE_KEY", "hunter2"),
        ("APIKEY", "hunter2"),
        ("KEY", "hunter2"),
        ("DATABASE_URL", "postgres://user:hunter2@db.example.com/name"),
        ("CACHE", "redis://:hunter2@cache.example.com"),
        ("COLOUR", "AKIAIOSFODNN7EXAMPLE"),
        ("COLOUR", "-----BEGIN RSA PRIVATE KEY-----\nhunter2"),
    ],
)
def test_secret_in_the_environment_is_an_error_that_does_not_repeat_it(tmp_path: Path, key: str, value: str) -> None:
    variables = GOOD_STAGE["aws_environment_variables"]
    assert isinstance(variables, dict)

    messages = found(tmp_path, aws_environment_variables=variables | {key: value})

    assert ids(messages) == ["config.E030"]
    assert f"dev.aws_environment_variables.{key}" in str(messages[0])
    assert value not in str(messages[0])
    assert "hunter2" not in str(messages[0])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SITE_URL", "https://subscriptions.example.com:443/path@x"),
        ("SES_FROM_ADDRESS", "subscriptions@example.com"),
        ("SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:subs"),
        ("SECRET_KEY", ""),
        ("KEYBOARD", "querty"),
        ("MONKEY", "bananas"),
        ("SNS_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:subs-dev-events"),
    ],
)
def test_variable_that_holds_no_secret_is_fine(tmp_path: Path, key: str, value: str) -> None:
    variables = GOOD_STAGE["aws_environment_variables"]
    assert isinstance(variables, dict)

    assert found(tmp_path, aws_environment_variables=variables | {key: value}) == []


def test_secret_outside_of_the_environment_is_an_error(tmp_path: Path) -> None:
    event = GOOD_EVENT | {"kwargs": {"sources": ["https://user:hunter2@example.com"]}}

    messages = found(tmp_path, events=[event])

    assert ids(messages) == ["config.E030"]
    assert messages[0].msg == "dev.events.0.kwargs.sources.0 looks like a secret"


def test_settings_of_zappa_that_are_called_key_are_fine(tmp_path: Path) -> None:
    assert found(tmp_path, aws_kms_key_arn="", certificate_key="tls/key.pem", api_key_required=True) == []


def test_inherited_secret_is_told_once(tmp_path: Path) -> None:
    document = {"dev": GOOD_STAGE | {"lambda_description": "AKIAIOSFODNN7EXAMPLE"}, "production": {"extends": "dev"}}

    assert ids(checks.check_file(written(tmp_path, document))) == ["config.E030"]
