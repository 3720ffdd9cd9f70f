"""A function that cannot read the local clock's file gets its offset over HTTP."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from foundation import local_clock
from infra.local.clock_server import ClockServer
from tests.config.test_environment import COMPLETE, LAMBDA
from tests.support.patience import PATIENCE_SECONDS

PROGRAM = "import django; django.setup(); from foundation import clock; print(clock.travelled().total_seconds())"
LOCAL_AWS = {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}


def seen_by_a_function(url: str) -> float:
    """Return the offset in seconds seen by a function with this URL, in a separate process."""
    variables = COMPLETE | LAMBDA | LOCAL_AWS | {"LOCAL_CLOCK": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    return float(result.stdout)


def test_function_is_where_the_file_says(tmp_path: Path, settings: Any) -> None:
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()
    with ClockServer() as server:
        assert seen_by_a_function(server.url) == 0
        local_clock.move_on(timedelta(days=30))
        assert seen_by_a_function(server.url) == 30 * 86_400
        local_clock.go_back()
        assert seen_by_a_function(server.url) == 0
