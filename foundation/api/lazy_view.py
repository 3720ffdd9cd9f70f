"""Views imported on their first request: a page needs only the URLs of the API."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string


class LazyView:
    """View of the class with this dotted name, imported at the first request."""

    csrf_exempt = True
    """Exempt like all views of Django REST framework, which check the token themselves for sessions."""

    initkwargs: Mapping[str, Any] = {}
    """Arguments of `as_view()`; drf-spectacular reads them, and `cls`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self._view(request, *args, **kwargs)
        return response

    @property
    def cls(self) -> type:
        found: type = self._view.cls
        return found

    @cached_property
    def _view(self) -> Any:
        return import_string(self._name).as_view()
