"""Permissions of conditional requests for every kind of client."""

from typing import Any

import pytest

from subscriptions.models import Plan, Subscription
from tests.api.callers import Caller, assert_problem
from tests.api.rights import CALLERS, CONDITIONS, MATRIX, documented_headers, filled, operation_of

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.slow]

REFUSED = {401, 403, 404}

CELLS = [
    pytest.param(method, path, body, {header: value}, caller, status, id=f"{method} {path} {header} {value} {caller}")
    for method, path, body, statuses in MATRIX
    for header, value in CONDITIONS
    if header in documented_headers().get(operation_of(method, path), set())
    for caller, status in zip(CALLERS, statuses, strict=True)
]


def test_every_single_resource_has_its_conditions() -> None:
    conditional = {
        operation: headers & {"If-Match", "If-None-Match"} for operation, headers in documented_headers().items()
    }
    resources = ("api_plan", "api_subscription", "api_user")
    assert {operation: headers for operation, headers in conditional.items() if headers} == {
        **{("GET", resource): {"If-None-Match"} for resource in resources},
        **{("PATCH", resource): {"If-Match"} for resource in resources},
        ("DELETE", "api_plan"): {"If-Match"},
    }


@pytest.mark.parametrize(("method", "path", "body", "condition", "caller", "status"), CELLS)
def test_condition_is_judged_for_those_alone_who_may(
    method: str,
    path: str,
    body: dict[str, Any] | None,
    condition: dict[str, str],
    caller: str,
    status: int,
    names: dict[str, int],
    request: pytest.FixtureRequest,
) -> None:
    who: Caller = request.getfixturevalue(caller)
    before = rows()
    response = who.stating(**condition).ask(method, path.format(**names), filled(body, names))
    [judged] = (CONDITIONS[each] for each in condition.items())
    expected = status if status in REFUSED else judged or status
    if expected < 400:
        assert response.status_code == expected
    else:
        assert_problem(response, expected)
        assert rows() == before


def rows() -> list[Any]:
    """Return what conditional requests may change."""
    return [list(model.objects.order_by("pk").values()) for model in (Plan, Subscription)]
