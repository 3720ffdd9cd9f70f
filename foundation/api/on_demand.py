"""Views that are imported when somebody asks for them, since a page needs their addresses and nothing more."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string


class OnDemand:
    """The view of the class with this dotted name, imported at the first request for it."""

    csrf_exempt = True
    """As all of Django REST framework's views, which check the token themselves where there is a session."""

    initkwargs: Mapping[str, Any] = {}
    """What `as_view()` was given; drf-spectacular asks for it, and for `cls`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self._view(request, *args, **kwargs)
        return response

    @property
    def cls(self) -> type:
        """The view's class."""
        found: type = self._view.cls
        return found

    @cached_property
    def _view(self) -> Any:
        return import_string(self._name).as_view()
