"""Host behind `make run LAMBDA=1`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.lambda_local.sandbox import confinement as confining
from infra.local.payment_provider import PaymentProvider
from infra.local.sandbox_host import SandboxHost
from infra.packaging.zappa_stage import ZappaStage


@pytest.fixture
def host(stage: ZappaStage, tmp_path: Path) -> Iterator[SandboxHost]:
    """Return a host that is not started; its gateway already listens."""
    host = SandboxHost(
        stage,
        tmp_path,
        database_url="postgres://nobody@127.0.0.1:1/none",
        log=tmp_path / "log",
        provider=PaymentProvider(tmp_path / "clock"),
    )
    with host._gateway:
        yield host


def test_isolation_is_said(host: SandboxHost) -> None:
    assert confining.confinement().description in host.description


def test_less_isolation_is_said_in_the_same_line(host: SandboxHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no `unshare`
    confining.confinement.cache_clear()
    try:
        assert host.description.startswith("the deployed zip in a sandbox (less isolation, for want of")
        assert "\n" not in host.description
    finally:
        confining.confinement.cache_clear()
