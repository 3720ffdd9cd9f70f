"""Steps with progress output."""

import re
import time
from datetime import timedelta

import pytest

from infra.deployment import steps
from infra.deployment.polling import PROGRESS
from infra.deployment.steps import Steps
from tests.support.patience import PATIENCE_SECONDS


def test_step_is_never_silent_for_long(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(steps, "LONGEST_SILENCE", timedelta(milliseconds=20))

    def wait_for_lines() -> str:
        said, deadline = "", time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and len(re.findall(r"\n    after \d+ s", said)) < 3:
            said += capsys.readouterr().out
        return said

    assert Steps().take("wait", wait_for_lines).count("after") >= 3


def test_step_that_says_something_itself_needs_no_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "LONGEST_SILENCE", timedelta(seconds=PATIENCE_SECONDS))
    Steps().take("say", lambda: PROGRESS.tell("stack x is in CREATE_IN_PROGRESS"))
    said = capsys.readouterr().out
    assert said.count("\n    ") == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_is_told_and_raised(error: type[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(error):
        Steps().take("fail", fail)
    assert "FAILED" in capsys.readouterr().out
