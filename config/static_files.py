"""Addresses of static files under a stage prefix."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix
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
