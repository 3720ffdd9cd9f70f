"""What endpoints are built on."""

from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api.pagination import KeysetPagination

PUBLIC_SECONDS = 60
"""For so long a cache may answer with a price that has changed meanwhile."""


class Endpoint(APIView):
    """Reads and changes; OPTIONS tells no more than the description does, so it is refused like other methods."""

    http_method_names = ["get", "head", "post"]


@method_decorator(conditional_page, name="dispatch")
class PublicEndpoint(Endpoint):
    """Answers everybody alike: caches may keep what is found, and ask by its ETag whether it has changed."""

    authentication_classes = ()
    permission_classes = ()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Say so, unless the response is an error. The language is in a header, in a cookie, or in an account."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTPStatus.OK:
            patch_cache_control(response, public=True, max_age=PUBLIC_SECONDS)
            patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])
        return response


class PrivateEndpoint(Endpoint):
    """Answers for one person alone."""

    @property
    def user(self) -> AbstractUser:
        """Whoever is signed in. Raises NotAuthenticated."""
        user = self.request.user
        if not user.is_authenticated:
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
