"""Decorators for views of other apps."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast, overload

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from foundation import clock
from subscriptions.entitlement import has_entitlement, has_live_subscription

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


@overload
def subscriber_required(view: View, /) -> View: ...
@overload
def subscriber_required(view: None = None, /, *, plan: str) -> Callable[[View], View]: ...
def subscriber_required(view: View | None = None, /, *, plan: str | None = None) -> View | Callable[[View], View]:
    """Open the view to users with a live subscription only; with `plan`, to a plan of that name.

    A visitor who is not signed in is redirected to the sign-in page; any other gets a 403 page that leads to the plans.
    One query per request. Use it plain, as `@subscriber_required(plan="Pro")`, or with `method_decorator`.
    """

    def gate(view: View) -> View:
        return _gate(view, lambda user: has_live_subscription(user, clock.now(), plan=plan), plan)

    return gate if view is None else gate(view)


def entitlement_required(codename: str) -> Callable[[View], View]:
    """Open the view to users whose plan grants the permission, as `@entitlement_required("reports.export_report")`.

    Others get what `subscriber_required` gives them. One query per request.
    """

    def gate(view: View) -> View:
        return _gate(view, lambda user: has_entitlement(user, codename))

    return gate


def _gate(view: View, is_allowed: Callable[[AbstractUser | AnonymousUser], bool], plan: str | None = None) -> View:
    @login_required
    @wraps(view)
    def gated(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_allowed(request.user):
            return view(request, *args, **kwargs)
        context = {"required_plan": plan}
        return render(request, "subscriptions/subscriber_required.html", context, status=HTTPStatus.FORBIDDEN)

    return cast(View, gated)
