"""Payment on a stage of API Gateway's own host, whose path comes before every path of the site."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self
from urllib.parse import urldefrag

import pytest
from django.conf import LazySettings
from django.core.handlers.wsgi import WSGIHandler
from playwright.sync_api import Browser, expect

from infra.local.site import Site
from infra.local_provider.provider import LocalProvider
from payments.models import Order
from subscriptions.models import Plan, Subscription
from tests.browser.payer import Payer, payer, require_paid_once
from tests.browser.visitor import LOCALES, Visitor
from tests.support.factories import make_plan
from tests.support.traffic import Traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/dev"
ADDRESSES = """() => [...document.querySelectorAll("[href], [src], [action]")]
    .flatMap(element => ["href", "src", "action"].map(name => element.getAttribute(name)))
    .filter(address => address !== null)
    .map(address => new URL(address, document.baseURI).href)"""
"""Addresses that a page names, in full."""


class Stage(Site):
    """Site below the stage's path. Other paths are refused in API Gateway's words."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._django = WSGIHandler()
        self._server.set_app(self._answer)
        return self

    @property
    def url(self) -> str:
        return super().url + PREFIX

    def _answer(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{PREFIX}/"):
            start("403 Forbidden", [("Content-Type", "application/json")])
            return [b'{"message":"Forbidden"}']
        return self._django(environ | {"SCRIPT_NAME": PREFIX, "PATH_INFO": path.removeprefix(PREFIX)}, start)


@pytest.fixture(params=LOCALES)
def ada(request: pytest.FixtureRequest, browser: Browser, traffic: Traffic, settings: LazySettings) -> Iterator[Payer]:
    """Yield somebody with an account, who finds the site below the stage's path."""
    with Stage() as stage, payer(browser, stage.url, request.param) as ada:
        settings.SITE_URL = stage.url
        ada.open_account()
        yield ada


@pytest.fixture
def visitor(ada: Payer) -> Visitor:
    """Return the visitor whom the provider leads back."""
    return ada.visitor


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    """Create a plan that is paid for by the month."""
    return make_plan(duration_months=1)


def test_payment_stays_below_the_path_of_the_stage(ada: Payer, plan: Plan, local_provider: LocalProvider) -> None:
    visitor = ada.visitor
    visitor.open("plans")
    require_at(visitor, "/")
    ada.follow("Subscribe to %(plan)s", plan=plan.name)
    require_at(visitor, f"/sign-in/?next={PREFIX}/subscribe/{plan.pk}/")
    ada.sign_in()
    require_at(visitor, f"/subscribe/{plan.pk}/")
    ada.press("Continue to the order")
    order = Order.objects.get()
    require_at(visitor, f"/pay/{order.pk}/")
    ada.look_at("stage-order")

    ada.oblige()
    with local_provider.ledger.transaction() as books:
        (session,) = books.select("checkout.session")
    back = f"{visitor.site_url}/pay/{order.pk}/return/"
    assert (session["success_url"], session["cancel_url"]) == (back, back)
    visitor.click("Cancel and go back")
    require_at(visitor, f"/pay/{order.pk}/return/")
    ada.follow("Back to the order")
    require_at(visitor, f"/pay/{order.pk}/")

    ada.oblige()
    visitor.click("Pay")
    require_at(visitor, f"/pay/{order.pk}/return/")
    ada.look_at("stage-return")
    ada.follow("See the receipt")
    require_at(visitor, f"/payments/{require_paid_once(local_provider, order).pk}/")
    ada.look_at("stage-receipt")
    visitor.click(ada.reads("My subscriptions"), "link")
    expect(visitor.page.locator(".status")).to_have_text(ada.reads("active"))
    require_at(visitor, "/subscriptions/")
    yearly, subscription = make_plan(name="Yearly", duration_months=12), Subscription.objects.get()
    for name, arguments in {
        "payments": [],
        "payment_method": [],
        "choose_plan": [subscription.pk],
        "change_plan": [subscription.pk, yearly.pk],
    }.items():
        visitor.open(name, *arguments)
        require_addresses_below(visitor)
        ada.look_at(f"stage-{name}")
    assert subscription.user == order.user
    assert {cookie["path"] for cookie in visitor.context.cookies()} == {PREFIX}


def require_at(visitor: Visitor, path: str) -> None:
    """Require that the page has this path below the stage's, and names nothing beside it."""
    # A redirect keeps the fragment, which the addresses of the provider's pages have.
    assert urldefrag(visitor.page.url).url == visitor.site_url + path
    require_addresses_below(visitor)


def require_addresses_below(visitor: Visitor) -> None:
    """Require that the page names addresses of the stage, or of the provider."""
    addresses = visitor.page.evaluate(ADDRESSES)
    assert addresses
    known = (f"{visitor.site_url}/", *visitor.others)
    assert [address for address in addresses if not address.startswith(known)] == []
