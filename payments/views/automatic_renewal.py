"""Page on which the automatic renewal of a subscription is turned on, beside its terms, and off."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation import clock
from payments.errors import NotRenewable
from payments.forms import AutomaticRenewalForm
from payments.methods.saved_methods import method_of
from payments.models import Renewal
from payments.orders.grace import money_on_its_way
from payments.providers import registry
from payments.renewal.automatic_renewal import may_be_turned_on, price_of, renewal_of, turn_off, turn_on
from payments.views.provider_pages import may_lead_to
from subscriptions.models import Subscription
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def automatic_renewal(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """GET says what is charged, when and to what; POST turns it off, or on at the price shown."""
    owned = Subscription.objects.select_related("plan", "next_plan", "user").filter(user=request.user)
    subscription = get_object_or_404(owned, pk=subscription_id)
    renewal = renewal_of(subscription)
    is_on = renewal is not None and renewal.is_on
    if is_on and request.method != "POST":
        return _page(request, subscription)
    if renewal and renewal.auto_renew and "off" in request.POST:
        turn_off(renewal, clock.now())
        messages.success(request, _("%(plan)s does not renew automatically any more.") % _plan(subscription))
    if is_on or "off" in request.POST:  # a second click finds what it wants
        return redirect("subscription", subscription.pk)
    return _turn_on(request, subscription, renewal)


def _turn_on(request: SubscriberRequest, subscription: Subscription, renewal: Renewal | None) -> HttpResponse:
    if registry.current() is None or not may_be_turned_on(subscription, clock.now()):
        raise Http404("no charge renews this subscription")
    form = AutomaticRenewalForm(price_of(subscription, renewal), request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _page(request, subscription, form)
    if not form.is_valid():
        return _page(request, subscription, form, HTTPStatus.BAD_REQUEST)
    try:
        turn_on(subscription, form.price(), settings.TERMS_VERSION, clock.now())
    except NotRenewable:
        again = AutomaticRenewalForm(price_of(subscription, renewal_of(subscription)))
        return _page(request, subscription, again, HTTPStatus.CONFLICT)
    messages.success(request, _("%(plan)s renews automatically.") % _plan(subscription))
    return redirect("subscription", subscription.pk)


def _page(
    request: SubscriberRequest,
    subscription: Subscription,
    form: AutomaticRenewalForm | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """Render the page. Without a saved method its form leads off the site, to the provider's page."""
    renewal = renewal_of(subscription)
    on_its_way = bool(money_on_its_way([subscription.pk]))
    context = {
        "subscription": subscription,
        "price": price_of(subscription, renewal),
        "plan": renewal.plan_of(subscription) if renewal else subscription.renewal_plan,
        "method": method_of(request.user),
        "is_agreed": renewal is not None and renewal.auto_renew,
        "form": form,
        "money_on_its_way": on_its_way,
        "ends_access": subscription.is_late(clock.now()) and not on_its_way,
        "changed": status == HTTPStatus.CONFLICT,
    }
    page = render(request, "payments/automatic_renewal.html", context, status=status)
    provider = registry.current()
    return may_lead_to(page, provider, request) if provider else page


def _plan(subscription: Subscription) -> dict[str, str]:
    return {"plan": subscription.plan.name}
