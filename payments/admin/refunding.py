"""Refund of a payment by an operator, by the same queue as that of the command and the API."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import clock, money
from foundation.money import MAXIMUM_DECIMALS, quantised, validate_amount
from payments.errors import NotRefundable
from payments.models import Payment, Refund
from payments.models.payment import BY_STAFF
from payments.models.refund import REASON_LENGTH
from payments.providers.registry import is_asked
from payments.refunds.requests import ends_by_default, refundable, request_refund
from subscriptions.admin.reasons import ask_reason, log_deed, operator_of, require_permission
from subscriptions.forms import ReasonField

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PERMISSION = "payments.add_refund"
SURPLUS = "surplus"
"""Name of the button that gives a surplus back without another question."""


class RefundForm(forms.Form):
    """Amount of a refund, its reason, and whether access ends with it."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=0, decimal_places=MAXIMUM_DECIMALS, max_digits=8 + MAXIMUM_DECIMALS
    )
    reason = ReasonField(
        label=gettext_lazy("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    ends_now = forms.BooleanField(
        label=gettext_lazy("End the subscription when the money has gone back"), required=False
    )

    def __init__(self, payment: Payment, now: datetime, data: Mapping[str, Any] | None = None) -> None:
        self._payment, self._left = payment, refundable(payment)
        preset = {"amount": quantised(self._left, payment.currency)}
        super().__init__(data, initial=preset | {"ends_now": ends_by_default(payment, self._left, now)})
        if payment.subscription is None:
            del self.fields["ends_now"]

    def clean_amount(self) -> Decimal:
        """Refuse nothing, more than is left, and a fraction of the currency's minor unit."""
        amount: Decimal = self.cleaned_data["amount"]
        validate_amount(amount, self._payment.currency)
        if not 0 < amount <= self._left:
            text = _("%(amount)s %(currency)s are left to give back.")
            left = money.formatted(self._left, self._payment.currency)
            raise ValidationError(text % {"amount": left, "currency": self._payment.currency})
        return amount


def refund(site: "ModelAdmin[Payment]", request: HttpRequest, payment_id: int) -> HttpResponse:
    """Ask for amount and reason, and store the refund. A surplus goes back by one press of its button."""
    require_permission(request, PERMISSION)
    payment = get_object_or_404(Payment.objects.select_related("order__user", "subscription", "event"), pk=payment_id)
    now = clock.now()
    form = RefundForm(payment, now, _asked(request, payment))
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        return ask_reason(site, request, form, _words(payment), status=status)
    given = form.cleaned_data
    try:
        made = request_refund(
            payment,
            given["amount"],
            given["reason"],
            ends_now=given.get("ends_now", False),
            now=now,
            actor=operator_of(request),
        )
    except NotRefundable as error:  # another refund was faster
        messages.error(request, str(error))
    else:
        _tell(request, made)
    return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))


def _asked(request: HttpRequest, payment: Payment) -> Mapping[str, Any] | None:
    """Return the form's data; of a surplus that goes back at once, all that is left of it."""
    if request.method != "POST":
        return None
    if SURPLUS not in request.POST or not payment.surplus or payment.settled:
        return request.POST
    return {"amount": refundable(payment), "reason": _("No order waited for this payment.")}


def _tell(request: HttpRequest, made: Refund) -> None:
    words = {"amount": made.amount_text, "currency": made.currency}
    if made.state == Refund.State.DONE:
        messages.success(request, _("%(amount)s %(currency)s are recorded as given back.") % words)
    elif is_asked(made.payment.provider):
        messages.success(request, _("%(amount)s %(currency)s go back within a minute.") % words)
    else:
        text = _("%(amount)s %(currency)s are noted. Give them back, and record it below: nobody else does.")
        messages.warning(request, text % words)
    log_deed(request, Payment, made.payment_id, f"refund {made.pk}: {made.amount} {made.currency}: {made.reason}")


def _words(payment: Payment) -> dict[str, str]:
    user = str(payment.order.user) if payment.order else "-"
    text = _("%(user)s has paid %(amount)s %(currency)s. The provider gives it back, once, and tells when it has.")
    if payment.provider == BY_STAFF:
        text = _("%(user)s has transferred %(amount)s %(currency)s. Transfer it back first: this only records it.")
    elif not is_asked(payment.provider):
        text = _(
            "%(user)s has paid %(amount)s %(currency)s through %(provider)s, which is not asked any more. This only "
            "notes what is to go back: give it back in its dashboard or by a transfer, and record that afterwards."
        )
    words = {"user": user, "amount": payment.amount_text, "currency": payment.currency, "provider": payment.provider}
    return {"title": _("Refund payment %(number)s") % {"number": payment.pk}, "explanation": text % words}
