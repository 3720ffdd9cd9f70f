"""What endpoints are built on."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api.pagination import KeysetPagination


class Endpoint(APIView):
    """Reads and changes; OPTIONS tells no more than the description does, so it is refused like other methods."""

    http_method_names = ["get", "head", "post"]


class PrivateEndpoint(Endpoint):
    """Answers for one person alone, which no cache on the way may keep."""

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What every answer carries, errors included."""
        return super().default_response_headers | {"Cache-Control": "no-store"}

    @property
    def user(self) -> AbstractUser:
        """Whoever is signed in. Raises NotAuthenticated."""
        user = self.request.user
        if not isinstance(user, AbstractUser):
            raise NotAuthenticated
        return user


class ListEndpoint(GenericAPIView[Any], Endpoint):
    """A list, a page at a time."""

    pagination_class = KeysetPagination

    def page_of(self, rows: QuerySet[Any], query: dict[str, Any], *, ordering: str = "-id") -> list[Any]:
        """The rows of the page that `query`, validated PageParameters, asks for."""
        self.pages = KeysetPagination()
        return self.pages.page(rows, query, self.request, ordering=ordering)

    def answer(self, data: Any) -> Response:
        """The page, with the addresses of the next and the previous one."""
        return self.pages.get_paginated_response(data)


class NothingHere(APIView):
    """For an address that is none of the API's: 404, in the shape of the API's errors, whatever the method."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises NotFound."""
        raise NotFound
