"""Payer: somebody who orders and pays in one language, on a small phone, mostly in a browser that runs no script."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils import translation
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from accounts.models import Profile, User
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.local_provider.control.ledger_report import report
from infra.local_provider.provider import LocalProvider
from payments.models import Order, Payment
from subscriptions.models import Plan
from tests.browser.visitor import HEIGHT, LOCALES, SCHEMES, WIDTHS, Visitor
from tests.support.factories import make_account
from tests.support.mailbox import LINK

PASSWORD = "correct horse battery"
PHONE: ViewportSize = {"width": WIDTHS["phone"], "height": HEIGHT}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
"""Rules for mails, which have no landmarks: all but the best practices for pages."""


@dataclass(frozen=True)
class Payer:
    """Person with two browsers: `visitor` acts, `reviewer` looks at the same pages for barriers, by scripts."""

    visitor: Visitor
    reviewer: Visitor
    language: str

    def open_account(self) -> User:
        """Create the person's account."""
        ada = make_account("ada", PASSWORD, email="ada@example.com")
        Profile.objects.update_or_create(user=ada, defaults={"language": self.language})
        return ada

    def sign_in(self) -> None:
        """Fill in the form that asks who it is."""
        self.expect_heading("Sign in")
        self.visitor.page.locator("main [name=username]").fill("ada")
        self.visitor.page.locator("main [name=password]").fill(PASSWORD)
        self.press("Sign in")

    def reads(self, text: str, **values: object) -> str:
        """Return the text in the person's language."""
        with translation.override(self.language):
            return translation.gettext(text) % values if values else translation.gettext(text)

    def press(self, text: str, **values: object) -> None:
        """Press a button of ours."""
        self.visitor.click_in_content(self.reads(text, **values))

    def follow(self, text: str, **values: object) -> None:
        """Follow a link of ours."""
        self.visitor.click_in_content(self.reads(text, **values), role="link")

    def expect_heading(self, text: str, **values: object) -> None:
        expect(self.heading).to_have_text(self.reads(text, **values))

    def expect_notice(self, text: str, **values: object) -> None:
        expect(self.visitor.page.get_by_role("main")).to_contain_text(self.reads(text, **values))

    @property
    def heading(self) -> Locator:
        """Heading of the page."""
        return self.visitor.page.get_by_role("heading", level=1)

    def order(self, plan: Plan) -> None:
        """Choose the plan, signed in or not, which leads to the page of the order."""
        self.visitor.open("plans")
        self.look_at("plans")
        self.follow("Subscribe to %(plan)s", plan=plan.name)
        if not self.visitor.page.get_by_role("button", name=self.reads("Continue to the order"), exact=True).count():
            self.sign_in()
        self.look_at("subscribe")
        self.press("Continue to the order")

    def oblige(self, *, renews: bool = False, begins: bool = True) -> None:
        """Accept what the order demands, and go to the provider's page. Only what begins can be withdrawn from."""
        demanded = ["I accept the terms"] + ["Begin at once, before the time for withdrawal is over"] * begins
        for label in demanded + ["Renew automatically"] * renews:
            self.visitor.page.get_by_label(self.reads(label)).check()
        self.press("Order with obligation to pay")

    def look_at(self, name: str) -> None:
        """Take a screenshot in each width and scheme; require that the page fits, and has no barriers on the phone."""
        for scheme in SCHEMES:
            for device in reversed(WIDTHS):
                self.visitor.use(device, scheme)
                self.visitor.photograph_without_scripts(f"pay-{name}-{self.language}-{device}-{scheme}")
        self.visitor.use("phone", "light")
        self.reviewer.context.clear_cookies()
        self.reviewer.context.add_cookies(self.visitor.context.cookies())  # type: ignore[arg-type] # the same members
        self.reviewer.page.goto(self.visitor.page.url)
        for scheme in SCHEMES:
            self.reviewer.use("phone", scheme)
            self._require_no_barriers(name)

    def open_mail(self, mail: AcceptedMail, name: str) -> None:
        """Look at the mail, and follow its only link of some length with nobody signed in."""
        self.look_at_mail(mail, name)
        (link,) = {found for found in LINK.findall(mail.text("plain")) if "/pay/" in found}
        assert link in mail.text("html")
        self.visitor.context.clear_cookies()
        self.visitor.open_path(urlsplit(link).path.removeprefix(urlsplit(self.visitor.site_url).path))

    def look_at_mail(self, mail: AcceptedMail, name: str) -> None:
        """Take screenshots of the mail's HTML, and require that it fits the phone and has no barriers."""
        page = self.reviewer.page
        page.goto("about:blank")  # the last page's policy would hold for the mail
        page.set_content(mail.text("html"))
        for scheme in SCHEMES:
            for device in WIDTHS:
                self.reviewer.use(device, scheme)
                self.reviewer.photograph_without_scripts(f"pay-mail-{name}-{self.language}-{device}-{scheme}")
        self.reviewer.use("phone", "light")  # axe takes what has no background for white
        self._require_no_barriers(name, runOnly=WCAG)

    def _require_no_barriers(self, name: str, **options: Any) -> None:
        assert not (barriers := self.reviewer.barriers(**options)), f"{name}: {barriers}"


@contextmanager
def payer(browser: Browser, site_url: str, language: str, *, scripts: bool = False) -> Iterator[Payer]:
    """Yield a payer, and fail on console errors or requests to hosts that are neither the site nor the provider."""
    options: dict[str, Any] = {"locale": LOCALES[language], "reduced_motion": "reduce", "viewport": PHONE}
    with (
        browser.new_context(**options, java_script_enabled=scripts) as context,
        browser.new_context(**options) as scripted,
    ):
        visitor = Visitor(context, site_url, has_scripts=scripts)
        reviewer = Visitor(scripted, site_url, others=visitor.others)
        yield Payer(visitor, reviewer, language)
        assert visitor.troubles + reviewer.troubles == []


def require_paid_once(provider: LocalProvider, order: Order) -> Payment:
    """Return the order's payment, of which the provider's ledger has one success."""
    payment = order.payments.get()
    with provider.ledger.transaction() as books:
        assert report(books.movements())["orders"][str(order.pk)] == [payment.transaction_id]
    return payment
