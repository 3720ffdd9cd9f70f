"""Measuring a cold start. `python -m infra.packaging.cold_start` judges the share; no test judges a time."""

from pathlib import Path

import pytest

from infra.errors import ColdStartFailed
from infra.local.zappa_stage import ZappaStage
from infra.packaging.cold_start import compare, measure
from tests.infra.built_package import BuiltPackage


def test_start_is_measured_until_the_first_answer(package: BuiltPackage, stage: ZappaStage) -> None:
    (start,) = compare({"ours": package.directory}, stage, starts=1).values()
    assert start.cpu > 0
    assert start.wall > 0


def test_package_that_does_not_start_is_no_measurement(tmp_path: Path, stage: ZappaStage) -> None:
    with pytest.raises(ColdStartFailed, match="config"):
        measure(tmp_path, stage)
