"""Page on which an order is paid: by transfer, or through the provider's page."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from foundation import clock
from payments import hosted_page
from payments.errors import OrderFinished
from payments.hosted_page import MoneyOnItsWay
from payments.models import Order
from payments.orders.consents import store_consent
from payments.orders.opening import withdraw
from payments.providers import registry
from payments.received_money.transfers import waits_for_consent
from payments.views import hosted
from payments.views.ordering import asked, bound_form
from payments.views.owned import own_order
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def pay(request: SubscriberRequest, order_id: int) -> HttpResponse:
    """Ask for consent, then say how to pay; of a finished order what became of it.

    POST stores the consent, and leads to the provider's page or to the account to transfer to.
    """
    order = own_order(request, order_id)
    provider = registry.current()
    if order.may_be_paid:
        if provider is not None:
            return hosted.order_page(request, order, provider)
        if waits_for_consent(order):
            return _order_by_transfer(request, order)
    return render(request, "payments/pay.html", {"order": order, "instructions": settings.PAYMENT_INSTRUCTIONS})


@login_required
@require_POST
def void_order(request: SubscriberRequest, order_id: int) -> HttpResponse:
    """Let the subscriber withdraw an order that is not paid. A second click finds it done."""
    order = own_order(request, order_id)
    try:
        ends_renewal = _withdraw(order)
    except OrderFinished:
        order.refresh_from_db()
        paid, on_its_way = _("This order is paid already."), _("Your payment is on its way already.")
        messages.info(request, paid if order.state == Order.State.PAID else on_its_way)
        return redirect("pay", order.pk)
    messages.success(request, _("You have withdrawn the order. Nothing is to be paid."))
    if ends_renewal:
        messages.info(request, _("%(plan)s does not renew automatically any more.") % {"plan": order.plan.name})
    return redirect("payments")


def _withdraw(order: Order) -> bool:
    """Withdraw the order. Return True if automatic renewal ends with it. Raises OrderFinished, MoneyOnItsWay."""
    provider = registry.current()
    if provider is not None:
        return hosted_page.withdraw(order, provider, clock.now())
    if order.state == Order.State.PENDING:  # left by a provider that nobody can ask
        raise MoneyOnItsWay(f"money of {order} is on its way")
    return withdraw(order, clock.now())


def _order_by_transfer(request: SubscriberRequest, order: Order) -> HttpResponse:
    form = bound_form(request, order)
    if not form.is_valid():
        return asked(request, order, form)
    store_consent(order, form.consent(), clock.now())
    return redirect("pay", order.pk)
