"""Plans edited, withdrawn or deleted during a subscription or renewal."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.urls import reverse

from subscriptions.errors import ChangedMeanwhile, PlanNotOnSale, UnknownPlan
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.locks import wait_until_blocked
from tests.support.patience import PATIENCE_SECONDS
from tests.support.staff import sign_in

YEAR = MONTH / 30 * 365
Sale = Callable[..., Subscription]
SALES = ["creation", "renewal"]


def sale_of(plan: Plan, kind: str) -> Sale:
    """Prepare the creation or renewal of a subscription to the plan."""
    user = make_user()
    if kind == "creation":
        return partial(Service.create_subscription, user, plan, now=NOW)
    return partial(Service.renew_subscription, Service.create_subscription(user, plan, now=NOW - MONTH), now=NOW)


def make_dear_and_long(plan: Plan) -> None:
    """Edit the plan as an operator does."""
    Plan.objects.filter(pk=plan.pk).update(price=Decimal("99.00"), currency="CHF", duration_days=365)


def sold(subscription: Subscription) -> tuple[object, ...]:
    """Return the length of the last period and its recorded price."""
    event = SubscriptionEvent.objects.filter(subscription=subscription).latest("pk")
    return subscription.end_date - NOW, event.price, event.currency


class InThread:
    """Thread with a separate database connection."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error
        finally:
            connection.close()

    def finish(self) -> None:
        """Wait for its end and raise its error."""
        self._thread.join(timeout=PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        if self._error:
            raise self._error


@contextmanager
def once_saved(interrupt: Callable[[], None]) -> Iterator[None]:
    """Interrupt a transition between the updates of subscription and event."""

    def receive(**kwargs: object) -> None:
        interrupt()

    post_save.connect(receive, sender=Subscription)
    try:
        yield
    finally:
        post_save.disconnect(receive, sender=Subscription)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", SALES)
def test_price_that_was_read_is_recorded(kind: str) -> None:
    plan = make_plan()
    sale = sale_of(plan, kind)
    with once_saved(partial(make_dear_and_long, plan)):
        assert sold(sale()) == (MONTH, Decimal("9.90"), "EUR")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize("kind", SALES)
def test_edit_waits_for_a_sale(kind: str) -> None:
    plan = make_plan()
    sale = sale_of(plan, kind)
    edits: list[InThread] = []

    def edit_and_wait() -> None:
        edits.append(InThread(partial(make_dear_and_long, plan)))
        wait_until_blocked()

    with once_saved(edit_and_wait):
        subscription = sale()
    edits[0].finish()
    assert sold(subscription) == (MONTH, Decimal("9.90"), "EUR")
    plan.refresh_from_db()
    assert plan.price == Decimal("99.00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize("kind", SALES)
def test_sale_waits_for_an_edit_and_sells_the_new_version(kind: str) -> None:
    plan = make_plan()
    sale = sale_of(plan, kind)
    with transaction.atomic():
        make_dear_and_long(plan)
        selling = InThread(sale)
        wait_until_blocked()
    selling.finish()
    assert sold(Subscription.objects.get()) == (YEAR, Decimal("99.00"), "CHF")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_sales_of_one_plan_do_not_wait_for_each_other() -> None:
    plan = make_plan()
    first, second = sale_of(plan, "creation"), sale_of(plan, "renewal")
    with once_saved(lambda: None), transaction.atomic():
        first()
        InThread(second).finish()
    assert SubscriptionEvent.objects.filter(transition="renewed").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_plan_taken_off_sale_meanwhile_is_not_sold() -> None:
    plan = make_plan()
    sale = sale_of(plan, "creation")
    with transaction.atomic():
        Plan.objects.filter(pk=plan.pk).update(on_sale=False)
        selling = InThread(sale)
        wait_until_blocked()
    with pytest.raises(PlanNotOnSale):
        selling.finish()
    assert not Subscription.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
@pytest.mark.parametrize("kind", SALES)
def test_terms_are_compared_after_the_wait_for_an_edit(kind: str) -> None:
    plan = make_plan()
    sale = partial(sale_of(plan, kind), shown=Terms.of(plan=plan))
    with transaction.atomic():
        make_dear_and_long(plan)
        selling = InThread(sale)
        wait_until_blocked()
    with pytest.raises(ChangedMeanwhile) as refusal:
        selling.finish()
    assert refusal.value.present == {"price": Decimal("99.00"), "currency": "CHF", "duration_days": 365}
    assert not Subscription.objects.filter(end_date__gt=NOW).exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_renewals_that_saw_one_end_add_one_period() -> None:
    made = Service.create_subscription(make_user(), make_plan(), now=NOW)
    shown = Terms.of_end(made)

    def renew(number: int) -> bool:
        try:
            Service.renew_subscription(Subscription.objects.get(pk=made.pk), now=NOW, shown=shown)
        except ChangedMeanwhile:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(renew, range(6))) == 1
    made.refresh_from_db()
    assert made.end_date == NOW + 2 * MONTH


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_plan_deleted_meanwhile_is_unknown() -> None:
    plan = make_plan()
    sale = sale_of(plan, "creation")
    with transaction.atomic():
        Plan.objects.filter(pk=plan.pk).delete()
        selling = InThread(sale)
        wait_until_blocked()
    with pytest.raises(UnknownPlan):
        selling.finish()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_deletion_in_the_admin_that_waited_for_a_sale_is_refused() -> None:
    plan = make_plan()
    operator = sign_in(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:subscriptions_plan_delete", args=[plan.pk])
    statuses: list[int] = []
    with transaction.atomic():
        sale_of(plan, "creation")()
        deletion = InThread(lambda: statuses.append(operator.post(address, {"post": "yes"}).status_code))
        wait_until_blocked()
    deletion.finish()
    assert statuses == [403]
    assert Plan.objects.count() == 1
