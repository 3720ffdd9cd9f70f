"""Surplus in the admin: the list of what waits for a decision, and its settlement by an operator."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation import clock
from payments.errors import NothingToSettle
from payments.models import Payment
from payments.models.payment import PaymentQuerySet
from payments.received_money.surplus import settle_surplus
from subscriptions.admin.reasons import ReasonForm, ask_reason, log_deed, operator_of, require_permission

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PERMISSION = "payments.settle_surplus"
WAITING = "waiting"
"""Parameter of the list that the dashboard links to."""


class WaitingFilter(admin.SimpleListFilter):
    """Filter by surplus that is neither refunded nor settled."""

    title = gettext_lazy("decision")
    parameter_name = WAITING

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [("1", gettext_lazy("surplus that waits for one"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return cast(PaymentQuerySet, queryset).kept_surplus() if self.value() == "1" else queryset


def settle(site: "ModelAdmin[Payment]", request: HttpRequest, payment_id: int) -> HttpResponse:
    """Ask for a reason, and record that the surplus is settled."""
    require_permission(request, PERMISSION)
    payment = get_object_or_404(Payment.objects.select_related("order__user"), pk=payment_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
        return ask_reason(site, request, form, _words(payment), status=status)
    try:
        made = settle_surplus(payment, form.cleaned_data["reason"], now=clock.now(), actor=operator_of(request))
    except NothingToSettle as error:  # somebody was faster
        messages.error(request, f"{error}.")
    else:
        messages.success(request, _("The surplus is settled. It raises no alarm any more."))
        log_deed(request, Payment, payment.pk, f"surplus settled: {made.reason}")
    return HttpResponseRedirect(reverse("admin:payments_payment_change", args=[payment.pk]))


def _words(payment: Payment) -> dict[str, str]:
    user = str(payment.order.user) if payment.order else "-"
    text = _(
        "%(user)s has paid %(amount)s %(currency)s, and no order waits for it. If you do not refund it, give days to "
        "the subscription first, or settle it otherwise, and say here how. Nothing is given or refunded by this page."
    )
    words = {"user": user, "amount": payment.amount_text, "currency": payment.currency}
    return {"title": _("Settle payment %(number)s") % {"number": payment.pk}, "explanation": text % words}
