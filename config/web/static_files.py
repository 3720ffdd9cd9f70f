"""Static files: URLs with the stage prefix, and middleware that serves them."""

from collections.abc import Callable, Iterable, Iterator

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StagePrefix(StaticFilesStorage):
    """Prepend the request's script name to each URL.

    A relative STATIC_URL would keep the prefix of the first request, and one function answers under both API Gateway's
    stage and a domain.
    """

    def url(self, name: str | None) -> str:
        return get_script_prefix().removesuffix("/") + super().url(name)


class PlainStaticFiles(StagePrefix):
    """Unhashed files straight from the apps, for a laptop."""


class HashedStaticFiles(StagePrefix, CompressedManifestStaticFilesStorage):  # type: ignore[misc] # it has no types
    """Compressed files with a content hash in their name, which browsers cache forever."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress all but the API's viewer, which would lie in the zip twice, 0.4 MiB each, and is opened rarely."""
        yield from super().compress_files([path for path in paths if not path.startswith("config/swagger-ui")])


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc] # it has no types
    """WhiteNoise, with the directory scan postponed from the cold start to the first request for a file."""

    _look_through: Callable[[], None] | None = None

    def add_files(self, root: str, prefix: str | None = None) -> None:
        """Postpone the scan. STATIC_ROOT is the only folder."""
        self._look_through = lambda: super(StaticFilesMiddleware, self).add_files(root, prefix)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._look_through and request.path_info.startswith(self.static_prefix):
            self._look_through()
            self._look_through = None  # last, so that no other thread misses a file
        response: HttpResponse = super().__call__(request)
        return response
