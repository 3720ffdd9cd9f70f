"""Pages for the service's errors, which say what to do."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from subscriptions.errors import (
    AlreadySubscribed,
    IllegalTransition,
    InvalidPeriod,
    PlanNotOnSale,
    SubscriptionError,
    UnknownPlan,
    UnknownSubscription,
    UnknownUser,
)

P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)

CONFLICT = 409
EXPLANATIONS: dict[type[SubscriptionError], object] = {
    AlreadySubscribed: _(
        "You have another subscription to this plan. Renew that one, or resume it if it is cancelled."
    ),
    PlanNotOnSale: _("This plan takes no new subscribers. Please choose another one."),
    InvalidPeriod: _("This subscription reaches so far into the future that nothing can be added to it."),
    IllegalTransition: _("The subscription has changed meanwhile. Its page says where it stands and what you can do."),
}
GONE = (UnknownPlan, UnknownSubscription, UnknownUser)


def render_service_errors(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Answer with status 409 and an explanation, or 404 for what is gone, in place of the service's named errors."""

    @wraps(view)
    def explained(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except GONE as error:
            raise Http404(str(error)) from error
        except tuple(EXPLANATIONS) as error:
            return _page(request, error)

    return explained


def _page(request: HttpRequest, error: SubscriptionError) -> HttpResponse:
    explanation = next(EXPLANATIONS[kind] for kind in type(error).__mro__ if kind in EXPLANATIONS)
    return render(request, "subscriptions/refused.html", {"explanation": explanation}, status=CONFLICT)
