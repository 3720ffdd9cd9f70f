"""HTTP benchmark. `make bench` judges times; no test does."""

from collections.abc import Iterator

import pytest
from django.urls import get_resolver, resolve

from benchmarks.http.benchmark import run
from benchmarks.http.clients import STAGE
from benchmarks.http.contenders import BARE, CONTENDERS, PROJECT
from benchmarks.http.deployment import deployed
from benchmarks.http.endpoints import CHANGING, READING
from benchmarks.http.report import DRAWN, Results, report
from benchmarks.http.site import fill_site
from benchmarks.measurement import Measurement
from benchmarks.rounds import Rounds
from infra.postgresql import PostgreSQL
from subscriptions.services import SubscriptionService as Service


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    """Yield the variables of a deployed function with its own PostgreSQL."""
    with PostgreSQL() as server, deployed(server.url) as made:
        yield made


@pytest.mark.parametrize("contender", CONTENDERS)
def test_each_contender_answers_every_request_as_it_should(contender: str, variables: dict[str, str]) -> None:
    answers = run(contender, 1, variables)
    assert set(DRAWN) <= answers.keys()
    assert all(measurement.units == 1 and measurement.cpu > 0 for measurement in answers.values())


def test_queries_are_counted_without_those_of_the_preparation(variables: dict[str, str]) -> None:
    answers = run(PROJECT, 2, variables, "--count")
    assert answers["health"].queries == 0
    assert answers["plans, nobody signed in"].queries == 2


def answers(milliseconds: float) -> list[Measurement]:
    return [Measurement(units=10, wall=1, cpu=milliseconds / 100, backend_cpu=0.01)]


def test_report_compares_with_the_bare_call_and_keeps_what_one_request_takes() -> None:
    taken = {name: answers(4) for name in CONTENDERS} | {BARE: answers(2), PROJECT: answers(3)}
    section = report(Results(dict.fromkeys(DRAWN, Rounds(taken)), dict.fromkeys(DRAWN, 5)), requests=10)
    assert section.tables[0].rows[:2] == [[PROJECT, "1000", "1.50"], [BARE, "0", "1.00"]]
    assert section.tables[1].rows[0][:4] == ["health", "5", "3.00", "2.00"]
    assert section.figures["health: CPU"] == pytest.approx(0.003)
    assert section.figures["health: backend CPU"] == pytest.approx(0.001)
    assert section.figures["health: queries"] == 5


@pytest.mark.django_db
def test_every_address_of_the_site_is_measured() -> None:
    site = fill_site()
    site.sell(1)
    for visitor in (site.subscriber, site.program):
        Service.create_subscription(visitor.user, site.sold[0])
    asked = {
        resolve(endpoint.request(site, 0).path.removeprefix(f"/{STAGE}")).view_name for endpoint in READING + CHANGING
    }
    named = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert named - asked == set()
