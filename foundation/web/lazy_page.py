"""Pages imported at their first request: a start needs only their URLs."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.module_loading import import_string


class LazyPage:
    """View function with this dotted name. Unlike the API's `LazyView` it is not exempt from the CSRF check."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self._view(request, *args, **kwargs)
        return response

    @cached_property
    def _view(self) -> Any:
        return self._load()

    def _load(self) -> Any:
        return import_string(self._name)
