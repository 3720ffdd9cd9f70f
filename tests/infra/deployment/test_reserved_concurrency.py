"""Reserved concurrency: set in the settings, refused if too high, and never lost silently."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from infra.deployment import rollout
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused
from tests.infra.deployment.account import Account
from tests.support.injected_answers import InjectedAnswers
from tests.support.release_zip import release_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


def reserve(number: int, function: str = "subs-dev") -> None:
    boto3.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=number)


def reserved() -> int | None:
    return boto3.client("lambda").get_function_concurrency(FunctionName="subs-dev").get("ReservedConcurrentExecutions")


def with_setting(deployment: Deployment, account: Account, number: int | None) -> Deployment:
    """Return the deployment with this setting."""
    account.stage["lambda_concurrency"] = number
    deployment.settings_file.write_text(json.dumps({"dev": account.stage}), encoding="utf-8")
    deployment.__dict__.pop("stage", None)
    return deployment


def keep_release_with(deployment: Deployment, account: Account, number: int | None) -> str:
    code = release_of("reserving", account.stage | {"lambda_concurrency": number})
    found = boto3.client("lambda").update_function_code(FunctionName="subs-dev", ZipFile=code)
    return deployment.releases.keep(found["CodeSha256"])


def test_reservation_made_by_hand_is_not_lost_in_silence(
    released: Deployment, account: Account, answers: InjectedAnswers, prove_usable: Callable[[Deployment], None]
) -> None:
    reserve(40)
    answers.calls.clear()
    with pytest.raises(Refused, match=r'Write "lambda_concurrency": 40 into.*delete-function-concurrency'):
        rollout.deploy(released, Steps())
    assert reserved() == 40
    assert not {"lambda.UpdateFunctionCode", "lambda.DeleteFunctionConcurrency"} & set(answers.calls)
    prove_usable(with_setting(released, account, 40))


def test_reservation_that_the_settings_name_is_deployed(released: Deployment, account: Account) -> None:
    reserve(40)
    with_setting(released, account, 30).check_there()


def test_reservation_that_left_the_settings_may_go(released: Deployment, account: Account) -> None:
    keep_release_with(released, account, 40)
    reserve(40)
    released.check_there()


@pytest.mark.parametrize(
    ("mine", "others", "wanted", "says"),
    [
        (0, 0, 901, "lambda_concurrency.*900 of its 1000 sandboxes, since 100 stay"),
        (200, 600, 300, ""),
        (200, 600, 301, "300 of its 1000 sandboxes"),
    ],
)
def test_account_keeps_its_unreserved_sandboxes(
    released: Deployment, account: Account, mine: int, others: int, wanted: int, says: str
) -> None:
    if others:
        functions: Any = boto3.client("lambda")
        role = released.outputs()["RoleArn"]
        functions.create_function(
            FunctionName="other", Runtime="python3.11", Role=role, Handler="a", Code={"ZipFile": b"x"}
        )
        reserve(others, "other")
    if mine:
        reserve(mine)
    deployment = with_setting(released, account, wanted)
    if not says:
        deployment.check_there()
        return
    with pytest.raises(Refused, match=says):
        deployment.check_there()


def test_young_account_can_reserve_none(released: Deployment, account: Account, answers: InjectedAnswers) -> None:
    limit = {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}
    answers.alter("lambda.GetAccountSettings", lambda _: json.dumps({"AccountLimit": limit}).encode())
    with pytest.raises(Refused, match=r"0 of its 10 sandboxes.*Service Quotas"):
        with_setting(released, account, 5).check_there()


def test_reservation_made_by_hand_outlives_a_rollback(released: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    reserve(70)
    released.go_back_to(released.releases.kept()[-1])
    assert reserved() == 70
    assert "70 reserved sandboxes stay, which no release has set" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "of_releases", "before", "after"),
    [(40, {40, 60}, 60, 40), (40, {40, None}, 70, 40), (None, {None, 60}, 60, None)],
)
def test_reservation_is_that_of_the_release(
    released: Deployment, target: int | None, of_releases: set[int | None], before: int | None, after: int | None
) -> None:
    if before:
        reserve(before)
    released.concurrency.restore(target, lambda: of_releases)
    assert reserved() == after


def test_release_that_fails_takes_its_reservation_along(released: Deployment, account: Account) -> None:
    good = keep_release_with(released, account, None)
    reserve(60)  # as Zappa does for the release that fails
    with_setting(released, account, 60).go_back_to(good)
    assert reserved() is None
