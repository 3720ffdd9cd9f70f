"""Page of an order: price and consent beside the button that obliges to pay."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from foundation import clock
from payments.forms import ConsentForm
from payments.models import Order
from payments.orders.grace import ends_access
from payments.renewal.agreements import charge_after


def bound_form(request: HttpRequest, order: Order) -> ConsentForm:
    """Return the form, with what was ticked if the button was pressed."""
    return ConsentForm(order, request.POST if request.method == "POST" else None)


def asked(request: HttpRequest, order: Order, form: ConsentForm, status: HTTPStatus | None = None) -> HttpResponse:
    """Render the page, with status 400 for a form that was not filled in, or with the status given."""
    status = status or (HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK)
    context = {
        "order": order,
        "form": form,
        "further": charge_after(order, clock.now()) if form.renews_already else "",
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
        "ends_access": ends_access(order, clock.now()),
    }
    return render(request, "payments/order.html", context, status=status)
