"""Fixtures of charging."""

from pathlib import Path

import pytest

from tests.support.ledger_provider import LedgerProvider


@pytest.fixture
def provider(tmp_path: Path) -> LedgerProvider:
    """Return a provider without faults and delays."""
    return LedgerProvider(tmp_path / "ledger")
