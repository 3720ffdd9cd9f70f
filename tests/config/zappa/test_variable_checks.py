"""Variables that Lambda does not take are refused before anything is deployed."""

from pathlib import Path
from typing import Any

import pytest

from tests.config.zappa.settings_file import VARIABLES, found, ids


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SESSION_SECONDS": 60}, "the variable SESSION_SECONDS is no text"),
        ({"REMIND": True}, "the variable REMIND is no text"),
        ({"NOTHING": None}, "the variable NOTHING is no text"),
        ({"AWS_REGION": "us-east-1"}, "the variable AWS_REGION is Lambda's own"),
        ({"1ST": "a"}, "'1ST' is no name of a variable"),
        ({"A": "a"}, "'A' is no name of a variable"),
        ({"WITH-DASH": "a"}, "'WITH-DASH' is no name of a variable"),
        ({"LONG": "é" * 2048}, "bytes, and Lambda takes 4096"),
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
