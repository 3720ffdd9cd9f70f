"""Pages of the user's own orders and payments."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import clock
from payments.models import Order, Payment
from subscriptions.views.subscriber import SubscriberRequest

ORDERS_ON_A_PAGE = 20


@never_cache
@login_required
@require_safe
def payments(request: SubscriberRequest) -> HttpResponse:
    """List the user's orders with their payments, newest first."""
    orders = Order.objects.filter(user=request.user).select_related("plan").prefetch_related("payments")
    page = Paginator(orders.order_by("-pk"), ORDERS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "payments/payments.html", {"page": page})


@never_cache
@login_required
@require_safe
def receipt(request: SubscriberRequest, payment_id: int) -> HttpResponse:
    """Show a payment, for the screen and for paper."""
    paid = Payment.objects.filter(kind=Payment.Kind.PAYMENT)
    shown = paid.select_related("order__plan", "event__subscription", "settlement")
    payment = get_object_or_404(shown, pk=payment_id, order__user=request.user)
    context = {"payment": payment, "withdrawal_until": payment.withdrawal_until(clock.now())}
    return render(request, "payments/receipt.html", context)
