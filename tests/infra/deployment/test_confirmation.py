"""Confirmations required before permanent deletion, by people and CI services."""

import io
import sys
from typing import TextIO

import pytest

from infra.deployment import teardown
from infra.deployment.confirmation import confirm
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import NotConfirmed

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


def test_ci_service_confirms_by_a_variable(
    released: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YES", "1")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    teardown.undeploy(released, Steps())
    assert not released.function.exists
    assert "Confirmed by YES=1." in capsys.readouterr().out


@pytest.mark.parametrize("value", ["", "0", "yes", "true"])
@pytest.mark.parametrize("stdin", [io.StringIO(), None])
def test_nothing_is_deleted_where_nobody_is_there_to_ask(
    monkeypatch: pytest.MonkeyPatch, value: str, stdin: TextIO | None
) -> None:
    monkeypatch.setenv("YES", value)
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(NotConfirmed, match="Set YES=1 to confirm"):
        confirm("This deletes it.", "dev")


def test_name_may_come_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YES", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO("dev\n"))
    confirm("This deletes it.", "dev")
