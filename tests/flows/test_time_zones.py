"""Instants on pages and in mails: each names its zone."""

import re
from pathlib import Path

import pytest
from django.conf import settings

FILTER = re.compile(r"""\|\s*(?:date|time)(?::\s*(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<name>[\w.]+)))?""")
TIME_OF_DAY = re.compile(r"(?<!\\)[aAfgGhHiPs]")
WITH_ZONE = re.compile(r"(?<!\\)[TeOcrU]")
"""https://docs.djangoproject.com/en/5.2/ref/templates/builtins/#date"""
DAY_FORMATS = {"DATE_FORMAT", "SHORT_DATE_FORMAT", "MONTH_DAY_FORMAT", "YEAR_MONTH_FORMAT"}
APPS = ("accounts", "config", "examples", "foundation", "notifications", "payments", "subscriptions")
TEMPLATES = sorted(
    path
    for app in APPS
    for path in (settings.BASE_DIR / app).rglob("templates/**/*")
    if path.suffix in {".html", ".txt"}
)


def zoneless_instants(text: str) -> list[str]:
    """Return the filters of a template that show a time of day without its zone."""
    formats = [(found["quoted"] or found["single"] or "DATETIME_FORMAT", found[0]) for found in FILTER.finditer(text)]
    shown = [(form, filtered) for form, filtered in formats if form not in DAY_FORMATS]
    return [filtered for form, filtered in shown if form.isupper() or _is_zoneless(form)]


def _is_zoneless(form: str) -> bool:
    return bool(TIME_OF_DAY.search(form)) and not WITH_ZONE.search(form)


@pytest.mark.parametrize(
    ("template", "number"),
    [
        ('{{ at|date:"DATETIME_FORMAT" }} {{ at|date }} {{ at|time:"H:i" }}', 3),
        ('{{ at|date:"DATE_FORMAT" }}, {{ at|time:"H:i T" }}', 0),
        ('{{ at|date:\'c\' }} {{ at|date:"m/Y" }} {{ at|date:"j M Y" }}', 0),
    ],
)
def test_filters_without_a_zone_are_found(template: str, number: int) -> None:
    assert len(zoneless_instants(template)) == number


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_each_instant_names_its_zone(path: Path) -> None:
    """Pages of operators are in UTC, which their column says instead."""
    text = path.read_text()
    found = zoneless_instants(text)
    assert len(found) <= (text.count("UTC") if "/admin/" in str(path) else 0), found
