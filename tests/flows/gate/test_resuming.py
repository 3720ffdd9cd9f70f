"""Database that takes its time to resume, and holds the first connection meanwhile."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.support.deployment import environment
from tests.support.patience import PATIENCE_SECONDS
from tests.support.sleepy_proxy import SleepyProxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

PROJECT = Path(__file__).resolve().parents[3]
SCRIPT = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"

RESUMES = 4
"""Seconds for which the first connection is held."""


@pytest.fixture
def proxy() -> Iterator[SleepyProxy]:
    parameters = connection.settings_dict
    with SleepyProxy(parameters["HOST"], int(parameters["PORT"]), lambda: time.sleep(RESUMES)) as proxy:
        yield proxy


def connect(proxy: SleepyProxy, seconds: int) -> None:
    """Connect as the function does with DATABASE_CONNECT_SECONDS, in a process of its own, which reads the settings."""
    address = urlsplit(os.environ["DATABASE_URL"])
    url = address._replace(netloc=f"{address.username}@127.0.0.1:{proxy.port}").geturl()
    given = environment(
        DJANGO_SETTINGS_MODULE="config.settings", DATABASE_URL=url, DATABASE_CONNECT_SECONDS=str(seconds)
    )
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=PROJECT, env=given, check=True, capture_output=True)


def test_function_that_waits_longer_than_the_database_resumes_gets_its_first_connection(proxy: SleepyProxy) -> None:
    began = time.monotonic()
    connect(proxy, PATIENCE_SECONDS)
    assert time.monotonic() - began >= RESUMES
    assert (proxy.connections, proxy.wakes) == (1, 1)


def test_function_that_waits_less_fails_and_has_woken_the_database(proxy: SleepyProxy) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        connect(proxy, RESUMES // 2)
    assert b"ConnectionTimeout" in failed.value.stderr
    connect(proxy, PATIENCE_SECONDS)
    assert proxy.wakes == 1
