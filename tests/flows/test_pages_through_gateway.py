"""Deployed pages: Zappa's handler, production settings, hashed static files, and every gateway."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import LazySettings
from django.urls import get_resolver

from accounts.links import reset_url, sign_up_url
from accounts.models import User
from foundation.throttling.models import RequestCount
from notifications.preferences import wants_reminders
from notifications.unsubscription import ShortSigner
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.page_answers import ANSWERS
from tests.support.deployment import VARIABLES, environment
from tests.support.factories import make_plan
from tests.support.gateway import GATEWAYS, Answer, Browser, Gateway, Invoke

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def deployed(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoke]:
    """Yield the deployed function on the test database, with the static files of its build."""
    variables = environment(
        COLLECTED_STATIC_FILES=str(tmp_path_factory.mktemp("static")),
        DATABASE_URL=os.environ["DATABASE_URL"],
        DJANGO_SETTINGS_MODULE="tests.support.production",
    )
    collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(collect, cwd=PROJECT, env=variables, check=True)
    program = [sys.executable, "-m", "tests.support.programs.deployed_site"]
    with subprocess.Popen(
        program, cwd=PROJECT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin
        assert process.stdout
        to, from_ = process.stdin, process.stdout

        def invoke(event: dict[str, Any]) -> dict[str, Any]:
            to.write(json.dumps(event).encode() + b"\n")
            to.flush()
            result: dict[str, Any] = json.loads(from_.readline())
            return result

        yield invoke
        to.close()


@pytest.fixture(params=GATEWAYS, ids=lambda gateway: gateway.name)
def browser(request: pytest.FixtureRequest, deployed: Invoke) -> Browser:
    return Browser(request.param, deployed)


@pytest.fixture
def plan() -> Plan:
    return make_plan(name="Free trial", price=Decimal(0), duration_days=14)


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.com", PASSWORD)


def home(browser: Browser) -> str:
    return f"{browser.gateway.prefix}/"


def keeps_its_stage(page: Answer, gateway: Gateway) -> bool:
    """Return True if all links of the page keep the stage."""
    return all(address.startswith((f"{gateway.prefix}/", "#")) for address in page.addresses())


def hidden(page: Answer, name: str) -> str:
    """Return the value of a hidden field in the page's form."""
    (value,) = re.findall(rf'<input type="hidden"\s+name="{name}"\s+value="([^"]*)"', page.text)
    return html.unescape(value)


def sign_in(browser: Browser) -> Answer:
    address = f"{home(browser)}sign-in/"
    return browser.submit(address, browser.get(address), username="ada", password=PASSWORD)


def test_way_of_a_subscriber(browser: Browser, ada: User, plan: Plan) -> None:
    page = f"{home(browser)}subscribe/{plan.pk}/"
    refused = browser.get(page)
    assert refused.headers["location"] == f"{home(browser)}sign-in/?next={page}"

    signing_in = browser.follow(page)
    confirm = browser.submit(f"{home(browser)}sign-in/", signing_in, username="ada", password=PASSWORD, next=page)
    assert "Subscribe to Free trial" in confirm.text
    assert "You are subscribed to Free trial" in browser.submit(page, confirm).text
    subscription = Subscription.objects.get(user=ada)

    cancel = f"{home(browser)}subscriptions/{subscription.pk}/cancel/"
    assert "Free trial is cancelled" in browser.submit(cancel, browser.get(cancel), reason="Grüße").text
    detail = f"{home(browser)}subscriptions/{subscription.pk}/"
    assert "Grüße" in browser.get(detail).text

    undone = browser.submit(f"{detail}reactivate/", browser.get(detail))
    assert "You have resumed Free trial." in undone.text
    renew = browser.get(f"{detail}renew/")
    renewed = browser.submit(f"{detail}renew/", renew, end_date=hidden(renew, "end_date"))
    assert "You have renewed Free trial." in renewed.text
    assert keeps_its_stage(renewed, browser.gateway)
    assert "Cancel at any time" in browser.submit(f"{home(browser)}sign-out/", renewed).text
    assert browser.get(detail).status == 302


