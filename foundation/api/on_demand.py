"""Views that are imported when somebody asks for them, since a page needs their addresses and nothing more."""

from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string


class OnDemand:
    """What `as_view()` of the class with this dotted name returns, imported at the first use."""

    csrf_exempt = True
    """As all of Django REST framework's views, which check the token themselves where there is a session."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self._view(request, *args, **kwargs)
        return response

    def __getattr__(self, name: str) -> Any:
        """What Django and drf-spectacular want to know of the view."""
        if name.startswith("__"):
            raise AttributeError(name)  # copying and the like, which must not import anything
        return getattr(self._view, name)

    @cached_property
    def _view(self) -> Any:
        return import_string(self._name).as_view()
