"""Form of an operator who subscribes a user."""

from typing import Any, cast

from django import forms
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.admin import find_users
from foundation.orm.any_of import any_of
from subscriptions import checkout
from subscriptions.admin.reasons import ReasonForm
from subscriptions.admin.users import User
from subscriptions.checkout import Checkout
from subscriptions.models import Plan


class Payment(models.TextChoices):
    """Payment of the period that the operator chooses."""

    NONE = "none", gettext_lazy("Without payment")
    DUE = "due", gettext_lazy("They pay")


class SubscribeForm(ReasonForm):
    """A user, found by name or address, a plan on sale, the payment if subscribers can pay, and the reason."""

    user = forms.CharField(
        label=gettext_lazy("User"),
        max_length=254,
        help_text=gettext_lazy("A user name or an e-mail address, in full"),
        widget=forms.TextInput(attrs={"size": 40}),
    )
    plan = forms.ModelChoiceField(Plan.objects.filter(on_sale=True), label=gettext_lazy("Plan"))
    payment = forms.ChoiceField(label=gettext_lazy("Payment"), choices=Payment, initial=Payment.NONE)
    field_order = ("user", "plan", "payment", "reason")
    checkout: Checkout | None = None
    """Checkout by which the user is to pay; None for a period without payment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if checkout.current() is None and self.data.get("payment") != Payment.DUE:  # who wants it is told why not
            del self.fields["payment"]

    @property
    def offers_payment(self) -> bool:
        """True if the operator chooses who pays."""
        return "payment" in self.fields

    def clean_user(self) -> AbstractUser:
        """Return the user. Raises ValidationError where none or several are meant."""
        keys = find_users(self.cleaned_data["user"])
        if len(keys) != 1:
            problem = (
                _("Several users have this address. Enter the user name.") if keys else _("There is no such user.")
            )
            raise forms.ValidationError(problem)
        return cast(AbstractUser, User._base_manager.filter(any_of("pk", keys)).get())

    def clean(self) -> None:
        """Find the checkout by which the user pays; an error says why nobody can pay for the plan."""
        super().clean()
        plan = self.cleaned_data.get("plan")
        if plan is None or self.cleaned_data.get("payment") != Payment.DUE:
            return
        self.checkout = checkout.required(plan)
        if self.checkout is None:
            self.add_error("payment", _why_not(plan))


def _why_not(plan: Plan) -> str:
    if plan.is_free:
        return _("%(plan)s is free, so nothing is to be paid. Choose to subscribe without payment.") % {"plan": plan}
    return _("Subscribers cannot pay here: PAYMENT_PROVIDER is not set. Choose to subscribe without payment.")
