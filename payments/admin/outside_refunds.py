"""Record of money that went back outside, which an operator makes on the page of a refund that nobody else executes."""

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
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import clock, money
from foundation.money import MAXIMUM_DECIMALS, quantised, validate_amount
from payments.admin.refunding import PERMISSION
from payments.errors import PaymentError, RefundUnderWay
from payments.models import Payment, Refund
from payments.models.payment import TRANSACTION_ID_LENGTH
from payments.models.refund import REASON_LENGTH
from payments.refunds.outside_refunds import ReturnedOutside, is_known, is_left_to_staff, most_for, record_outside
from subscriptions.admin.reasons import ask_reason, log_deed, operator_of, require_permission
from subscriptions.forms import ReasonField

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

BY_PROVIDER = "provider"
WAYS = {
    "transfer": gettext_lazy("by a bank transfer"),
    BY_PROVIDER: gettext_lazy("in the provider's dashboard"),
}


class OutsideRefundForm(forms.Form):
    """Way, number and amount of money that went back, and why it is recorded by hand."""

    way = forms.ChoiceField(label=gettext_lazy("How it went back"), choices=WAYS, widget=forms.RadioSelect)
    transaction_id = forms.CharField(
        label=gettext_lazy("Transaction"),
        max_length=TRANSACTION_ID_LENGTH,
        help_text=gettext_lazy("number of the transfer, or of the refund in the provider's dashboard, such as re_1A2b"),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=0, decimal_places=MAXIMUM_DECIMALS, max_digits=8 + MAXIMUM_DECIMALS
    )
    reason = ReasonField(
        label=gettext_lazy("Reason"), max_length=REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, request: Refund, data: Mapping[str, Any] | None = None) -> None:
        self._request = request
        super().__init__(data, initial={"amount": quantised(request.amount, request.currency)})

    def clean(self) -> dict[str, Any]:
        """Refuse nothing, more than is left, and a number that is recorded."""
        given = super().clean() or {}
        if not self.errors:
            if is_known(self._request, self.seen()):
                self.add_error("transaction_id", _("Money of this number is recorded already, or did not arrive."))
            self._refuse_amount(given["amount"])
        return given

    def seen(self) -> ReturnedOutside:
        """Return what the operator has seen."""
        given = self.cleaned_data
        return ReturnedOutside(given["transaction_id"], given["amount"], given["way"] == BY_PROVIDER)

    def _refuse_amount(self, amount: Decimal) -> None:
        currency, most = self._request.currency, most_for(self._request)
        try:
            validate_amount(amount, currency)
        except ValidationError as error:
            self.add_error("amount", error)
            return
        if not 0 < amount <= most:
            words = {"amount": money.formatted(most, currency), "currency": currency}
            self.add_error("amount", _("%(amount)s %(currency)s are left to give back.") % words)


def record(site: "ModelAdmin[Refund]", http: HttpRequest, refund_id: int) -> HttpResponse:
    """Ask for number, amount and reason, and record that the money has gone back."""
    require_permission(http, PERMISSION)
    request = get_object_or_404(Refund.objects.select_related("payment__order__user"), pk=refund_id)
    payment_page = HttpResponseRedirect(reverse("admin:payments_payment_change", args=[request.payment_id]))
    now = clock.now()
    if not is_left_to_staff(request, now):
        messages.error(http, _("This refund is finished, or the provider still executes it. Nothing was recorded."))
        return payment_page
    form = OutsideRefundForm(request, http.POST if http.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        return ask_reason(site, http, form, _words(request), status=status)
    try:
        made = record_outside(request, form.seen(), form.cleaned_data["reason"], now=now, actor=operator_of(http))
    except PaymentError as error:  # somebody was faster, or a call is under way
        messages.error(http, _refusal(error))
    else:
        words = {"amount": made.returned_text, "currency": made.currency}
        messages.success(http, _("%(amount)s %(currency)s are recorded as given back.") % words)
        log_deed(http, Payment, request.payment_id, _deed(request, made, form.cleaned_data["reason"]))
    return payment_page


def record_links(requests: list[Refund], now: datetime) -> list[str]:
    """Return a link to the record of each request that is left to staff."""
    text = _("Record refund %(number)s as given back")
    return [
        format_html('<a href="{}">{}</a>', reverse("admin:record_refund", args=[one.pk]), text % {"number": one.pk})
        for one in requests
        if is_left_to_staff(one, now)
    ]


def _refusal(error: PaymentError) -> str:
    if isinstance(error, RefundUnderWay):
        text = _("The provider may be giving the money back just now. Nothing was recorded: try after %(at)s UTC.")
        return text % {"at": date_format(error.until, "H:i:s")}
    return f"{error}."


def _deed(request: Refund, made: Payment, reason: str) -> str:
    money_back = f"{made.returned_text} {made.currency}, {made.provider} {made.transaction_id}"
    return f"refund {request.pk} recorded as given back: {money_back}: {reason}"


def _words(request: Refund) -> dict[str, str]:
    payment = request.payment
    text = _refused_words() if request.is_refused else _unknown_words()
    words = {
        "user": str(payment.order.user) if payment.order else "-",
        "amount": request.amount_text,
        "currency": request.currency,
        "provider": payment.provider,
    }
    return {"title": _("Record refund %(number)s as given back") % {"number": request.pk}, "explanation": text % words}


def _unknown_words() -> str:
    return _(
        "%(user)s is to get %(amount)s %(currency)s back of a payment through %(provider)s, which does not tell us "
        "whether it has given them back. Look into its dashboard first. If the money has not gone back there, give it "
        "back there or transfer it, and record it here. Nothing is given back by this page; the subscriber gets the "
        "usual mail."
    )


def _refused_words() -> str:
    return _(
        "%(user)s was to get %(amount)s %(currency)s back of a payment through %(provider)s, which has refused that, "
        "or could not deliver them. Transfer the money, and record it here. Nothing is given back by this page; the "
        "subscriber gets the usual mail."
    )
