"""The admin, loaded when one of its addresses or names is first asked for. Pages, jobs and the API do without it."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core.checks import CheckMessage, Tags, register
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern

ADDRESSES = "config.web.admin_urls"
"""The module that registers the admin's pages when it is imported."""


class AdminOnDemand(SimpleAdminConfig):
    """Django's admin, without a search for its pages at each start."""

    def ready(self) -> None:
        """Register Django's own checks of the admin, behind the search that they need."""
        register(check_dependencies, Tags.admin)
        register(check_pages, Tags.admin)


def check_pages(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Register the admin's pages, and check them as Django does."""
    import_module(ADDRESSES)
    return check_admin_app(app_configs, **options)


class AddressesOnDemand(URLResolver):
    """Addresses in a namespace, whose module is imported when one of them is resolved or reversed.

    At the first `reverse` of any name Django collects all names of the site. It has no need of those in a namespace:
    it looks them up in the namespace's `url_patterns`, and there are no further namespaces below this one.
    """

    def __init__(self, route: str, module: str, namespace: str) -> None:
        super().__init__(RoutePattern(route), module, app_name=namespace, namespace=namespace)

    def _populate(self) -> None:
        if "urlconf_module" in vars(self):
            super()._populate()
