"""Subscribing a user in the admin: without payment, or by an order that the user pays."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from foundation import clock
from subscriptions.admin.reasons import log_deed, operator_of, require_permission
from subscriptions.admin.subscribe_form import SubscribeForm
from subscriptions.checkout import Checkout
from subscriptions.errors import ChangedMeanwhile, SubscriptionError
from subscriptions.forms import TermsForm
from subscriptions.models import Plan, Subscription
from subscriptions.rules import next_period
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PERMISSION = "subscriptions.add_subscription"
TEMPLATE = "admin/subscriptions/subscription/subscribe.html"


def subscribe(site: "ModelAdmin[Subscription]", http: HttpRequest, user: AbstractUser | None = None) -> HttpResponse:
    """Ask who is subscribed to what and why; show the terms; once they are confirmed, subscribe or open the order."""
    require_permission(http, PERMISSION)
    form = SubscribeForm(http.POST if http.method == "POST" else None, initial=_initial(user))
    if not form.is_valid():
        return _page(site, http, {"form": form})
    shown = _confirmed_terms(http, form.cleaned_data["plan"])
    if shown is None:
        return _confirm(site, http, form)
    try:
        if form.checkout:
            return _order(site, http, form, form.checkout, shown)
        return _subscribe(site, http, form, shown)
    except ChangedMeanwhile as error:
        site.message_user(http, f"{error}.", messages.ERROR)
        form.cleaned_data["plan"].refresh_from_db()
        return _confirm(site, http, form, HTTPStatus.CONFLICT)
    except SubscriptionError as error:
        form.add_error(None, f"{error}.")
        return _page(site, http, {"form": form}, HTTPStatus.CONFLICT)


def _initial(user: AbstractUser | None) -> dict[str, Any]:
    return {"user": user.get_username()} if user else {}


def _confirmed_terms(http: HttpRequest, plan: Plan) -> Terms | None:
    """Return the terms that were shown and confirmed; None if they were not, or not all of them."""
    form = TermsForm(http.POST)
    if "confirmed" not in http.POST or not form.is_valid():
        return None
    return form.terms() if form.terms().stated().keys() == Terms.of(plan=plan).stated().keys() else None


def _subscribe(site: "ModelAdmin[Subscription]", http: HttpRequest, form: SubscribeForm, shown: Terms) -> HttpResponse:
    user, plan, reason = (form.cleaned_data[name] for name in ("user", "plan", "reason"))
    made = SubscriptionService.create_subscription(
        user, plan, now=clock.now(), actor=operator_of(http), reason=reason, shown=shown
    )
    names = {"user": user, "plan": made.plan}
    site.message_user(http, _("%(user)s is subscribed to %(plan)s.") % names, messages.SUCCESS)
    if not site.has_view_permission(http):
        return redirect("admin:index")
    return redirect("admin:subscriptions_subscription_change", made.pk)


def _order(
    site: "ModelAdmin[Subscription]", http: HttpRequest, form: SubscribeForm, checkout: Checkout, shown: Terms
) -> HttpResponse:
    """Open the order, record who asked for it and why, and tell where it is paid."""
    user, plan, reason = (form.cleaned_data[name] for name in ("user", "plan", "reason"))
    with transaction.atomic():
        due = checkout.open_first(user, plan, clock.now(), shown)
        log_deed(http, due.model, due.order_id, f"payment asked for: {reason}")
    text = _(
        "The order of %(user)s for %(plan)s is open, and nothing is given before it is paid. Pass on the address of "
        "the page on which %(user)s pays: %(address)s"
    )
    words = {"user": user, "plan": plan, "address": http.build_absolute_uri(due.path)}
    site.message_user(http, text % words, messages.SUCCESS)
    return redirect("admin:subscriptions_subscription_add")


def _confirm(
    site: "ModelAdmin[Subscription]", http: HttpRequest, form: SubscribeForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    plan = form.cleaned_data["plan"]
    context = {
        "form": form,
        "user_to_subscribe": form.cleaned_data["user"],
        "plan": plan,
        "end": next_period(plan, clock.now()).end,
        "terms_form": TermsForm.showing(Terms.of(plan=plan)),
    }
    return _page(site, http, context, status)


def _page(
    site: "ModelAdmin[Subscription]", http: HttpRequest, context: dict[str, Any], status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {
        **site.admin_site.each_context(http),
        "title": _("Subscribe a user"),
        "opts": Subscription._meta,
        "may_list": site.has_view_permission(http),
    } | context
    return TemplateResponse(http, TEMPLATE, context, status=status)
