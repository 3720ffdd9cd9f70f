"""Commands print the messages of expected errors from any part of infra."""

import inspect
from collections.abc import Mapping

import pytest

from infra import errors as infra_errors
from infra.deployment.error_messages import EXPECTED, message_of
from infra.errors import InfraError, InvocationFailed
from infra.lambda_local import errors as lambda_local_errors
from infra.lambda_local.errors import LambdaLocalError

MORE: Mapping[type[Exception], tuple[str, ...]] = {InvocationFailed: ("ZeroDivisionError",)}
"""Arguments of an error beside its message."""
MESSAGE = "There is no such thing. Make one."


def kinds(module: object, base: type[Exception]) -> list[type[Exception]]:
    return [kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, base)]


@pytest.mark.parametrize(
    "kind",
    [*kinds(infra_errors, InfraError), *kinds(lambda_local_errors, LambdaLocalError)],
    ids=lambda kind: kind.__name__,
)
def test_error_is_expected_and_told_in_its_own_words(kind: type[Exception]) -> None:
    error = kind(MESSAGE, *MORE.get(kind, ()))
    assert isinstance(error, EXPECTED)
    assert message_of(error) == MESSAGE


@pytest.mark.parametrize(("module", "base"), [(infra_errors, InfraError), (lambda_local_errors, LambdaLocalError)])
def test_every_error_has_the_base_of_its_package(module: object, base: type[Exception]) -> None:
    declared = [kind for kind in kinds(module, Exception) if kind.__module__ == base.__module__]
    assert [kind for kind in declared if not issubclass(kind, base)] == []
