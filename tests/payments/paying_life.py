"""Life of a paying subscriber at the local provider: bought, declined, refunded, disputed, written about."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from foundation import clock
from foundation.email_addresses import address_of
from infra.local_provider.provider import LocalProvider
from notifications.outbox.delivery import Delivery
from payments.jobs import process_payments
from payments.models import Order, Payment, PaymentMethod
from payments.orders.opening import open_first
from subscriptions.announcements import unlimited
from subscriptions.terms import UNSEEN
from tests.infra.local_provider.conftest import visit
from tests.payments.providers.houses import StripeHouse, deliver
from tests.support.factories import make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context
from tests.support.staff import make_staff, sign_in

AGREED = {"begins_at_once": "on", "terms": "on", "renews": "on"}


class Unhurried(Context):
    """Context of an invocation that has just begun."""

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass(frozen=True)
class PayingLife:
    """Subscriber with a period of a day, so that the job finds a renewal to charge at once."""

    house: StripeHouse
    user: User
    names: str
    """What others call the subscriber in free text."""

    def live(self) -> None:
        """Go through all that brings rows, messages, mails and log lines about the subscriber's money."""
        self.buy()
        self.be_declined()
        self.be_refunded()
        self.dispute()
        self.declare()
        self.job()

    def buy(self, *, renews: bool = True) -> None:
        """Pay on the provider's page at the second try, and save the card if it `renews`."""
        order = open_first(self.user, make_plan(duration_days=1), clock.now(), UNSEEN)
        browser = sign_in(self.user)
        agreed = AGREED if renews else AGREED | {"renews": ""}
        page = browser.post(reverse("pay", args=[order.pk]), agreed)["Location"]
        assert visit(page, action="decline").status == 402
        assert visit(page, action="pay").status == 303
        browser.get(reverse("pay_return", args=[order.pk]))
        self.hear()

    def fail_to_buy(self, **tried: str) -> None:
        """Agree to renewals, try to pay in this way, which fails, and leave the page."""
        order = open_first(self.user, make_plan(duration_days=1), clock.now(), UNSEEN)
        visit(self._page_of(order), **{"action": "pay"} | tried)
        self.control("settle")

    def fail_to_save_a_card(self) -> None:
        """Have a card declined that is to be saved for later charges, and leave the page, which expires."""
        page = sign_in(self.user).post(reverse("replace_payment_method"))["Location"]
        visit(page, action="decline")
        self.house.local.clock.advance(timedelta(days=1))
        self.control("settle")

    def pay(self, order: Order) -> None:
        """Pay the order by a card that may be charged for renewals."""
        assert visit(self._page_of(order), action="pay").status == 303
        self.hear()

    def _page_of(self, order: Order) -> str:
        address: str = sign_in(self.user).post(reverse("pay", args=[order.pk]), AGREED)["Location"]
        return address

    def be_declined(self) -> None:
        """Have the next charge of the saved card declined."""
        method = PaymentMethod.objects.get(user=self.user)
        self.control(f"methods/{method.token}", code="card_declined", decline_code="insufficient_funds")
        self.job()
        Order.objects.unfinished().update(due_at=clock.now())  # the first tries are spread over a day
        self.job()
        assert Order.objects.filter(user=self.user, tries__code="insufficient_funds").exists()

    def be_refunded(self) -> None:
        """Have staff give a part of the first payment back, for a reason that names the subscriber."""
        staff = sign_in(make_staff("payments.view_payment", "payments.add_refund"))
        form = {"amount": "4.00", "reason": f"{self.names} wrote"}
        address = reverse("admin:refund_payment", args=[self.first_payment().pk])
        assert staff.post(address, form).status_code == 302
        self.job()
        assert Payment.objects.filter(kind="refund").exists()

    def dispute(self) -> None:
        """Have the bank reclaim what is left, and win."""
        opened = self.control("disputes", payment_intent=self.first_payment().transaction_id, reason="fraudulent")
        self.control(f"disputes/{opened['id']}", status="lost")
        self.hear()
        assert Payment.objects.filter(kind="dispute").exists()

    def declare(self) -> None:
        """Have strangers declare a cancellation on the public page, and read the page that follows.

        The last one names another user, with words about the subscriber.
        """
        other = make_user().get_username()
        words = {"contract": f"of {self.names}", "wish": f"at once, says {self.names}"}
        for named in (self.user.get_username(), address_of(self.user), other):
            stranger = Client()
            answer = stranger.post(reverse("cancel_contract"), {"named": named} | words)
            assert named in stranger.get(answer["Location"]).content.decode()

    def job(self) -> None:
        """Run the job of payments, bring what the provider tells of it, and send what waits."""
        process_payments(dict(SCHEDULED), Unhurried())
        self.hear()

    def hear(self) -> None:
        """Receive the provider's webhooks, and send mails and events."""
        assert {deliver(self.house, each) for each in self.house.deliveries()} == {200}
        Delivery(unlimited).run()

    def first_payment(self) -> Payment:
        """Return the payment of the page."""
        return Payment.objects.filter(kind="payment").earliest("pk")

    def control(self, name: str, **members: Any) -> Any:
        """Play the bank."""
        return control(self.house.local, name, **members)


def control(local: LocalProvider, name: str, **members: Any) -> Any:
    """Send a control request, and return its answer."""
    address = f"{local.url}/_control/{name}"
    with urllib.request.urlopen(address, json.dumps(members).encode(), timeout=30) as answer:  # noqa: S310 - http
        return json.load(answer)
