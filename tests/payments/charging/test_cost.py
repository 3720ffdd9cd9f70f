"""Cost of charging: no transaction during a call, few queries, and calls side by side."""

import threading
import time
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from payments.charging import charger
from payments.charging.calls import Pace
from payments.models import Order, OrderState, Payment
from payments.providers.interface import Outcome
from payments.received_money.settling import settle
from tests.payments.charging.renewal_orders import charge, due_order
from tests.support.ledger_provider import LedgerProvider

ORDERS = 12
QUERIES_PER_RENEWAL = 12
"""Queries of each renewal. A claim has nine of its own, which are counted apart."""
QUERIES_PER_CLAIM = 9
SECONDS = 2.0

OPEN_TRANSACTIONS = (
    "SELECT state, xact_start IS NOT NULL FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name <> 'onlooker' AND backend_type = 'client backend'"
)


@pytest.mark.django_db
def test_renewal_takes_few_queries(provider: LedgerProvider) -> None:
    for _number in range(ORDERS):
        due_order()
    with override_settings(PAYMENT_PROVIDER=provider.name), CaptureQueriesContext(connection) as queries:
        assert charge(provider)["succeeded"] == ORDERS
    sent = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(sent) <= ORDERS * QUERIES_PER_RENEWAL + QUERIES_PER_CLAIM


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_a_call(tmp_path: Path) -> None:
    """Another connection looks in the middle of the two seconds that the provider takes for each answer."""
    orders = [due_order().pk for _number in range(3)]
    seen: list[tuple[str, bool]] = []
    settings = connection.get_connection_params()
    settings.pop("cursor_factory", None)
    settings.pop("context", None)

    def look(_call: str) -> str:
        time.sleep(SECONDS / 2)
        with psycopg.connect(**settings | {"application_name": "onlooker"}) as other:
            seen.extend(other.execute(OPEN_TRANSACTIONS).fetchall())
        time.sleep(SECONDS / 2)
        return ""

    provider = LedgerProvider(tmp_path / "ledger", faults=look)
    began = time.monotonic()
    charge(provider)
    assert time.monotonic() - began >= 2 * SECONDS
    assert set(Order.objects.filter(pk__in=orders).values_list("state", flat=True)) == {OrderState.PAID}
    assert seen
    assert not [state for state, is_open in seen if is_open]


@pytest.mark.django_db
def test_calls_run_side_by_side(provider: LedgerProvider) -> None:
    """All eight threads are in a call at the same time, or the barrier breaks."""
    orders = [due_order() for _number in range(8)]
    together = threading.Barrier(len(orders), timeout=30)
    take = provider.charge

    def charge_together(*arguments: object) -> Outcome:
        together.wait()
        return take(*arguments)  # type: ignore[arg-type] # passed on as they came

    provider.charge = charge_together  # type: ignore[assignment] # the same, later
    assert charge(provider)["succeeded"] == len(orders)


def test_pace_spreads_calls_evenly() -> None:
    waits: list[float] = []
    pace = Pace(per_second=25, sleep=waits.append)
    for _turn in range(26):
        pace.wait()
    assert waits[-1] == pytest.approx(1, abs=0.5)
    assert waits == sorted(waits)


@pytest.mark.django_db
def test_next_claim_is_prepared_while_the_outcomes_of_the_last_are_written(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first payment is recorded only after an order of the second claim was prepared, or the wait fails."""
    monkeypatch.setattr(charger, "LIMIT", 2)
    for _number in range(4):
        due_order()
    third = threading.Event()
    prepare = provider.prepare

    def prepare_and_tell(order: Order, *arguments: object) -> str:
        if provider.calls().count("prepare") >= charger.LIMIT:
            third.set()
        return prepare(order, *arguments)  # type: ignore[arg-type] # passed on as they came

    def settle_later(*arguments: object) -> Payment | None:
        assert third.wait(timeout=30)
        return settle(*arguments)  # type: ignore[arg-type] # the same

    provider.prepare = prepare_and_tell  # type: ignore[assignment] # the same, told
    monkeypatch.setattr("payments.charging.outcomes.settle", settle_later)
    summary = charge(provider)
    assert (summary["claimed"], summary["succeeded"]) == (4, 4)