def test_newcomer_signs_up_and_goes_on_to_the_plan(browser: Browser, plan: Plan, settings: LazySettings) -> None:
    settings.SECRET_KEY = VARIABLES["SECRET_KEY"]
    page = f"{home(browser)}subscribe/{plan.pk}/"
    address = f"{home(browser)}sign-up/?next={page}"
    form = browser.get(address)
    assert keeps_its_stage(form, browser.gateway)
    fields = {"username": "bob", "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD}
    refused = browser.submit(address, form, **fields | {"password2": "another"}, next=page)
    assert (refused.status, User.objects.exists()) == (200, False)
    sent = browser.submit(address, refused, **fields, next=page)
    assert "We have sent a mail to bob@example.com." in sent.text
    link = f"{home(browser)}{urlsplit(sign_up_url('bob@example.com')).path[1:]}"
    confirm = browser.submit(link, browser.get(link))
    assert "Subscribe to Free trial" in confirm.text
    assert "You are subscribed to Free trial" in browser.submit(page, confirm).text


def test_header_that_a_client_writes_gives_no_more_tries_to_sign_in(browser: Browser) -> None:
    address = f"{home(browser)}sign-in/"
    for forged in ("203.0.113.1", "203.0.113.2"):
        browser.headers |= {"X-Forwarded-For": f"{forged}, 130.176.0.1", "Sourceip": forged}
        browser.submit(address, browser.get(address), username="ada", password="wrong")
    assert list(RequestCount.objects.values_list("requests", flat=True)) == [2, 2]


def named_addresses() -> dict[str, tuple[str, list[str]]]:
    """Return all URLs except the admin's: path as a format string, and arguments."""
    found = get_resolver().reverse_dict
    return {name: found.getlist(name)[0][0][0] for name in found if isinstance(name, str)}


def test_every_address_answers(browser: Browser, ada: User, plan: Plan, settings: LazySettings) -> None:
    settings.SECRET_KEY = VARIABLES["SECRET_KEY"]
    subscription = Service.create_subscription(ada, plan, now=datetime.now(UTC))
    known: dict[str, object] = {"plan_id": make_plan().pk, "token": ShortSigner().sign(str(ada.pk))}
    known |= {"digest": "x", "uidb64": "x", "order_id": 1, "payment_id": 1, "renewal_id": 1, "provider": "stripe"}
    known |= dict.fromkeys(("subscription_id", "id"), subscription.pk)
    keys = {"api_plan": {"id": plan.pk}, "api_user": {"id": ada.pk}, "api_access": {"id": ada.pk}}
    sign_in(browser)
    for name, (path, _) in named_addresses().items():
        answer = browser.get(f"{home(browser)}{path % (known | keys.get(name, {}))}")
        assert (name, answer.status) == (name, ANSWERS[name])
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert keeps_its_stage(answer, browser.gateway), name


def test_every_link_and_file_of_every_page_is_there(browser: Browser, ada: User, plan: Plan) -> None:
    old = Service.create_subscription(ada, plan, now=datetime.now(UTC) - timedelta(days=20))
    Service.create_subscription(ada, make_plan(), now=datetime.now(UTC))
    sign_in(browser)
    seen: dict[str, Answer] = {}
    waiting = [home(browser), f"{home(browser)}subscriptions/{old.pk}/renew/", f"{home(browser)}success/"]
    while waiting:
        address = waiting.pop()
        if address in seen or "/admin/" in address:
            continue
        answer = seen[address] = browser.get(address)
        form_only = answer.status == 405 and ("sign-out" in address or "language" in address)
        assert answer.status in {200, 302} or form_only, address
        if answer.headers.get("content-type", "").startswith("text/html"):
            waiting += [urljoin(address, found) for found in answer.addresses() if not found.startswith("#")]
    assert {f"{home(browser)}subscriptions/{old.pk}/", f"{home(browser)}subscriptions/"} <= seen.keys()
    files = [answer for address, answer in seen.items() if "/static/" in address]
    assert len(files) == 9
    assert all("immutable" in answer.headers["cache-control"] for answer in files)


def test_link_of_a_reminder_asks_a_person_and_obeys_a_mailbox_provider(
    browser: Browser, ada: User, settings: LazySettings
) -> None:
    settings.SECRET_KEY = VARIABLES["SECRET_KEY"]
    address = f"{home(browser)}u/{ShortSigner().sign(str(ada.pk))}/"
    page = browser.get(address)
    assert "Turn reminders off" in page.text
    assert keeps_its_stage(page, browser.gateway)
    assert wants_reminders(ada.pk)

    provider = Browser(browser.gateway, browser.invoke)
    done = provider.post(address, "List-Unsubscribe=One-Click")
    assert (done.status, "Reminders are off" in done.text) == (200, True)
    assert keeps_its_stage(done, browser.gateway)
    assert not wants_reminders(ada.pk)
    assert provider.post(f"{home(browser)}u/1.AAAAAAAAAAAAAAAAAAAAAA/", "List-Unsubscribe=One-Click").status == 404

    sign_in(browser)
    preferences = f"{home(browser)}notification-preferences/"
    assert "Saved." in browser.submit(preferences, browser.get(preferences), reminders="on").text
    assert wants_reminders(ada.pk)


def test_one_warm_function_answers_under_stage_and_domain(deployed: Invoke, plan: Plan) -> None:
    for gateway in [*GATEWAYS, *reversed(GATEWAYS)]:
        page = Browser(gateway, deployed).get(f"{gateway.prefix}/")
        assert keeps_its_stage(page, gateway)


def test_cookie_of_a_page_goes_to_that_page_of_its_stage_alone(
    browser: Browser, ada: User, settings: LazySettings
) -> None:
    settings.SECRET_KEY = VARIABLES["SECRET_KEY"]
    root = home(browser)
    browser.submit(f"{root}password-reset/", browser.get(f"{root}password-reset/"), email="ada@example.com")
    assert browser.jar["typed"]["path"] == f"{root}password-reset/sent/"
    browser.get(f"{root.rstrip('/')}{urlsplit(reset_url(ada)).path}")
    opened = browser.jar["opened_link"]
    assert (opened["path"], opened["secure"], opened["httponly"]) == (f"{root}password-reset/", True, True)


def test_cookies_keep_to_their_stage_and_to_tls(browser: Browser, ada: User) -> None:
    sign_in(browser)
    page = browser.get(home(browser))
    browser.submit(f"{home(browser)}language/", page, language="de", next=home(browser))
    assert {"sessionid", "django_language"} <= browser.jar.keys()
    for cookie in browser.jar.values():
        assert cookie["path"] == (browser.gateway.prefix or "/")
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"] or cookie.key == "csrftoken"
    assert 'lang="de"' in browser.get(home(browser)).text


def test_static_file_is_compressed_where_the_browser_may_have_it(browser: Browser) -> None:
    page = browser.get(home(browser))
    address = next(found for found in page.addresses() if "site/site." in found)
    plain = browser.get(address)
    assert plain.content.startswith(b"/* What Pico.css")
    browser.headers["Accept-Encoding"] = "gzip"
    packed = browser.get(address)
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.content) < len(plain.content)


