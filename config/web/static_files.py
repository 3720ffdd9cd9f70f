"""Static files: their addresses under a stage prefix, and who serves them."""

from collections.abc import Callable

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StagePrefix(StaticFilesStorage):
    """Puts the request's script name before each address.

    A relative STATIC_URL would keep the prefix of whichever request came first, and one function answers under both
    API Gateway's stage and a domain.
    """

    def url(self, name: str | None) -> str:
        return get_script_prefix().removesuffix("/") + super().url(name)


class PlainStaticFiles(StagePrefix):
    """Files as they lie in the apps, for a laptop."""


class HashedStaticFiles(StagePrefix, CompressedManifestStaticFilesStorage):  # type: ignore[misc] # it has no types
    """Files that `collectstatic` named after their content and compressed: a browser keeps them for ever."""


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # it has no types
    """WhiteNoise, which looks through the folder when the first file is asked for, and not at each cold start."""

    _look_through: Callable[[], None] | None = None

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """Put it off. There is one folder, STATIC_ROOT."""
        self._look_through = lambda: super(StaticFilesMiddleware, self).add_files(root, prefix)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._look_through and request.path_info.startswith(self.static_prefix):
            self._look_through()
            self._look_through = None  # only now, so that no other thread misses a file
        response: HttpResponse = super().__call__(request)
        return response
