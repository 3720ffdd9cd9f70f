"""Page on which a subscriber withdraws from a contract."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation import clock, money
from payments.errors import WithdrawalOver
from payments.models import Payment
from payments.refunds.withdrawal import returned_amount, stays_until, withdraw
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request: SubscriberRequest, payment_id: int) -> HttpResponse:
    """Say what ends and what is given back, and do it. A second click finds it done."""
    own = Payment.objects.filter(order__user=request.user).select_related("order__plan", "event__subscription")
    payment, now = get_object_or_404(own, pk=payment_id), clock.now()
    if request.method == "POST":
        return _withdrawn(request, payment)
    amount = money.formatted(returned_amount(payment, now), payment.currency)
    until, stays = payment.withdrawal_until(now), stays_until(payment, now)
    context = {"payment": payment, "until": until, "amount": amount, "stays_until": stays}
    return render(request, "payments/withdraw.html", context)


def _withdrawn(request: SubscriberRequest, payment: Payment) -> HttpResponse:
    try:
        withdraw(payment, clock.now())
    except WithdrawalOver:
        messages.error(request, _("You can no longer withdraw from this contract. You can cancel the subscription."))
    else:
        messages.success(request, _("You have withdrawn from the contract. The money is on its way back to you."))
    return redirect("receipt", payment.pk)
