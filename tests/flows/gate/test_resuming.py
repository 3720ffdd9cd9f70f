"""Database that takes its time to resume, and holds the first connection meanwhile."""

import time
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.support.patience import PATIENCE_SECONDS
from tests.support.sleepy_proxy import SleepyProxy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

RESUMES = 4
"""Seconds for which the first connection is held."""


@pytest.fixture
def proxy() -> Iterator[SleepyProxy]:
    parameters = connection.settings_dict
    with SleepyProxy(parameters["HOST"], int(parameters["PORT"]), lambda: time.sleep(RESUMES)) as proxy:
        yield proxy


def connect(proxy: SleepyProxy, seconds: int) -> None:
    """Connect as the function does, which waits so long for its database."""
    own = connection.get_connection_params() | {"host": "127.0.0.1", "port": proxy.port, "connect_timeout": seconds}
    psycopg.connect(**{name: own[name] for name in ("host", "port", "dbname", "user", "connect_timeout")}).close()


def test_function_that_waits_longer_than_the_database_resumes_gets_its_first_connection(proxy: SleepyProxy) -> None:
    began = time.monotonic()
    connect(proxy, PATIENCE_SECONDS)
    assert time.monotonic() - began >= RESUMES
    assert (proxy.connections, proxy.wakes) == (1, 1)


def test_function_that_waits_less_fails_and_has_woken_the_database(proxy: SleepyProxy) -> None:
    with pytest.raises(psycopg.OperationalError):
        connect(proxy, RESUMES // 2)
    connect(proxy, PATIENCE_SECONDS)
    assert proxy.wakes == 1
