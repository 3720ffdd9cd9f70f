"""Subscriber who orders, pays and withdraws on the pages of the site and of the provider."""

from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from infra.local import demo
from infra.local.payments_demo.browser import Browser
from infra.local.payments_demo.page import Page
from payments.models import Order, Payment
from subscriptions.models import Plan

CONSENT = {"renews": "on", "terms": "on", "begins_at_once": "on"}
LOST = 504
"""Status of the provider's page when its answer is lost, as that of a gateway."""
DECLINED = 402


@dataclass(frozen=True)
class PayingSubscriber:
    """Subscriber with a browser, on the site at this address."""

    user: AbstractUser
    site_url: str
    browser: Browser = field(default_factory=Browser)

    def sign_in(self) -> None:
        """Sign in with the password of the demo accounts."""
        page = self.browser.open(self._address("login"))
        self.browser.press(page, "Sign in", {"username": self.user.get_username(), "password": demo.PASSWORD})

    def order(self, plan: Plan) -> Page:
        """Order the plan, agree to its renewal, and return the provider's page."""
        page = self.browser.open(self._address("subscribe", plan.pk))
        page = self.browser.press(page, "Continue to the order")
        return self.browser.press(page, "Order with obligation to pay", CONSENT)

    def pay_after_a_decline(self, plan: Plan) -> Payment:
        """Pay with a card that is declined, then with another. Return the payment."""
        page = self.browser.press(self.order(plan), "Decline", status=DECLINED)
        self.browser.press(page, "Pay")
        return Payment.objects.get(order__user=self.user.pk, order__plan=plan)

    def pay_without_an_answer(self, plan: Plan) -> Order:
        """Pay on a page that never leads back, and whose first message is lost. Return the order."""
        self.browser.press(self.order(plan), "Lose the answer", status=LOST)
        return Order.objects.get(user=self.user.pk, plan=plan)

    def save_card(self, card: str) -> None:
        """Let renewals be charged to this card, by its name at the provider."""
        page = self.browser.open(self._address("payment_method"))
        button = "Save a card" if page.form_with("Save a card") else "Use another card"
        self.browser.press(self.browser.press(page, button), "Save card", {"card": card})

    def withdraw(self, payment: Payment) -> None:
        """Withdraw from the contract, so that the money goes back."""
        page = self.browser.open(self._address("withdraw", payment.pk))
        self.browser.press(page, "Withdraw from contract")

    def _address(self, name: str, *args: object) -> str:
        return f"{self.site_url}{reverse(name, args=args)}"
