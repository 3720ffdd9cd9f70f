"""Gate with a table of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db.backends.signals import connection_created

from foundation import gate, gate_store
from infra.lambda_local.emulator.local_aws import LocalAWS
from payments.providers.registry import current
from subscriptions.access.managed_groups import restore_groups
from tests.support.factories import NOW
from tests.support.gate import gate_on, make_table
from tests.support.ledger_provider import LedgerProvider
from tests.support.patience import PATIENCE_SECONDS


@pytest.fixture
def gated(transactional_db: None, aws: LocalAWS, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(gate_store, "TIMEOUT", PATIENCE_SECONDS)  # a machine that is busy answers later than AWS
    make_table()
    restore_groups()
    with gate_on(settings):
        gate.open_gate()  # as a deployment does
        yield


@pytest.fixture
def connections_made() -> Iterator[list[object]]:
    made: list[object] = []

    def count(connection: object, **kwargs: Any) -> None:
        made.append(connection)

    connection_created.connect(count)
    yield made
    connection_created.disconnect(count)


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> LedgerProvider:
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(tmp_path / "ledger"))
    settings.PAYMENT_PROVIDER = LedgerProvider.name
    provider = LedgerProvider()
    monkeypatch.setattr(current(), "path", provider.path)  # that of the process was made by an earlier test
    return provider
