"""API views imported on their first request: a page needs only the URLs of the API."""

from collections.abc import Mapping
from typing import Any

from foundation.web.lazy_page import LazyPage


class LazyView(LazyPage):
    """View of the class with this dotted name, imported at the first request."""

    csrf_exempt = True
    """Exempt like all views of Django REST framework, which check the token themselves for sessions."""

    initkwargs: Mapping[str, Any] = {}
    """Arguments of `as_view()`; drf-spectacular reads them, and `cls`."""

    @property
    def cls(self) -> type:
        found: type = self._view.cls
        return found

    def _load(self) -> Any:
        return super()._load().as_view()
