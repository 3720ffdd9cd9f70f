"""Checks of the file as a whole and of Django's settings, each with an input that violates only that check."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db.models import Model
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from config.zappa import checks
from config.zappa.stages import EVENT_KEYS
from tests.config.zappa.settings_file import GOOD_STAGE, found, ids, written

CHECK_ID = re.compile(r"config\.[EW]\d{3}")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*EVENT_KEYS, "arn", "x"]), inner),
    max_leaves=8,
)


def test_shipped_file_is_clean() -> None:
    assert checks.check_file(settings.BASE_DIR / "zappa_settings.json") == []


def test_good_stage_is_clean(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_manage_check_fails_and_names_the_problem(tmp_path: Path) -> None:
    written(tmp_path, {"dev": GOOD_STAGE | {"debug": True}})
    message = r"zappa_settings\.json dev: \(config\.E021\) debug must be false"

    with override_settings(BASE_DIR=tmp_path), pytest.raises(SystemCheckError, match=message):
        call_command("check")


def test_manage_check_passes_with_a_good_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, {"dev": GOOD_STAGE})

    with override_settings(BASE_DIR=tmp_path):
        call_command("check", tags=["zappa"])

    assert "no issues" in capsys.readouterr().out


def test_file_is_not_looked_for_on_lambda(tmp_path: Path) -> None:
    with override_settings(BASE_DIR=tmp_path):
        assert "config.E001" in ids(run_checks(tags=["zappa"]))
    with override_settings(BASE_DIR=tmp_path, ON_LAMBDA=True):
        assert "config.E001" not in ids(run_checks(tags=["zappa"]))


def test_every_id_is_listed_with_its_meaning() -> None:
    listed = re.findall(r"^- (config\.[EW]\d{3}): \S", checks.__doc__ or "", re.MULTILINE)
    used = {
        name
        for path in (settings.BASE_DIR / "config" / "zappa").glob("*.py")
        for name in CHECK_ID.findall(path.read_text())
    }

    assert len(listed) == len(set(listed))
    assert set(listed) == used


@given(changes=st.dictionaries(st.sampled_from([*GOOD_STAGE, "extends", "events"]), JSON, min_size=1))
def test_settings_of_any_type_are_told_and_never_crash(
    tmp_path_factory: pytest.TempPathFactory, changes: dict[str, Any]
) -> None:
    path = written(tmp_path_factory.mktemp("settings"), {"dev": GOOD_STAGE | changes})

    assert all(CHECK_ID.fullmatch(message.id or "") for message in checks.check_file(path))


def test_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert ids(checks.check_file(tmp_path / "zappa_settings.json")) == ["config.E001"]


def test_file_that_is_not_json_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text('{"dev": {},}')

    assert ids(checks.check_file(path)) == ["config.E001"]


def test_stage_that_extends_a_missing_one_is_an_error(tmp_path: Path) -> None:
    assert ids(found(tmp_path, extends="base")) == ["config.E002"]


class WritesElsewhere:
    """Router that writes everything to another database."""

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "elsewhere"


def test_router_that_writes_elsewhere_than_to_default_is_refused() -> None:
    assert "config.E043" not in ids(run_checks(tags=["zappa"]))
    with override_settings(DATABASE_ROUTERS=[WritesElsewhere()]):
        (error,) = (found for found in run_checks(tags=["zappa"]) if found.id == "config.E043")
    assert "subscriptions.SubscriptionEvent" in str(error.hint)
