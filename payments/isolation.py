"""Isolation of rows that are worked on one after the other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from foundation.orm.database_errors import is_database_lost

logger = logging.getLogger(__name__)


@contextmanager
def apart(**row: int) -> Iterator[list[Exception]]:
    """Keep an error of one row, such as a strict receiver's, from all others: it is logged and put into the list.

    `row` is the kind and the key, as they are logged. A lost database is raised as it comes.
    """
    failures: list[Exception] = []
    used = connection.connection
    try:
        yield failures
    except Exception as error:  # strict receivers may raise anything
        if is_database_lost(error, connection, used):
            raise
        failures.append(error)
    for failure in failures:  # its message may quote a row
        logger.error("row could not be recorded", extra={**row, "error": type(failure).__name__})
