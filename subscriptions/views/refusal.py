"""Pages for the service's errors, which say what to do."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from subscriptions.errors import (
    NOT_FOUND,
    AlreadySubscribed,
    ChangeOrdered,
    ChangeTooEarly,
    CurrencyDiffers,
    FreePlanAtOnce,
    IllegalTransition,
    InvalidPeriod,
    NoTrial,
    PlanNotOnSale,
    PlanUnchanged,
    RenewalTooEarly,
    SubscriptionError,
    TrialUsed,
)

P = ParamSpec("P")
Request = TypeVar("Request", bound=HttpRequest)

CONFLICT = 409
EXPLANATIONS: dict[type[SubscriptionError], object] = {
    AlreadySubscribed: _("You have another subscription to this plan. Please renew or resume that one."),
    PlanNotOnSale: _("This plan is no longer on sale. Please choose another one."),
    NoTrial: _("This plan has no free trial any more. You can subscribe to it."),
    TrialUsed: _("You have had your free trial. You can subscribe to this plan without one."),
    InvalidPeriod: _("This subscription already ends so far in the future that it cannot be renewed."),
    RenewalTooEarly: _("You can renew this free plan while at most one period is left. That is possible from:"),
    PlanUnchanged: _("You have this plan already. Please choose another one."),
    CurrencyDiffers: _(
        "This plan is paid in another currency. Please cancel your subscription, and subscribe to the other plan."
    ),
    FreePlanAtOnce: _("You can change to a free plan at the end of the period, so that no paid time is lost."),
    ChangeOrdered: _("Another change of plan is being paid. Please pay that order, or withdraw it, under “Payments”."),
    ChangeTooEarly: _("The next renewal changes your plan, so that it is possible a day before the end. That is from:"),
    IllegalTransition: _("The subscription has changed. Open it to see its status and what you can do."),
}


def render_service_errors(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """Answer with status 409 and an explanation, or 404 for what is gone, in place of the service's named errors."""

    @wraps(view)
    def explained(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NOT_FOUND as error:
            raise Http404(str(error)) from error
        except tuple(EXPLANATIONS) as error:
            return _page(request, error)

    return explained


def _page(request: HttpRequest, error: SubscriptionError) -> HttpResponse:
    explanation = next(EXPLANATIONS[kind] for kind in type(error).__mro__ if kind in EXPLANATIONS)
    context = {"explanation": explanation, "possible_from": getattr(error, "possible_from", None)}
    return render(request, "subscriptions/refused.html", context, status=CONFLICT)