def test_headers_of_the_edge(browser: Browser, plan: Plan) -> None:
    headers = browser.get(home(browser)).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["strict-transport-security"].startswith("max-age=31536000")
    assert "camera=()" in headers["permissions-policy"]


def test_forged_host_is_400(browser: Browser) -> None:
    browser.headers["Host"] = "evil.example.com"
    answer = browser.get(home(browser))
    assert answer.status == 400
    assert "Bad request" in answer.text


def test_forwarded_protocol_of_a_client_causes_no_redirect(browser: Browser) -> None:
    browser.headers["X-Forwarded-Proto"] = "http"
    assert browser.get(home(browser)).status == 200


def test_post_without_token_is_a_page_that_says_what_to_do(browser: Browser, ada: User, plan: Plan) -> None:
    sign_in(browser)
    nothing = Answer(200, {}, [], b"")
    answer = browser.submit(f"{home(browser)}subscribe/{plan.pk}/", nothing)
    assert answer.status == 403
    assert "This page has expired" in answer.text
    assert not Subscription.objects.exists()


def test_huge_body_is_400(browser: Browser, ada: User) -> None:
    page = browser.get(f"{home(browser)}sign-in/")
    answer = browser.submit(f"{home(browser)}sign-in/", page, username="x" * 70_000)
    assert answer.status == 400
    assert "Bad request" in answer.text


def test_error_pages_keep_the_stage(browser: Browser) -> None:
    missing = browser.get(f"{home(browser)}no-such-page/")
    assert missing.status == 404
    assert "Page not found" in missing.text
    assert all(
        address.startswith(f"{browser.gateway.prefix}/") for address in missing.addresses() if address != "#content"
    )
