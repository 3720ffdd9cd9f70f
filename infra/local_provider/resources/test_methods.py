"""Test payment methods and what happens when they are charged. https://docs.stripe.com/testing"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reaction:
    """Reaction of a bank: `succeed`, `decline`, `authenticate`, or `later` (and then `settled` or not)."""

    kind: str = "succeed"
    code: str = ""
    decline_code: str = ""

    @classmethod
    def decline(cls, decline_code: str, code: str = "card_declined") -> "Reaction":
        """Return a decline with Stripe's codes."""
        return cls("decline", code, decline_code)


SUCCEED = Reaction()
AUTHENTICATE = Reaction("authenticate")
AUTHENTICATE_THEN_DECLINE = Reaction("authenticate", "card_declined", "insufficient_funds")
SETTLE_LATER = Reaction("later")
FAIL_LATER = Reaction("later", "payment_intent_payment_attempt_failed", "")
DECLINE = Reaction.decline("generic_decline")


@dataclass(frozen=True)
class TestMethod:
    """Payment method that a token such as `pm_card_visa` stands for.

    `saved` is the reaction to saving it, `later` that to charges while the customer is away.
    """

    __test__ = False  # pytest takes its name for a test

    last4: str
    charged: Reaction = SUCCEED
    saved: Reaction = SUCCEED
    later: Reaction = field(default=SUCCEED)
    brand: str = "visa"
    kind: str = "card"
    settles_after: int = 0
    """Seconds until money that is on its way has arrived or failed."""
    refunds: str = "succeeded"


def _declined(last4: str, reaction: Reaction) -> TestMethod:
    return TestMethod(last4, charged=reaction, saved=reaction, later=reaction)


def _debited(last4: str, reaction: Reaction, after: int) -> TestMethod:
    return TestMethod(last4, charged=reaction, later=reaction, kind="sepa_debit", settles_after=after)


DELAY = 180
"""Seconds that Stripe's delayed test accounts take."""

TEST_METHODS: dict[str, TestMethod] = {
    "pm_card_visa": TestMethod("4242"),
    "pm_card_visa_debit": TestMethod("5556"),
    "pm_card_mastercard": TestMethod("4444", brand="mastercard"),
    "pm_card_amex": TestMethod("0005", brand="amex"),
    "pm_card_chargeDeclined": _declined("0002", DECLINE),
    "pm_card_chargeDeclinedInsufficientFunds": _declined("9995", Reaction.decline("insufficient_funds")),
    "pm_card_chargeDeclinedLostCard": _declined("9987", Reaction.decline("lost_card")),
    "pm_card_chargeDeclinedStolenCard": _declined("9979", Reaction.decline("stolen_card")),
    "pm_card_chargeDeclinedExpiredCard": _declined("0069", Reaction.decline("expired_card", "expired_card")),
    "pm_card_chargeDeclinedIncorrectCvc": _declined("0127", Reaction.decline("incorrect_cvc", "incorrect_cvc")),
    "pm_card_chargeDeclinedProcessingError": _declined(
        "0119", Reaction.decline("processing_error", "processing_error")
    ),
    "pm_card_chargeDeclinedVelocityLimitExceeded": _declined("6975", Reaction.decline("card_velocity_exceeded")),
    "pm_card_chargeCustomerFail": TestMethod("0341", charged=DECLINE, later=DECLINE),
    "pm_card_authenticationRequired": TestMethod("3184", AUTHENTICATE, AUTHENTICATE, AUTHENTICATE),
    "pm_card_authenticationRequiredOnSetup": TestMethod("3155", AUTHENTICATE, AUTHENTICATE, SUCCEED),
    "pm_card_authenticationRequiredSetupForOffSession": TestMethod("0446", AUTHENTICATE, SUCCEED, SUCCEED),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": TestMethod(
        "3178", AUTHENTICATE_THEN_DECLINE, AUTHENTICATE, AUTHENTICATE_THEN_DECLINE
    ),
    "pm_card_refundFail": TestMethod("5126", refunds="failed"),
    "pm_card_pendingRefund": TestMethod("7726", refunds="pending"),
    "pm_success_at": _debited("3201", SETTLE_LATER, 1),
    "pm_successDelayed_at": _debited("3201", SETTLE_LATER, DELAY),
    "pm_failed_at": _debited("3202", FAIL_LATER, 1),
    "pm_failedDelayed_at": _debited("3202", FAIL_LATER, DELAY),
    "pm_ideal": TestMethod("", brand="", kind="ideal"),
}
"""By Stripe's names of them, of which iDEAL has none: its customers choose it on a page."""


def reaction_of(method: dict[str, Any], *, off_session: bool) -> Reaction:
    """Return the reaction of a stored payment method to a charge."""
    changed = method["_reaction"]
    if changed is not None:
        return Reaction(*changed)
    test_method = TEST_METHODS[method["_token"]]
    return test_method.later if off_session else test_method.charged
