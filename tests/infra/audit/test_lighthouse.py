"""Scores of Lighthouse: what is read of a report, and when a page is good enough."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.audit import lighthouse
from infra.audit.lighthouse import CATEGORIES, as_table, audit_page, scores_of


def report(score: float | None = 1, **others: float) -> dict[str, Any]:
    categories = dict.fromkeys(CATEGORIES, score) | {name.replace("_", "-"): value for name, value in others.items()}
    audits = {"meta-description": {"score": 0}, "viewport": {"score": 1}, "manual": {"score": None}}
    return {"categories": {name: {"score": value} for name, value in categories.items()}, "audits": audits}


@pytest.mark.parametrize(("score", "good"), [(1, True), (0.95, True), (0.94, False), (None, False)])
def test_page_is_good_from_95_points_on(score: float | None, good: bool) -> None:
    assert scores_of("/", report(score)).is_good is good


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_counts(category: str) -> None:
    assert not scores_of("/", report(**{category.replace("-", "_"): 0.94})).is_good


def test_report_without_a_category_is_not_good() -> None:
    incomplete = report()
    del incomplete["categories"]["seo"]
    assert not scores_of("/", incomplete).is_good


def test_table_names_what_failed_of_a_page_that_is_not_good() -> None:
    table = as_table([scores_of("/", report()), scores_of("/sign-in/", report(seo=0.5))])
    assert table.splitlines()[-1] == "  failed: meta-description"
    assert len(table.splitlines()) == 4


@pytest.mark.parametrize(("runs", "good"), [([0.5, 1.0], True), ([0.5, 0.5, 1.0], True), ([0.5, 0.5, 0.5, 1.0], False)])
def test_page_has_three_tries(runs: list[float], good: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores: Iterator[float] = iter(runs)

    def write(url: str, chromium: str, path: Path) -> None:
        assert url == "http://127.0.0.1:1/sign-in/"
        path.write_text(json.dumps(report(performance=next(scores))))

    monkeypatch.setattr(lighthouse, "run_lighthouse", write)
    assert audit_page("http://127.0.0.1:1", "/sign-in/", "chromium", tmp_path / "report").is_good is good
