"""The delaying proxy changes nothing but the time of arrival."""

from collections.abc import Iterator

import psycopg
import pytest

from benchmarks.delaying_proxy import DelayingProxy
from infra.postgresql import PostgreSQL

LARGE = "SELECT repeat(n::text, 1000) FROM generate_series(1, 2000) AS n"


Connections = tuple[psycopg.Connection, psycopg.Connection]


@pytest.fixture
def connections() -> Iterator[Connections]:
    """Yield two connections to the same server: direct, and through the proxy."""
    with (
        PostgreSQL() as server,
        DelayingProxy(server.url, 0.001) as proxy,
        psycopg.connect(server.url, autocommit=True) as near,
        psycopg.connect(proxy.url, autocommit=True) as far,
    ):
        assert far.info.port != near.info.port
        yield near, far


def test_all_that_is_sent_arrives_in_order(connections: Connections) -> None:
    near, far = connections
    assert far.execute(LARGE).fetchall() == near.execute(LARGE).fetchall()
    text = "x" * 3_000_000
    assert far.execute("SELECT %s::text", [text]).fetchone() == (text,)


def test_end_of_a_connection_is_passed_on(connections: Connections) -> None:
    near, far = connections
    near.execute("SELECT pg_terminate_backend(%s)", [far.info.backend_pid])
    with pytest.raises(psycopg.OperationalError, match="terminating connection"):
        far.execute("SELECT 1")
