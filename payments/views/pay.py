"""Page on which an order is paid."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from foundation import clock
from payments.errors import OrderFinished
from payments.models import Order
from payments.orders import void
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_safe
def pay(request: SubscriberRequest, order_id: int) -> HttpResponse:
    """Say what is to be paid, where, and under which reference; of a finished order what became of it."""
    context = {"order": _own(request, order_id), "instructions": settings.PAYMENT_INSTRUCTIONS}
    return render(request, "payments/pay.html", context)


@login_required
@require_POST
def void_order(request: SubscriberRequest, order_id: int) -> HttpResponse:
    """Let the subscriber withdraw an order that is not paid. A second click finds it done."""
    order = _own(request, order_id)
    try:
        void(order, clock.now())
    except OrderFinished:
        messages.info(request, _("This order is paid already."))
        return redirect("pay", order.pk)
    messages.success(request, _("You have withdrawn the order. Nothing is to be paid."))
    return redirect("payments")


def _own(request: SubscriberRequest, order_id: int) -> Order:
    return get_object_or_404(Order.objects.select_related("plan"), pk=order_id, user=request.user)
