"""Base classes of API endpoints."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated, NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from foundation.api.pagination import KeysetPagination
from foundation.api.scopes import require_scope

PUBLIC_SECONDS = 60
"""Seconds for which caches may serve a response, and so an outdated price."""


class Endpoint(APIView):
    """Base of all endpoints. OPTIONS is refused like other methods: the OpenAPI description says more."""

    http_method_names = ["get", "head", "post"]
    rate_limit: Mapping[str, str] = {}
    """Header fields that a throttle leaves here."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise MethodNotAllowed for a method that the endpoint lacks, whoever asks, and what DRF raises."""
        method = (request.method or "").lower()
        if method not in self.http_method_names or not hasattr(self, method):
            raise MethodNotAllowed(method.upper())
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add what is left of the limits to the response."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.rate_limit.items():
            response[name] = value
        return response


@method_decorator(conditional_page, name="dispatch")
class PublicEndpoint(Endpoint):
    """Endpoint with the same response for everybody: caches may store it and revalidate it by ETag."""

    authentication_classes = ()
    permission_classes = ()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Add caching headers to successful responses.

        The language comes from a header, a cookie or an account.
        """
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == HTTPStatus.OK and request.method in SAFE_METHODS:
            patch_cache_control(response, public=True, max_age=PUBLIC_SECONDS)
            patch_vary_headers(response, ["Accept-Language", "Authorization", "Cookie"])
        return response


class PrivateEndpoint(Endpoint):
    """Endpoint for signed-in users."""

    scopes: Mapping[str, str] = {}
    """Scope that a token needs, by method. Without one, only tokens from before scopes are allowed."""

    def scope_of(self, method: str) -> str | None:
        """Return the scope that a token needs for this method."""
        return self.scopes.get("GET" if method == "HEAD" else method)

    def check_permissions(self, request: Request) -> None:
        """Raise MissingScope, or NotAuthenticated or PermissionDenied as the permission classes say."""
        super().check_permissions(request)
        require_scope(request.auth, self.scope_of(request.method or ""))

    @property
    def user(self) -> AbstractUser:
        """Return the signed-in user. Raises NotAuthenticated."""
        user = self.request.user
        if not user.is_authenticated:
            raise NotAuthenticated
        return user


class ListEndpoint(GenericAPIView[Any], Endpoint):
    """Paginated list."""

    pagination_class = KeysetPagination

    def page_of(self, rows: QuerySet[Any], query: dict[str, Any], *, ordering: str = "-id") -> list[Any]:
        """Return the rows of the page requested by `query`, which is validated PageParameters."""
        self.pages = KeysetPagination()
        return self.pages.page(rows, query, self.request, ordering=ordering)

    def answer(self, data: Any) -> Response:
        """Return the page with links to the next and the previous one."""
        return self.pages.get_paginated_response(data)


class NotFoundView(APIView):
    """Answer 404 for unknown API URLs, as problem details and for any method."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound."""
        raise NotFound
