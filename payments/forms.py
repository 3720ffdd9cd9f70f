"""Forms."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import LONGEST_ADDRESS
from foundation.money import MAXIMUM_DECIMALS, validate_amount, validate_currency
from payments.models import Order
from payments.models.cancellation_request import TEXT_LENGTH
from payments.models.payment import BY_STAFF, TRANSACTION_ID_LENGTH
from payments.orders.consents import Consent
from payments.providers import registry
from payments.received_money.recording import MoneyReceived
from payments.renewal.agreements import renews_already
from payments.renewal.automatic_renewal import Price

LEAST_AMOUNT = Decimal(1).scaleb(-MAXIMUM_DECIMALS)


class PaymentForm(forms.Form):
    """A transfer as the bank shows it."""

    transaction_id = forms.CharField(
        label=_("Transaction"),
        max_length=TRANSACTION_ID_LENGTH,
        help_text=_("The bank's number of the transfer. The same number is recorded once."),
    )
    amount = forms.DecimalField(
        label=_("Amount"), min_value=LEAST_AMOUNT, decimal_places=MAXIMUM_DECIMALS, max_digits=11
    )
    currency = forms.CharField(label=_("Currency"), max_length=3, validators=[validate_currency])
    paid_on = forms.DateField(label=_("Paid on"), help_text=_("As in 2026-12-01."))

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data, initial={"amount": order.amount, "currency": order.currency})

    def clean(self) -> dict[str, Any]:
        """Refuse a fraction of the currency's minor unit."""
        super().clean()
        try:
            validate_amount(self.cleaned_data["amount"], self.cleaned_data["currency"])
        except KeyError:
            return self.cleaned_data
        except ValidationError as error:
            self.add_error("amount", error)
        return self.cleaned_data

    def money(self) -> MoneyReceived:
        """Return what a valid form says."""
        shown = dict(self.cleaned_data)
        paid_at = datetime.combine(shown.pop("paid_on"), time.min, UTC)
        return MoneyReceived(BY_STAFF, paid_at=paid_at, **shown)


class CancelContractForm(forms.Form):
    """Declaration that a contract is to end: whose, which, and when, in the visitor's words."""

    named = forms.CharField(
        label=_("E-mail address or user name"),
        max_length=LONGEST_ADDRESS,
        help_text=_("Of the account that has the contract."),
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
    )
    contract = forms.CharField(
        label=_("Which contract? (optional)"),
        max_length=TEXT_LENGTH,
        required=False,
        help_text=_("Its name, or the number on a receipt. Left empty: you choose it in the next step."),
    )
    wish = forms.CharField(
        label=_("When is it to end, and why? (optional)"),
        max_length=TEXT_LENGTH,
        required=False,
        help_text=_("Left empty: at the earliest time, which is the end of the period that is paid for."),
    )


class ConsentForm(forms.Form):
    """Consent beside the button that obliges to pay. Nothing is ticked before: EU Directive 2011/83, article 22.

    Whose subscription renews automatically already is not asked again, and goes on with what is paid with now. Where
    there is no time for withdrawal, nobody is asked to begin before it is over. Transfers neither renew nor have one.
    """

    renews = forms.BooleanField(label=_("Renew automatically"), required=False)
    terms = forms.BooleanField(
        label=_("I accept the terms"), error_messages={"required": _("Please accept the terms to go on.")}
    )
    begins_at_once = forms.BooleanField(
        label=_("Begin at once, before the time for withdrawal is over"),
        error_messages={"required": _("Please agree to go on: access begins when the payment has arrived.")},
    )

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data, initial={"renews": order.renews})
        self.online = registry.current() is not None
        self.renews_already = self.online and renews_already(order)
        if self.renews_already or not self.online:
            del self.fields["renews"]
        if not settings.TERMS_VERSION:
            del self.fields["terms"]
        if not (self.online and settings.WITHDRAWAL_DAYS and order.begins_contract):
            del self.fields["begins_at_once"]

    def consent(self) -> Consent:
        """Return what a valid form says."""
        renews = self.renews_already or self.cleaned_data.get("renews", False)
        begins_at_once = self.cleaned_data.get("begins_at_once", False)
        return Consent(settings.TERMS_VERSION, renews, begins_at_once)


class AutomaticRenewalForm(forms.Form):
    """Acceptance of the terms beside the button that obliges to pay, and the price that was shown."""

    terms = forms.BooleanField(
        label=_("I accept the terms"), error_messages={"required": _("Please accept the terms to go on.")}
    )
    amount = forms.DecimalField(widget=forms.HiddenInput)
    currency = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, price: Price, data: Any = None) -> None:
        super().__init__(data, initial={"amount": price.amount, "currency": price.currency})
        if not settings.TERMS_VERSION:
            del self.fields["terms"]

    def price(self) -> Price:
        """Return the price that a valid form sends back."""
        return Price(self.cleaned_data["amount"], self.cleaned_data["currency"])
