"""Pages for the owner of an account."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import User


class OwnerRequest(HttpRequest):
    """A request behind `login_required`, for type checking."""

    user: User


def owner_page(view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """Require a sign-in, and keep the page out of caches and what is typed out of error reports."""
    form_page = require_http_methods(["GET", "HEAD", "POST"])(view)
    return sensitive_post_parameters()(never_cache(login_required(form_page)))
