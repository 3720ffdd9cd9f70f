"""Keyset pagination of lists."""

from typing import Any, NamedTuple

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from foundation.api.serializers import StrictSerializer

PAGE_SIZE = 50
MAXIMUM_PAGE_SIZE = 100


class PageParameters(StrictSerializer):
    """Query parameters of a list. A list with filters adds its own."""

    cursor = serializers.RegexField(
        r"^[A-Za-z0-9:_-]+$", required=False, max_length=500, help_text="taken from `next` or `previous`"
    )
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MAXIMUM_PAGE_SIZE, default=PAGE_SIZE)


class Cursor(NamedTuple):
    """Position in a list: just beyond the row with this value in the ordering column and this primary key."""

    backwards: bool
    value: str
    key: int

    def beyond(self, column: str, side: str) -> Q:
        """Return the condition for rows on that side of the position: "lt" or "gt"."""
        return Q(**{f"{column}__{side}": self.value}) | Q(**{column: self.value, f"pk__{side}": self.key})


class KeysetPagination(BasePagination):
    """Pagination that is stable while rows are added, and equally fast for any page.

    A cursor is signed together with path and order, so that no forged position reaches the database. Django REST
    framework's own accepts any cursor, and skips rows on the way back if many values are equal.
    """

    def page(
        self, queryset: QuerySet[Any], query: dict[str, Any], request: Request, *, ordering: str = "-id"
    ) -> list[Any]:
        """Return the rows of the page requested by `query`, which is validated PageParameters.

        `ordering` is a column that is never null; a leading minus reverses it. Raises NotFound for a cursor that does
        not belong to this list.
        """
        self._request, self._ordering = request, ordering
        cursor = self._read(query["cursor"]) if "cursor" in query else None
        rows = list(self._ordered(queryset, cursor)[: query["page_size"] + 1])
        more, rows = len(rows) > query["page_size"], rows[: query["page_size"]]
        if cursor and cursor.backwards:
            rows.reverse()
            self._link(rows, before=more, after=True)
        else:
            self._link(rows, before=cursor is not None, after=more)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the OpenAPI 3.1 schema of a page with rows of this schema."""
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": address | {"example": "https://subscriptions.example.com/api/v1/...?cursor=..."},
                "previous": address | {"example": None},
                "results": schema,
            },
        }

    @property
    def _column(self) -> str:
        return self._ordering.removeprefix("-")

    @property
    def _salt(self) -> str:
        return f"{self._request.path_info} {self._ordering}"

    def _ordered(self, queryset: QuerySet[Any], cursor: Cursor | None) -> QuerySet[Any]:
        downwards = self._ordering.startswith("-") != bool(cursor and cursor.backwards)
        if cursor:
            queryset = queryset.filter(cursor.beyond(self._column, "lt" if downwards else "gt"))
        sign = "-" if downwards else ""
        return queryset.order_by(f"{sign}{self._column}", f"{sign}pk")

    def _link(self, rows: list[Any], *, before: bool, after: bool) -> None:
        self._previous = self._address(rows[0], backwards=True) if rows and before else None
        self._next = self._address(rows[-1], backwards=False) if rows and after else None

    def _address(self, row: Model, *, backwards: bool) -> str:
        cursor = Cursor(backwards, str(getattr(row, self._column)), row.pk)
        signed = signing.dumps(cursor, salt=self._salt)
        return str(replace_query_param(self._request.build_absolute_uri(), "cursor", signed))

    def _read(self, signed: str) -> Cursor:
        try:
            return Cursor(*signing.loads(signed, salt=self._salt))
        except signing.BadSignature as error:
            raise NotFound("The cursor does not belong to this list. Start again without one.") from error
