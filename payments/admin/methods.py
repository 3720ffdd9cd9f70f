"""Admin of payment methods and attempts, read-only. Tokens are shown by their ends only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.admin import SubscriberHistoryAdmin
from payments.models import Attempt, PaymentMethod

SHOWN = 4
"""Characters of a token that tell two apart, and let nobody charge."""


@admin.register(PaymentMethod)
class PaymentMethodAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "user", "provider", "brand", "last4", "expires", "saved_at", "removed_at"]
    list_select_related = ["user"]
    fields = readonly_fields = (
        "user",
        "provider",
        "brand",
        "last4",
        "expires",
        "end_of_token",
        "end_of_customer",
        "saved_at",
        "removed_at",
        "forget_requested_at",
        "forgotten_at",
    )
    user_path = "user"
    subscription_path = "renewals__subscription"

    @admin.display(description=_("token"))
    def end_of_token(self, method: PaymentMethod) -> str:
        return f"…{method.token[-SHOWN:]}"

    @admin.display(description=_("customer"))
    def end_of_customer(self, method: PaymentMethod) -> str:
        return f"…{method.customer[-SHOWN:]}"


@admin.register(Attempt)
class AttemptAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "order", "subscriber", "number", "way", "outcome", "code", "ended_at"]
    list_select_related = ["order__user"]
    fields = readonly_fields = (
        "order",
        "number",
        "way",
        "reference",
        "begun_at",
        "ended_at",
        "outcome",
        "code",
    )
    user_path = "order__user"
    subscription_path = "order__subscription"

    @admin.display(description=_("user"))
    def subscriber(self, attempt: Attempt) -> str:
        return str(attempt.order.user)
