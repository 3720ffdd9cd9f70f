"""Admin actions on subscriptions: each is confirmed on a page and done by the service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from foundation import clock
from subscriptions.access.membership import lock_users
from subscriptions.admin.reasons import ReasonForm, operator_of
from subscriptions.errors import ChangedMeanwhile, IllegalTransition, SubscriptionError
from subscriptions.forms import TermsForm
from subscriptions.models import Plan, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.utils.functional import _StrPromise

MOST_AT_ONCE = 100
"""Subscriptions per action: a transaction each, so that one request ends well before API Gateway's 29 seconds."""

TEMPLATE = "admin/subscriptions/subscription/confirm.html"

Answers = Mapping[str, Any]
"""Cleaned data of the action's form: the reason, and what else it asks for."""

Perform = Callable[[Subscription, Answers, datetime, AbstractBaseUser, Terms], object]

MOST_GIVEN_DAYS = 366
"""Days per gift; more is a typing error."""


class GiveDaysForm(ReasonForm):
    """The number of days, and the reason."""

    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=MOST_GIVEN_DAYS)
    field_order = ("days", "reason")


class ChangePlanForm(ReasonForm):
    """The new plan, the time of the change, and the reason."""

    plan = forms.ModelChoiceField(Plan.objects.filter(on_sale=True), label=_("Plan"))
    at = forms.ChoiceField(
        label=_("When"), choices=[("now", _("Now, free of charge")), ("period_end", _("With the next renewal"))]
    )
    field_order = ("plan", "at", "reason")


@dataclass(frozen=True)
class OperatorAction:
    """One move of the state machine, as an operator makes it. `name` is the admin's name of the action."""

    name: str
    label: "_StrPromise"
    consequence: "_StrPromise"
    """Effect on each of the subscriptions, for the page."""
    perform: Perform
    sells: bool = False
    """True if the action adds a period, so that the operator decides by the plan as well."""
    form: type[ReasonForm] = ReasonForm

    def terms(self, subscription: Subscription) -> Terms:
        """Return the terms that an operator decides by."""
        return Terms.of(subscription=subscription, plan=subscription.plan if self.sells else None)


def _cancel(subscription: Subscription, answers: Answers, now: datetime, actor: AbstractBaseUser, shown: Terms) -> None:
    # The service would leave it as it is, and the operator's reason would be lost without a word.
    if subscription.status == Subscription.Status.CANCELLED:
        raise IllegalTransition(f"{subscription} is cancelled already; its reason stays as it was")
    SubscriptionService.cancel_subscription(subscription, answers["reason"], now=now, actor=actor, shown=shown)


CANCEL = OperatorAction(
    "cancel",
    _("Cancel at the end of the period"),
    _("Access stays until the end of each subscription, and the subscriber is told by e-mail."),
    _cancel,
)
CANCEL_NOW = OperatorAction(
    "cancel_now",
    _("Cancel now"),
    _("Each subscription and its access end immediately. The subscriber is told by e-mail."),
    lambda subscription, answers, now, actor, shown: SubscriptionService.cancel_now(
        subscription, answers["reason"], now=now, actor=actor, shown=shown
    ),
)
REACTIVATE = OperatorAction(
    "reactivate",
    _("Reactivate"),
    _("Each cancelled subscription is resumed, and the subscriber is told by e-mail."),
    lambda subscription, answers, now, actor, shown: SubscriptionService.reactivate_subscription(
        subscription, now=now, actor=actor, reason=answers["reason"], shown=shown
    ),
)
RENEW = OperatorAction(
    "renew",
    _("Renew"),
    _(
        "Each subscription gets another period of its plan, from its end on, or from now on if it has ended."
        " Access comes back, and the subscriber is told by e-mail. Nothing is charged."
    ),
    lambda subscription, answers, now, actor, shown: SubscriptionService.renew_subscription(
        subscription, now=now, actor=actor, reason=answers["reason"], shown=shown
    ),
    sells=True,
)
GIVE_DAYS = OperatorAction(
    "give_days",
    _("Give days"),
    _(
        "Each subscription gets these days at its end, or from now on if it has ended. One that is cancelled stays"
        " cancelled until it ends. The subscriber is told by e-mail, and nothing is charged."
    ),
    lambda subscription, answers, now, actor, shown: SubscriptionService.give_days(
        subscription, answers["days"], answers["reason"], now=now, actor=actor, shown=shown
    ),
    form=GiveDaysForm,
)


