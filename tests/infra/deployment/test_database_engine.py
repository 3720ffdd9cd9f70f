"""`make data`: the kind of database is asked for once, and never changed in place."""

import io
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from infra.deployment import provisioning
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused
from tests.infra.deployment.account import DATABASE, Account
from tests.infra.deployment.test_deploy import network
from tests.infra.deployment.test_deploy_command import stored

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


class Terminal(io.StringIO):
    """Person at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def stage(account: Account) -> Deployment:
    """Return a stage without a database, whose template makes no network, which moto cannot."""
    (account.directory / "data.yaml").write_text(network("subnet-1,subnet-2"))
    return replace(account.deployment(), templates=account.directory)


@pytest.fixture
def type_lines(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda *lines: monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))


def engine_of(stage: Deployment) -> str:
    return stage.data.parameter("Engine")


def test_person_is_asked_until_the_answer_is_one(
    stage: Deployment, type_lines: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_lines("oracle", "instance")
    provisioning.data(stage, {}, Steps())
    assert engine_of(stage) == "instance"
    said = capsys.readouterr().out
    assert "  instance  one db.t4g.micro, always on" in said
    assert "Engine 'oracle' must be aurora, instance, elsewhere." in said


def test_enter_takes_the_one_that_sleeps(stage: Deployment, type_lines: Callable[..., None]) -> None:
    type_lines("")
    provisioning.data(stage, {}, Steps())
    assert engine_of(stage) == "aurora"


def test_person_who_goes_away_makes_nothing(stage: Deployment, type_lines: Callable[..., None]) -> None:
    type_lines()
    with pytest.raises(Refused, match=r"Nothing was made\."):
        provisioning.data(stage, {}, Steps())
    assert not stage.data.status


def test_ci_service_is_not_asked(stage: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    provisioning.data(stage, {}, Steps())
    assert engine_of(stage) == "aurora"


def test_address_elsewhere_goes_into_the_secret_and_no_stack_is_made(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.secret = {"SECRET_KEY": "a-key"}
    stage = account.deployment()
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{DATABASE}\n"))
    provisioning.data(stage, {"Engine": "elsewhere"}, Steps())
    assert stored()["DATABASE_URL"] == DATABASE
    assert not stage.data.status


@pytest.mark.parametrize(("made", "wanted"), [("aurora", "instance"), ("instance", "aurora")])
def test_other_engine_is_refused_since_it_would_be_empty(stage: Deployment, made: str, wanted: str) -> None:
    provisioning.data(stage, {"Engine": made}, Steps())
    with pytest.raises(Refused, match=f"Engine={made}, and {wanted} would be a new, empty one: .*Moving to another"):
        provisioning.data(stage, {"Engine": wanted}, Steps())
    with pytest.raises(Refused, match="run `make database-url STAGE=dev`"):
        provisioning.data(stage, {"Engine": "elsewhere"}, Steps())
    assert engine_of(stage) == made


def test_engine_stays_with_later_updates(stage: Deployment, type_lines: Callable[..., None]) -> None:
    provisioning.data(stage, {"Engine": "instance"}, Steps())
    type_lines()  # which asks nobody
    provisioning.data(stage, {}, Steps())
    assert engine_of(stage) == "instance"


def test_unknown_engine_is_refused_before_anything_is_made(stage: Deployment) -> None:
    with pytest.raises(Refused, match="Engine 'oracle' must be"):
        provisioning.data(stage, {"Engine": "oracle"}, Steps())
    assert not stage.data.status


@pytest.mark.parametrize(
    ("parameters", "gate", "says"),
    [
        ({}, "", 'make configure STAGE=dev PARAMETERS="Sleep=yes"'),
        ({}, "subs-dev-gate", ""),
        ({"MinCapacity": "0", "UseProxy": "false"}, "subs-dev-gate", ""),
        ({"MinCapacity": "0", "UseProxy": "false"}, "", "Sleep=yes"),
        ({"MinCapacity": "0.5"}, "subs-dev-gate", "It never sleeps with MinCapacity=0.5, and the gate saves nothing"),
        ({"MinCapacity": "0.5"}, "", ""),
        ({"MinCapacity": "0.0", "UseProxy": "true"}, "subs-dev-gate", "UseProxy=true, and the gate saves nothing"),
        ({"MinCapacity": "0.0", "UseProxy": "true"}, "", ""),
        ({"Engine": "instance"}, "subs-dev-gate", 'make configure STAGE=dev PARAMETERS="Sleep=no"'),
        ({"Engine": "instance"}, "", ""),
        ({"Engine": "instance", "MinCapacity": "0"}, "", ""),
    ],
)
def test_gate_is_advised_where_it_saves_something(
    account: Account, parameters: dict[str, str], gate: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    account.stage["aws_environment_variables"]["GATE_TABLE"] = gate
    (account.directory / "data.yaml").write_text(network("subnet-1,subnet-2"))
    stage = replace(account.deployment(), templates=account.directory)
    provisioning.data(stage, {"Engine": "aurora"} | parameters, Steps())
    said = capsys.readouterr().out
    assert says in said
    assert ("make configure" in said) is bool(says)
