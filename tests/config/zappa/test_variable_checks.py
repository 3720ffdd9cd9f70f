"""Variables that Lambda refuses are detected before a deployment."""

from pathlib import Path
from typing import Any

import pytest

from config.zappa import checks
from infra.deployment.preconditions import settings_problems
from tests.config.zappa.settings_file import GOOD_STAGE, VARIABLES, found, ids, written


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SESSION_SECONDS": 60}, "the variable SESSION_SECONDS is not a string"),
        ({"REMIND": True}, "the variable REMIND is not a string"),
        ({"NOTHING": None}, "the variable NOTHING is not a string"),
        ({"AWS_REGION": "us-east-1"}, "the variable AWS_REGION is reserved by Lambda"),
        ({"1ST": "a"}, "'1ST' is not a valid variable name"),
        ({"A": "a"}, "'A' is not a valid variable name"),
        ({"WITH-DASH": "a"}, "'WITH-DASH' is not a valid variable name"),
        ({"LONG": "é" * 2048}, "bytes, but Lambda allows 4096"),
    ],
)
def test_variable_that_lambda_does_not_take_is_an_error(tmp_path: Path, variables: dict[str, Any], says: str) -> None:
    messages = found(tmp_path, aws_environment_variables=VARIABLES | variables)

    assert ids(messages) == ["config.E060"]
    assert says in messages[0].msg
    assert messages[0].hint


def test_value_is_not_repeated(tmp_path: Path) -> None:
    messages = found(tmp_path, aws_environment_variables=VARIABLES | {"DATABASE_POOL": {"password": "confidential"}})
    assert "confidential" not in str(messages)


@pytest.mark.parametrize("variables", [{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, {"TZ": ""}, {"LONG": "a" * 3000}])
def test_variable_that_lambda_takes_is_fine(tmp_path: Path, variables: dict[str, Any]) -> None:
    assert found(tmp_path, aws_environment_variables=VARIABLES | variables) == []


def test_removed_variable_is_ignored_with_a_warning_and_does_not_stop_a_deployment(tmp_path: Path) -> None:
    variables = VARIABLES | {"WAKE_UP_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/subs-dev-wake-up"}
    (message,) = found(tmp_path, aws_environment_variables=variables)
    assert (message.id, message.is_serious(), message.msg) == (
        "config.W062",
        False,
        "the variable WAKE_UP_QUEUE_URL is ignored",
    )
    path = written(tmp_path, {"dev": GOOD_STAGE | {"aws_environment_variables": variables}})
    assert settings_problems(path) == []


def test_removed_variable_in_the_environment_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_environment() == []
    monkeypatch.setenv("WAKE_UP_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/123456789012/subs-dev-wake-up")
    assert ids(checks.check_environment()) == ["config.W062"]
