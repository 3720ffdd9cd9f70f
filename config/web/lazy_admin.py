"""Django's admin, loaded when one of its URLs is first resolved or reversed. Pages, jobs and API run without it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern

URLS = "config.web.admin_urls"
"""Module that registers the admin's pages on import."""


class LazyAdminConfig(SimpleAdminConfig):
    """Django's admin without autodiscovery at each start."""

    def ready(self) -> None:
        """Register Django's own checks of the admin, to be run after autodiscovery."""
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Register the admin's pages and run Django's checks on them."""
    import_module(URLS)
    return check_admin_app(app_configs, **options)


class LazyNamespace(URLResolver):
    """URLs in a namespace whose module is imported when one of them is first resolved or reversed.

    The first `reverse` of any name makes Django collect all names of the site. Names in a namespace are not needed for
    that: Django looks them up in the namespace's `url_patterns`, and this namespace contains no further ones.
    """

    def __init__(self, route: str, module: str, namespace: str) -> None:
        super().__init__(RoutePattern(route), module, app_name=namespace, namespace=namespace)

    def _populate(self) -> None:
        if "urlconf_module" in vars(self):
            super()._populate()
