"""How the database would run a query."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def plan_of(rows: QuerySet[Any, Any]) -> str:
    """The query's plan as text; on PostgreSQL without a scan of the whole table where an index could serve."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()
