"""Requests for every page and endpoint. Those that change data come last, one plan after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from urllib.parse import urlsplit

from accounts.links import change_url, reset_url, sign_up_url
from accounts.tokens import make_token
from benchmarks.http.clients import address, browse, call
from benchmarks.http.site import PASSWORD, Site, Visitor, open_session
from foundation import clock
from infra.lambda_local.gateway.http_messages import HttpRequest
from notifications.unsubscription import ONE_CLICK, ShortSigner
from payments.models import Order, Payment
from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment
from subscriptions.terms import UNSEEN


@dataclass(frozen=True)
class Endpoint:
    """Endpoint. `request` builds the request number `index`, from 0; the response has `status`."""

    name: str
    request: Callable[[Site, int], HttpRequest]
    status: int = 200
    is_slow: bool = False
    """True for endpoints that hash a password, which are measured only a few times."""


def _link_in_a_reminder(site: Site) -> str:
    return address("unsubscribe", ShortSigner().sign(str(site.subscriber.user.pk)))


def _link_of_a_sign_up(index: int) -> str:
    token = urlsplit(sign_up_url(f"confirmed{index}@example.com")).path.split("/")[-2]
    return address("confirm_sign_up", token)


def _link_of_a_reset(site: Site) -> str:
    *_, key, token, _end = urlsplit(reset_url(site.subscriber.user)).path.split("/")
    return address("choose_password", key, token)


def _link_of_a_change(site: Site) -> str:
    token = urlsplit(change_url(site.subscriber.user, "new@example.com")).path.split("/")[-2]
    return address("confirm_address", token)


def _order(site: Site) -> Order:
    return open_first(site.subscriber.user, site.plans[-1], clock.now(), UNSEEN)


def _withdrawal(site: Site, number: int) -> HttpRequest:
    paid = _receipt(site, number).path.rstrip("/").rpartition("/")[2]
    return browse(address("withdraw", int(paid)), site.subscriber)


def _payment(site: Site) -> Payment:
    now = clock.now()
    return record_payment(_order(site), MoneyReceived("manual", "measured", Decimal(1), "EUR", now), now=now)


def _receipt(site: Site, _: int) -> HttpRequest:
    return browse(address("receipt", _payment(site).pk), site.subscriber)


def _change_page(site: Site, _: int) -> HttpRequest:
    return browse(address("change_plan", site.held.pk, site.plans[-1].pk), site.subscriber)


def _own_page(name: str, site: Site, _: int) -> HttpRequest:
    return browse(address(name), site.subscriber)


def _admin_list(model: str) -> Callable[[Site, int], HttpRequest]:
    return lambda site, _: browse(address(f"admin:{model}_changelist"), site.operator)


READING = [
    Endpoint("health", lambda site, _: browse(address("healthz"))),
    Endpoint("readiness", lambda site, _: browse(address("readyz"))),
    Endpoint("icon", lambda site, _: browse(address("favicon")), 302),
    Endpoint("accent colour, none set", lambda site, _: browse(address("brand_stylesheet", "x")), 404),
    Endpoint("plans, nobody signed in", lambda site, _: browse(address("plans"))),
    Endpoint("sign in", lambda site, _: browse(address("login"))),
    Endpoint("sign up", lambda site, _: browse(address("sign_up"))),
    Endpoint("sign up, link of the mail", lambda site, _: browse(_link_of_a_sign_up(0))),
    Endpoint("sign up, nobody did", lambda site, _: browse(address("sign_up_sent")), 302),
    Endpoint("reset", lambda site, _: browse(address("password_reset"))),
    Endpoint("cancel contracts, no provider", lambda site, _: browse(address("cancel_contract")), 404),
    Endpoint("cancel contracts, nobody asked", lambda site, _: browse(address("cancel_contract_sent")), 302),
    Endpoint(
        "cancel contracts, forged", lambda site, _: browse(address("confirm_contract_cancellation", "forged")), 404
    ),
    Endpoint("reset, nobody asked", lambda site, _: browse(address("password_reset_sent")), 302),
    Endpoint("reset, link of the mail", lambda site, _: browse(_link_of_a_reset(site)), 302),
    Endpoint("account", lambda site, _: browse(address("account"), site.subscriber)),
    *(
        Endpoint(f"account, {name.replace('_', ' ')}", partial(_own_page, name))
        for name in (
            "address",
            "user_name",
            "change_password",
            "sessions",
            "two_factor",
            "account_language",
            "download_data",
            "delete_account",
        )
    ),
    Endpoint("sign in, no first step", lambda site, _: browse(address("second_step")), 302),
    Endpoint("account, link of the mail", lambda site, _: browse(_link_of_a_change(site))),
    Endpoint("account, tokens", lambda site, _: browse(address("api_tokens"), site.subscriber)),
    Endpoint("API's description", lambda site, _: browse(address("api_docs"))),
    Endpoint("plans", lambda site, _: browse(address("plans"), site.subscriber)),
    Endpoint("subscribe", lambda site, _: browse(address("subscribe", site.plans[-1].pk), site.subscriber)),
    Endpoint("subscriptions", lambda site, _: browse(address("subscriptions"), site.subscriber)),
    Endpoint("subscription", lambda site, _: browse(address("subscription", site.held.pk), site.subscriber)),
    Endpoint("cancel", lambda site, _: browse(address("cancel_subscription", site.held.pk), site.subscriber)),
    Endpoint(
        "automatic renewal, no provider",
        lambda site, _: browse(address("automatic_renewal", site.held.pk), site.subscriber),
        404,
    ),
    Endpoint("trial, none", lambda site, _: browse(address("trial", site.plans[-1].pk), site.subscriber), 409),
    Endpoint("renew", lambda site, _: browse(address("renew_subscription", site.held.pk), site.subscriber)),
    Endpoint("choose plan", lambda site, _: browse(address("choose_plan", site.held.pk), site.subscriber)),
    Endpoint("change plan", _change_page),
    Endpoint("subscribed", lambda site, _: browse(address("subscription_success"), site.subscriber)),
    Endpoint("cancelled", lambda site, _: browse(address("subscription_cancelled"), site.subscriber)),
    Endpoint("payments", partial(_own_page, "payments")),
    Endpoint("pay", lambda site, _: browse(address("pay", _order(site).pk), site.subscriber)),
    Endpoint("payment method", partial(_own_page, "payment_method")),
    Endpoint("return from paying", lambda site, _: browse(address("pay_return", _order(site).pk), site.subscriber)),
    Endpoint("receipt", _receipt),
    Endpoint("withdraw", _withdrawal),
    Endpoint("webhook, no provider", lambda site, _: browse(address("webhook", "stripe")), 404),
    Endpoint("preferences", lambda site, _: browse(address("notification_preferences"), site.subscriber)),
    Endpoint("link in a reminder", lambda site, _: browse(_link_in_a_reminder(site))),
    Endpoint("admin", lambda site, _: browse(address("admin:index"), site.operator)),
    Endpoint("dashboard", lambda site, _: browse(address("admin:dashboard"), site.operator)),
    Endpoint("admin, subscriptions", _admin_list("subscriptions_subscription")),
    Endpoint("admin, events", _admin_list("subscriptions_subscriptionevent")),
    Endpoint("admin, sweeps", _admin_list("subscriptions_sweeprun")),
    Endpoint("admin, notifications", _admin_list("notifications_notification")),
    Endpoint("admin, feedback", _admin_list("notifications_feedback")),
    Endpoint("admin, users", _admin_list("accounts_user")),
    Endpoint(
        "admin, subscription",
        lambda site, _: browse(address("admin:subscriptions_subscription_change", site.held.pk), site.operator),
    ),
    Endpoint(
        "admin, access",
        lambda site, _: browse(address("admin:explain_access", site.subscriber.user.pk), site.operator),
    ),
    Endpoint("API plans", lambda site, _: call(address("api_plans"), site.subscriber)),
    Endpoint("API all plans", lambda site, _: call(address("api_managed_plans"), site.operator)),
    Endpoint("API plan", lambda site, _: call(address("api_plan", site.plans[0].pk), site.subscriber)),
    Endpoint("API subscriptions", lambda site, _: call(address("api_subscriptions"), site.subscriber)),
    Endpoint("API subscription", lambda site, _: call(address("api_subscription", site.held.pk), site.subscriber)),
    Endpoint("API events", lambda site, _: call(address("api_events"), site.operator)),
    Endpoint("API orders", lambda site, _: call(address("api_orders"), site.subscriber)),
    Endpoint("API order", lambda site, _: call(address("api_order", _order(site).pk), site.subscriber)),
    Endpoint("API payments", lambda site, _: call(address("api_payments"), site.subscriber)),
    Endpoint("API payment", lambda site, _: call(address("api_payment", _payment(site).pk), site.subscriber)),
    Endpoint("API me", lambda site, _: call(address("api_me"), site.subscriber)),
    Endpoint("API user", lambda site, _: call(address("api_user", site.subscriber.user.pk), site.operator)),
    Endpoint("API access", lambda site, _: call(address("api_access", site.subscriber.user.pk), site.operator)),
    Endpoint("API notifications", lambda site, _: call(address("api_notifications"), site.subscriber)),
    Endpoint("API preferences", lambda site, _: call(address("api_notification_preferences"), site.subscriber)),
]
"""Endpoints that can be requested any number of times."""


def _subscribe(site: Site, index: int) -> HttpRequest:
    return browse(address("subscribe", site.sold[index].pk), site.subscriber, {})


def _cancel(site: Site, index: int) -> HttpRequest:
    held = site.subscription(site.subscriber, index)
    return browse(address("cancel_subscription", held.pk), site.subscriber, {"reason": "too expensive"})


def _reactivate(site: Site, index: int) -> HttpRequest:
    held = site.subscription(site.subscriber, index)
    return browse(address("reactivate_subscription", held.pk), site.subscriber, {})


def _renew(site: Site, index: int) -> HttpRequest:
    held = site.subscription(site.subscriber, index)
    form = {"end_date": held.end_date.isoformat()}
    return browse(address("renew_subscription", held.pk), site.subscriber, form)


def _api_subscribe(site: Site, index: int) -> HttpRequest:
    return call(address("api_subscriptions"), site.program, {"plan": site.sold[index].pk})


def _api_change(name: str) -> Callable[[Site, int], HttpRequest]:
    return lambda site, index: call(address(name, site.subscription(site.program, index).pk), site.program, {})


def _plan_change(site: Site, index: int) -> HttpRequest:
    held = site.subscription(site.program, index)
    return call(address("api_change_plan", held.pk), site.program, {"plan": site.plans[-1].pk})


def _give_days(site: Site, _: int) -> HttpRequest:
    wish = {"days": 1, "reason": "measured"}
    return call(address("api_give_days", site.held.pk), site.operator, wish)


def _api_order(site: Site, index: int) -> HttpRequest:
    return call(address("api_orders"), site.program, {"plan": site.sold[index].pk})


def _api_refund(site: Site, _: int) -> HttpRequest:
    wish = {"amount": "10.00", "reason": "measured"}  # more than was paid
    return call(address("api_refund", _payment(site).pk), site.operator, wish)


def _void_order(site: Site, _: int) -> HttpRequest:
    return browse(address("void_order", _order(site).pk), site.subscriber, {})


def _save_preferences(site: Site, _: int) -> HttpRequest:
    return browse(address("notification_preferences"), site.subscriber, {"reminders": "on"})


def _unsubscribe(site: Site, _: int) -> HttpRequest:
    return browse(_link_in_a_reminder(site), form=dict(ONE_CLICK))


def _api_save_preferences(site: Site, _: int) -> HttpRequest:
    return call(address("api_notification_preferences"), site.program, {"reminders": False}, "PUT")


def _choose_language(site: Site, _: int) -> HttpRequest:
    return browse(address("set_language"), form={"language": "de", "next": "/dev/"})


def _sign_out(site: Site, _: int) -> HttpRequest:
    return browse(address("logout"), Visitor(site.subscriber.user, open_session(site.subscriber.user)), {})


def _sign_up(site: Site, index: int) -> HttpRequest:
    name = f"newcomer{index}"
    form = {"username": name, "email": f"{name}@example.com", "password1": PASSWORD, "password2": PASSWORD}
    return browse(address("sign_up"), form=form)


def _confirm_sign_up(_: Site, index: int) -> HttpRequest:
    form = {"username": f"confirmed{index}", "password1": PASSWORD, "password2": PASSWORD}
    return browse(_link_of_a_sign_up(index), form=form)


def _address(index: int) -> dict[str, str]:
    return {"email": f"forgetful{index}@example.com"}


def _revoke_token(site: Site, _: int) -> HttpRequest:
    user = site.subscriber.user
    made, _secret = make_token(user, days=1, personal=True)
    return browse(address("revoke_api_token", made.pk), site.subscriber, {})


def _sign_in(site: Site, _: int) -> HttpRequest:
    return browse(address("login"), form={"username": site.subscriber.user.get_username(), "password": PASSWORD})


CHANGING = [
    Endpoint("POST subscribe", _subscribe, 302),
    Endpoint("POST cancel", _cancel, 302),
    Endpoint("POST reactivate", _reactivate, 302),
    Endpoint("POST renew", _renew, 302),
    Endpoint("API POST subscribe", _api_subscribe, 201),
    Endpoint("API POST cancel", _api_change("api_cancel")),
    Endpoint("API POST reactivate", _api_change("api_reactivate")),
    Endpoint("API POST renew", _api_change("api_renew")),
    Endpoint("API POST change plan", _plan_change),
    Endpoint("API POST days", _give_days),
    Endpoint("API POST order, nothing due", _api_order, 409),
    Endpoint("API POST refund, nothing left", _api_refund, 409),
    Endpoint("POST void order", _void_order, 302),
    Endpoint("new card, none entered", partial(_own_page, "payment_method_return"), 302),
    Endpoint("POST new card", lambda site, _: browse(address("replace_payment_method"), site.subscriber, {}), 302),
    Endpoint("POST remove card", lambda site, _: browse(address("remove_payment_method"), site.subscriber, {}), 302),
    Endpoint("POST renewal, unknown", lambda site, _: browse(address("auto_renew", 1), site.subscriber, {}), 404),
    Endpoint("POST address works", lambda site, _: browse(address("address_works"), site.subscriber, {}), 302),
    Endpoint("POST preferences", _save_preferences, 302),
    Endpoint("POST link in a reminder", _unsubscribe),
    Endpoint("API PUT preferences", _api_save_preferences),
    Endpoint("POST language", _choose_language, 302),
    Endpoint("POST sign out", _sign_out, 302),
    Endpoint("POST sign in", _sign_in, 302, is_slow=True),
    Endpoint("POST sign up", _sign_up, 302, is_slow=True),
    Endpoint("POST sign up, link of the mail", _confirm_sign_up, 302, is_slow=True),
    Endpoint("POST reset", lambda site, index: browse(address("password_reset"), form=_address(index)), 302),
    Endpoint("POST revoke token", _revoke_token, 302),
]
"""Endpoints in this order; each index once, for the plans on sale."""
