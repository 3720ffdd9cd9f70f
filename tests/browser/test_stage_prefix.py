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
from tests.browser.visitor import Visitor
from tests.support.factories import make_account, make_plan
from tests.support.traffic import Traffic

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX = "/dev"
PASSWORD = "correct horse battery"
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


@pytest.fixture
def visitor(browser: Browser, traffic: Traffic, settings: LazySettings) -> Iterator[Visitor]:
    """Yield a visitor of the stage, and fail on requests to what is not below it."""
    with Stage() as stage, browser.new_context(locale="en-GB", reduced_motion="reduce") as context:
        settings.SITE_URL = stage.url
        visitor = Visitor(context, stage.url)
        yield visitor
        assert visitor.troubles == []


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    """Create a plan that is paid for by the month."""
    return make_plan(duration_months=1)


def test_payment_stays_below_the_path_of_the_stage(visitor: Visitor, plan: Plan, local_provider: LocalProvider) -> None:
    ada = make_account("ada", PASSWORD, email="ada@example.com")
    page = visitor.page
    visitor.open("plans")
    require_at(visitor, "/")
    visitor.click("Subscribe to Monthly", "link")
    require_at(visitor, f"/sign-in/?next={PREFIX}/subscribe/{plan.pk}/")
    page.get_by_label("User name or e-mail address").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    visitor.click("Sign in")
    require_at(visitor, f"/subscribe/{plan.pk}/")
    visitor.click("Continue to the order")
    order = Order.objects.get()
    require_at(visitor, f"/pay/{order.pk}/")
    visitor.photograph("stage-order")

    oblige(visitor)
    with local_provider.ledger.transaction() as books:
        (session,) = books.select("checkout.session")
    back = f"{visitor.site_url}/pay/{order.pk}/return/"
    assert (session["success_url"], session["cancel_url"]) == (back, back)
    visitor.click("Cancel and go back")
    require_at(visitor, f"/pay/{order.pk}/return/")
    visitor.click("Back to the order", "link")
    require_at(visitor, f"/pay/{order.pk}/")

    oblige(visitor)
    visitor.click("Pay")
    require_at(visitor, f"/pay/{order.pk}/return/")
    visitor.photograph("stage-return")
    visitor.click("See the receipt", "link")
    require_at(visitor, f"/payments/{order.payments.get().pk}/")
    visitor.photograph("stage-receipt")
    visitor.click("My subscriptions", "link")
    expect(page.locator(".status")).to_have_text("active")
    require_at(visitor, "/subscriptions/")
    for name in ("payments", "payment_method"):
        visitor.open(name)
        require_addresses_below(visitor)
    assert Subscription.objects.get().user == ada
    assert {cookie["path"] for cookie in visitor.context.cookies()} == {PREFIX}


def oblige(visitor: Visitor) -> None:
    """Accept what an order demands, and go to the provider's page."""
    for label in ("I accept the terms", "Begin at once, before the time for withdrawal is over"):
        visitor.page.get_by_label(label).check()
    visitor.click("Order with obligation to pay")


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
