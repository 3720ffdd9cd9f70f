"""Log lines of a program with the project's logging."""

import json
import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from pythonjsonlogger.json import JsonFormatter

from tests.support.patience import PATIENCE_SECONDS

PROLOGUE = "import logging, django; django.setup(); from foundation.jobs.invocation import request_id\n"


def lines_of(program: str, **environment: str) -> list[dict[str, Any]]:
    """Return the program's log, one object per line. Fails on any other line."""
    result = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program],
        cwd=settings.BASE_DIR,
        env={"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": os.defpath} | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    assert result.stdout == ""
    return [json.loads(line) for line in result.stderr.splitlines()]


def written_lines(caplog: pytest.LogCaptureFixture) -> str:
    """Return the lines that this process has logged as they are deployed: with the extra members of each record."""
    formatters = (handler.formatter for handler in logging.getLogger().handlers)
    formatter = next(each for each in formatters if isinstance(each, JsonFormatter))
    return "\n".join(map(formatter.format, caplog.records))
