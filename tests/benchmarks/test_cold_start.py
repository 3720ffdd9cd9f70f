"""Cold start benchmark. `make bench` judges times; no test does."""

from pathlib import Path

import pytest

from benchmarks.cold_start.benchmark import unpacked
from benchmarks.cold_start.packages import make_bare_package
from benchmarks.cold_start.phases import NAMES, median_phases, probed, take_apart
from benchmarks.cold_start.report import PROJECT, STOCK, Results, report
from benchmarks.cold_start.start import Function, imported_modules, measure_start
from benchmarks.measurement import Measurement
from benchmarks.rounds import Rounds
from infra.errors import ColdStartFailed
from infra.packaging.zappa_stage import ZappaStage
from tests.infra.built_package import BuiltPackage

HEALTH = "/healthz"
BARE = "bare Django"


@pytest.fixture
def function(package: BuiltPackage, stage: ZappaStage) -> Function:
    """Return the deployed package."""
    return Function(package.directory, stage, stage.handler)


def test_start_is_measured_until_the_first_answer(function: Function) -> None:
    start = measure_start(function, function.request(HEALTH))
    assert start.cpu > 0
    assert start.wall > 0


def test_package_that_does_not_start_is_no_measurement(tmp_path: Path, stage: ZappaStage) -> None:
    function = Function(tmp_path, stage, stage.handler)
    with pytest.raises(ColdStartFailed, match="config"):
        measure_start(function, function.request(HEALTH))


def test_answer_that_is_not_200_is_no_measurement(function: Function) -> None:
    with pytest.raises(ColdStartFailed, match='"status": 404'):
        measure_start(function, function.request("/nothing/"))


def test_start_is_taken_apart_and_boto3_has_no_part_in_it(function: Function) -> None:
    with probed(function) as taken_apart:
        phases = take_apart(taken_apart, function.request(HEALTH))
    assert phases.pop("boto3") == (0.0, 0.0)
    assert all(cpu > 0 and wall > 0 for cpu, wall in phases.values())


def test_probe_that_does_not_report_is_no_measurement(function: Function) -> None:
    with pytest.raises(ColdStartFailed, match="did not report"):
        take_apart(function, function.request(HEALTH))


def test_limit_is_a_django_behind_the_same_handler_and_nothing_else() -> None:
    with unpacked({BARE: make_bare_package}) as (functions, megabytes):
        modules = imported_modules(functions[BARE], functions[BARE].request(HEALTH))
    assert {"config.aws_lambda.handler", "config.settings", "django.contrib.auth.models", "psycopg"} <= modules
    assert {name.partition(".")[0] for name in modules} & {"subscriptions", "notifications", "rest_framework"} == set()
    assert "django.contrib.admin" not in modules
    assert megabytes[BARE] > 0


def start(seconds: float) -> list[Measurement]:
    return [Measurement(units=1, wall=seconds * 2, cpu=seconds)]


def test_report_judges_by_the_rounds_and_keeps_seconds() -> None:
    starts = Rounds({PROJECT: start(0.3), STOCK: start(1.5), BARE: start(0.2)})
    phases = dict.fromkeys(starts.taken, median_phases([dict.fromkeys(NAMES, (0.05, 0.1))]))
    others = {"the sweep": Rounds({PROJECT: start(0.4), STOCK: start(1.6)})}
    section = report(Results(starts, phases, others, dict.fromkeys(starts.taken, 14.3)))
    assert [(aim.what, round(aim.measured, 2), aim.is_met) for aim in section.aims] == [
        ("CPU, as a multiple of stock", 0.2, True),
        ("wall, as a multiple of stock", 0.2, True),
        ("CPU, as a multiple of bare Django", 1.5, False),
        ("wall, as a multiple of bare Django", 1.5, False),
    ]
    assert section.tables[0].rows[0] == [PROJECT, "300", "600", "0.20", "1.50"]
    assert section.figures["project: CPU"] == 0.3
    assert section.figures["the sweep: CPU"] == 0.4
