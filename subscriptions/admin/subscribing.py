"""Subscribing a user in the admin, without payment."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import clock
from foundation.admin import find_users
from foundation.orm.any_of import any_of
from subscriptions.admin.reasons import ReasonForm, operator_of, require_permission
from subscriptions.admin.users import User
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


class SubscribeForm(ReasonForm):
    """A user, found by name or address, a plan on sale, and the reason."""

    user = forms.CharField(
        label=gettext_lazy("User"),
        max_length=254,
        help_text=gettext_lazy("A user name or an e-mail address, in full"),
        widget=forms.TextInput(attrs={"size": 40}),
    )
    plan = forms.ModelChoiceField(Plan.objects.filter(on_sale=True), label=gettext_lazy("Plan"))
    field_order = ("user", "plan", "reason")

    def clean_user(self) -> AbstractUser:
        """Return the user. Raises ValidationError where none or several are meant."""
        keys = find_users(self.cleaned_data["user"])
        if len(keys) != 1:
            problem = (
                _("Several users have this address. Enter the user name.") if keys else _("There is no such user.")
            )
            raise forms.ValidationError(problem)
        return cast(AbstractUser, User._base_manager.filter(any_of("pk", keys)).get())


def subscribe(site: "ModelAdmin[Subscription]", http: HttpRequest, user: AbstractUser | None = None) -> HttpResponse:
    """Ask who is subscribed to what and why; show the terms; subscribe on them once they are confirmed."""
    require_permission(http, PERMISSION)
    form = SubscribeForm(http.POST if http.method == "POST" else None, initial=_initial(user))
    if not form.is_valid():
        return _page(site, http, {"form": form})
    terms = TermsForm(http.POST)
    if "confirmed" not in http.POST or not terms.is_valid():
        return _confirm(site, http, form)
    try:
        made = SubscriptionService.create_subscription(
            form.cleaned_data["user"],
            form.cleaned_data["plan"],
            now=clock.now(),
            actor=operator_of(http),
            reason=form.cleaned_data["reason"],
            shown=terms.terms(),
        )
    except ChangedMeanwhile as error:
        site.message_user(http, f"{error}.", messages.ERROR)
        form.cleaned_data["plan"].refresh_from_db()
        return _confirm(site, http, form, HTTPStatus.CONFLICT)
    except SubscriptionError as error:
        form.add_error(None, f"{error}.")
        return _page(site, http, {"form": form}, HTTPStatus.CONFLICT)
    names = {"user": form.cleaned_data["user"], "plan": made.plan}
    site.message_user(http, _("%(user)s is subscribed to %(plan)s.") % names, messages.SUCCESS)
    if not site.has_view_permission(http):
        return redirect("admin:index")
    return redirect("admin:subscriptions_subscription_change", made.pk)


def _initial(user: AbstractUser | None) -> dict[str, Any]:
    return {"user": user.get_username()} if user else {}


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
