"""Costs of one operation and of a million."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from benchmarks.costs import measured, operations
from benchmarks.costs.measured import FIGURES, SOURCES, Figure, Source
from benchmarks.costs.operations import Operation, core_share, together
from benchmarks.costs.prices import LAMBDA_REQUEST, LAMBDA_SECOND, SES_MAIL, SNS_PUBLISH
from config.zappa.stages import read_document, read_stages

KEPT = {"sweep": {"figures": {"rate us": 25.0}, "machine": {"date": "2026-11-23"}}}


def test_measured_figure_is_told_with_its_date_in_seconds() -> None:
    figure = Source("sweep", "rate us", assumed=1.0, scale=1e-6).read(KEPT)
    assert figure == Figure(pytest.approx(25e-6), "s", "2026-11-23")  # type: ignore[arg-type] # stands for a float


def test_figure_that_nobody_measured_is_assumed_and_has_no_date() -> None:
    assert Source("sweep", "another", assumed=1.0).read(KEPT) == Figure(1.0, "s", "")
    assert Source("delivery", "rate us", assumed=2.0).read(KEPT) == Figure(2.0, "s", "")


def test_figures_of_a_benchmark_that_ran_are_found_under_their_names() -> None:
    document: dict[str, Any] = json.loads(FIGURES.read_text())
    ran = {name for name, kept in document.items() if kept["figures"]}
    missing = [name for name, source in SOURCES.items() if source.benchmark in ran and not source.read(document).date]
    assert missing == []


def test_function_with_less_memory_takes_longer_and_costs_the_same_for_its_cpu() -> None:
    operation = Operation(cpu=0.1, backend_cpu=0, waits=0)
    assert operation.seconds(1769) == pytest.approx(0.1)
    assert operation.seconds(512) == pytest.approx(0.1 * 1769 / 512)
    small, large = (operation.quantities(megabytes)[LAMBDA_SECOND] for megabytes in (512, 1769))
    assert small == pytest.approx(large)


def test_thread_never_has_more_than_one_core() -> None:
    assert core_share(10_240) == 1


def test_waiting_costs_more_the_more_memory_waits() -> None:
    operation = Operation(cpu=0, backend_cpu=0.01, waits=0.04)
    assert operation.quantities(1024)[LAMBDA_SECOND] == pytest.approx(0.05)
    assert operation.quantities(2048)[LAMBDA_SECOND] == pytest.approx(0.1)


def test_parts_add_up() -> None:
    whole = together(Operation(1, 2, 3, {SES_MAIL: 1}), Operation(10, 20, 30, {SES_MAIL: 1, LAMBDA_REQUEST: 5}))
    assert (whole.cpu, whole.backend_cpu, whole.waits) == (11, 22, 33)
    assert whole.others == {SES_MAIL: 2, LAMBDA_REQUEST: 5}
    mail, event = operations.mail(), operations.event()
    assert together(mail, event).seconds(1769) == pytest.approx(mail.seconds(1769) + event.seconds(1769))


def test_threads_wait_for_aws_only_where_cpu_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    def cpu_of_a_mail(seconds: float) -> None:
        figures = {name: Figure(seconds, "s", "") for name in ("mail, CPU", "mail, CPU of PostgreSQL")}
        monkeypatch.setattr(operations, "measured", lambda: figures)

    cpu_of_a_mail(0.0001)
    assert operations.mail().seconds() == pytest.approx(operations.CALL / operations.THREADS, rel=0.02)
    cpu_of_a_mail(0.01)
    assert operations.mail().waits == 0
    assert operations.mail().seconds() == pytest.approx(0.01 / core_share(operations.MEMORY_MEGABYTES) + 0.01)


def test_expiry_tells_by_one_mail_and_one_event_and_takes_two_answers_in() -> None:
    expiry = operations.operations()["expiry, mail and event"]
    assert expiry.others[SES_MAIL] == 1
    assert expiry.others[SNS_PUBLISH] == 1 + operations.FEEDBACK


def test_numbers_of_the_deployment_are_those_of_the_settings() -> None:
    stage = read_stages(read_document(Path(settings.BASE_DIR) / "zappa_settings.json"))[0]
    assert stage.settings["memory_size"] == operations.MEMORY_MEGABYTES
    assert operations.THREADS == settings.DELIVERY_THREADS
    assert measured.measured().keys() == SOURCES.keys()


@pytest.mark.parametrize("megabytes", [512, 1024, 1769])
def test_threads_send_no_more_than_their_calls_allow(megabytes: int) -> None:
    calls = operations.THREADS / operations.CALL
    assert 1 / operations.mail().seconds(megabytes) < calls
    assert 1 / operations.event().seconds(megabytes) < calls * operations.EVENTS_A_CALL
