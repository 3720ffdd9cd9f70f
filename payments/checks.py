"""System checks of payments.

- payments.E001: payments by transfer lack the instructions that subscribers pay by.
"""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def check_instructions(**options: Any) -> list[CheckMessage]:
    """Check that the page of an order says where to pay."""
    if settings.PAYMENT_PROVIDER != "manual" or settings.PAYMENT_INSTRUCTIONS.strip():
        return []
    hint = "Set PAYMENT_INSTRUCTIONS to the account that subscribers transfer to."
    return [Error("PAYMENT_PROVIDER is manual, and PAYMENT_INSTRUCTIONS is empty", hint=hint, id="payments.E001")]
