"""Admin of orders, in which staff record what arrived and void what nobody is to pay any more."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from foundation import clock
from foundation.admin import ChoiceFilter, SubscriberHistoryAdmin
from payments.admin.explanation import explain_order
from payments.errors import OrderFinished
from payments.forms import PaymentForm
from payments.models import Order
from payments.orders.grace import ends_access
from payments.orders.opening import withdraw
from payments.received_money.recording import record_payment
from subscriptions.admin.reasons import operator_of, require_permission

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TEMPLATE = "admin/payments/order/confirm.html"


@admin.register(Order)
class OrderAdmin(SubscriberHistoryAdmin):
    """Read-only; what happens to an order has pages of its own."""

    list_display = ["id", "reference", "user", "plan", "kind", "money", "state", "opened_at"]
    list_filter = [("state", ChoiceFilter), ("kind", ChoiceFilter)]
    list_select_related = ["user", "plan"]
    fields = readonly_fields = (
        "reference",
        "user",
        "plan",
        "subscription",
        "kind",
        "money",
        "state",
        "period_start",
        "opened_at",
        "finished_at",
        "next_steps",
    )
    user_path = "user"
    subscription_path = "subscription"

    @admin.display(description=_("amount"))
    def money(self, order: Order) -> str:
        return f"{order.amount_text} {order.currency}"

    @admin.display(description=_("what can be done"))
    def next_steps(self, order: Order) -> str:
        """Return links to the pages that record a payment and void the order."""
        record = reverse("admin:record_payment", args=[order.pk])
        if not order.is_open:
            return format_html('<a href="{}">{}</a>', record, _("Record another payment, as a surplus"))
        texts = {"record": record, "payment": _("Record a payment"), "void": _("Void the order")}
        away = reverse("admin:void_order", args=[order.pk])
        return format_html('<a href="{record}">{payment}</a> · <a href="{away}">{void}</a>', away=away, **texts)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the order with the explanation of what became of it."""
        order = self.get_object(request, object_id)
        explained = {"explanation": explain_order(order)} if order and self.has_view_permission(request, order) else {}
        return super().change_view(request, object_id, form_url, explained | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        """Return our URLs first: Django's last one matches every path."""
        return [
            path("<int:order_id>/record/", self.admin_site.admin_view(self.record_payment), name="record_payment"),
            path("<int:order_id>/void/", self.admin_site.admin_view(self.void_order), name="void_order"),
            *super().get_urls(),
        ]

    def record_payment(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask for the transfer as the bank shows it, and record it."""
        order = self._order(request, order_id, "payments.record_payment")
        form = PaymentForm(order, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._page(request, order, form, _("Record a payment for %(order)s"))
        payment = record_payment(order, form.money(), now=clock.now(), recorded_by=operator_of(request))
        if payment.surplus:
            messages.warning(request, _("The payment is recorded as a surplus: no period was given for it."))
        else:
            messages.success(request, _("The payment is recorded, and the period is given."))
        return _back_to(order)

    def void_order(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Ask, and void the order. One that was paid meanwhile stays as it is."""
        order = self._order(request, order_id, "payments.void_order")
        if request.method != "POST":
            return self._page(request, order, None, _("Void %(order)s"))
        try:
            ends_renewal = withdraw(order, clock.now(), operator_of(request))
            messages.success(request, _("The order is void."))
            if ends_renewal:
                text = _("%(plan)s does not renew automatically any more.")
                messages.info(request, text % {"plan": order.plan.name})
        except OrderFinished as error:
            messages.error(request, str(error))
        return _back_to(order)

    def _order(self, request: HttpRequest, order_id: int, permission: str) -> Order:
        require_permission(request, permission)
        return get_object_or_404(Order.objects.select_related("user", "plan", "subscription"), pk=order_id)

    def _page(self, request: HttpRequest, order: Order, form: forms.Form | None, title: "StrOrPromise") -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title % {"order": order.transfer_reference},
            "opts": Order._meta,
            "order": order,
            "form": form,
            "ends_access": form is None and ends_access(order, clock.now()),
        }
        invalid = form is not None and form.is_bound
        return TemplateResponse(request, TEMPLATE, context, status=HTTPStatus.BAD_REQUEST if invalid else None)


def _back_to(order: Order) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:payments_order_change", args=[order.pk]))