CHANGE_PLAN = OperatorAction(
    "change_plan",
    _("Change the plan"),
    _(
        "Each subscription changes to this plan: now, up to its present end and free of charge, or with its next"
        " renewal, at most for the price that was agreed. The subscriber is told by e-mail."
    ),
    lambda subscription, answers, now, actor, shown: change_plan(
        subscription, answers["plan"], answers["at"], now=now, actor=actor, reason=answers["reason"], shown=shown
    ),
    form=ChangePlanForm,
)


@dataclass(frozen=True)
class ActionConfirmation:
    """Confirmation page of an admin action, and the action once it is confirmed."""

    site: "ModelAdmin[Subscription]"
    http: HttpRequest
    action: OperatorAction

    def answer(self, subscriptions: SubscriptionQuerySet) -> HttpResponse | None:
        """Show what will happen and to what; once that is confirmed, do it to each and tell what became of it.

        What has changed since it was shown is left as it is and shown again, with status 409.
        """
        chosen = _displayed(subscriptions)
        if len(chosen) > MOST_AT_ONCE:
            text = _("Select at most %(most)s at a time. Nothing was done.")
            self._tell(text % {"most": MOST_AT_ONCE}, messages.ERROR)
            return None
        form = self.action.form(self.http.POST if self._is_confirmed else None)
        if not form.is_valid():
            return self._page(chosen, form)
        if changed := self._perform_each(chosen, form.cleaned_data):
            return self._page(_displayed(Subscription.objects.filter(pk__in=changed)), form, HTTPStatus.CONFLICT)
        return None

    @property
    def _is_confirmed(self) -> bool:
        return "confirmed" in self.http.POST

    def _perform_each(self, chosen: list[Subscription], answers: Answers) -> list[int]:
        """Return which have changed since they were shown."""
        now = clock.now()
        done, changed = [], []
        for subscription in chosen:
            try:
                self._perform(subscription, answers, now)
            except SubscriptionError as error:
                self._tell(f"{self.action.label}: {error}.", messages.ERROR)
                changed += [subscription.pk] if isinstance(error, ChangedMeanwhile) else []
            else:
                done.append(str(subscription.pk))
        if done:
            text = _("%(action)s: done for %(subscriptions)s.")
            self._tell(text % {"action": self.action.label, "subscriptions": ", ".join(done)}, messages.SUCCESS)
        return changed

    @transaction.atomic
    def _perform(self, subscription: Subscription, answers: Answers, now: datetime) -> None:
        """Under the owner's lock, so that a second click finds what the first one did."""
        lock_users([subscription.user_id])
        subscription.refresh_from_db(from_queryset=Subscription.objects.select_for_update(no_key=True))
        self.action.perform(subscription, answers, now, operator_of(self.http), self._shown(subscription))

    def _shown(self, subscription: Subscription) -> Terms:
        """Return the terms that the page sent back. Raises ChangedMeanwhile where some are missing or unreadable."""
        form = TermsForm(QueryDict(self.http.POST.get(f"seen-{subscription.pk}", "")))
        if not form.is_valid() or form.terms().stated().keys() != self.action.terms(subscription).stated().keys():
            raise ChangedMeanwhile(subscription, {})
        return form.terms()

    def _page(self, chosen: list[Subscription], form: ReasonForm, status: int = HTTPStatus.OK) -> HttpResponse:
        context: dict[str, Any] = {
            **self.site.admin_site.each_context(self.http),
            "title": self.action.label,
            "opts": Subscription._meta,
            "action": self.action,
            "rows": [(subscription, state_of(subscription, self.action)) for subscription in chosen],
            "form": form,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(self.http, TEMPLATE, context, status=status)

    def _tell(self, text: str, level: int) -> None:
        self.site.message_user(self.http, text, level)


def state_of(subscription: Subscription, action: OperatorAction) -> str:
    """Return the state that an operator decides by, for the page to send back."""
    return urlencode(action.terms(subscription).as_text())


def _displayed(subscriptions: SubscriptionQuerySet) -> list[Subscription]:
    return list(subscriptions.select_related("user", "plan").order_by("pk")[: MOST_AT_ONCE + 1])
