"""The brand: name, logo, accent colour and footer links on pages, in mails, in the admin and in the API description."""

import re

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse, set_script_prefix

from config.api.schema import Generator
from config.web.brand_stylesheet import DARK_GROUND, LIGHT_GROUND, stylesheet
from config.web.colors import Color
from notifications.models import Notification
from notifications.ses.rendering import render_mail
from notifications.sns.cloud_events import event_type
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.support.factories import make_plan, make_user

LINKS = {
    "SITE_IMPRINT_URL": "/imprint/",
    "SITE_TERMS_URL": "https://example.com/terms",
    "SITE_PRIVACY_URL": "",
    "SITE_CONTACT_URL": "https://example.com/contact?from=site&now=1",
}


@pytest.fixture
def branded(settings: LazySettings) -> LazySettings:
    """Configure all parts of a brand."""
    settings.SITE_NAME = "Acme <Reports>"
    settings.SITE_LOGO = "site/pico.min.css"  # any static file that is not the default
    settings.SITE_COLOR = "#ffcc00"
    for name, url in LINKS.items():
        setattr(settings, name, url)
    return settings


def page(path: str = "/", language: str = "en") -> str:
    return Client().get(path, headers={"Accept-Language": language}).content.decode()


@pytest.mark.django_db
def test_page_without_a_brand_is_called_subscriptions_and_links_to_nothing() -> None:
    text = page()
    assert re.search(r"· Subscriptions</title>", text)
    assert "site/icon" in text
    assert "footer-links" not in text
    assert "/brand/" not in text
    assert "Abonnements</title>" in page(language="de")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/sign-in/", "/nothing/"])
def test_page_shows_the_brand(branded: LazySettings, path: str) -> None:
    text = page(path)
    assert "Acme &lt;Reports&gt;</title>" in text
    assert text.count("/static/site/pico.min.css") == 3  # stylesheet, icon, logo
    assert '<a href="/imprint/">Imprint</a>' in text
    assert '<a href="https://example.com/terms">Terms</a>' in text
    assert '<a href="https://example.com/contact?from=site&amp;now=1">Contact</a>' in text
    assert "Privacy" not in text


@pytest.mark.django_db
def test_footer_path_keeps_the_prefix_of_a_stage(branded: LazySettings) -> None:
    set_script_prefix("/dev/")
    text = page()
    assert 'href="/dev/imprint/"' in text
    assert 'href="/dev/brand/' in text


def test_favicon_is_the_logo(branded: LazySettings) -> None:
    assert Client().get("/favicon.ico")["Location"] == "/static/site/pico.min.css"


@pytest.mark.django_db
def test_stylesheet_is_kept_by_caches_until_the_colour_changes(branded: LazySettings) -> None:
    url = re.findall(r'href="(/brand/\w+\.css)"', page())[0]
    answer = Client().get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert "--pico-primary-background: #ffcc00;" in answer.content.decode()
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "unsafe" not in answer["Content-Security-Policy"]
    branded.SITE_COLOR = "#123456"
    assert url not in page()
    assert Client().get(url)["Cache-Control"] == "private, no-store"
    branded.SITE_COLOR = ""
    assert Client().get(url).status_code == 404


@pytest.mark.parametrize("accent", ["#ffcc00", "#000000", "#ffffff", "#0172ad", "#00ff00", "#777777", "#e4002b"])
def test_text_in_the_accent_colour_is_readable(accent: str) -> None:
    lines = re.findall(r"--(pico[\w-]+): (#\w{6});", stylesheet(Color.read(accent)))
    colors = {name: Color.read(value) for name, value in lines[:5]}
    dark = {name: Color.read(value) for name, value in lines[5:]}
    for ground in ("pico-primary-background", "pico-primary-hover-background"):
        assert colors["pico-primary-inverse"].contrast(colors[ground]) >= 4.5
    for name in ("pico-primary", "pico-primary-hover"):
        assert colors[name].contrast(LIGHT_GROUND) >= 4.5
        assert dark[name].contrast(DARK_GROUND) >= 4.5


def test_admin_follows_the_name(branded: LazySettings, admin_client: Client) -> None:
    assert "Acme &lt;Reports&gt; operations" in admin_client.get(reverse("admin:index")).content.decode()
    branded.SITE_NAME = ""
    assert "Subscription operations" in admin_client.get(reverse("admin:index")).content.decode()


def test_api_description_follows_the_name(branded: LazySettings) -> None:
    document = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert document["info"]["title"] == "Acme <Reports>"


@pytest.mark.django_db
def test_mail_ends_with_name_and_absolute_links(branded: LazySettings) -> None:
    Service.create_subscription(make_user(), make_plan())
    mail = render_mail(Notification.objects.filter(channel="ses").get())
    assert mail.text.rstrip().endswith(
        f"Acme <Reports>\nImprint: {branded.SITE_URL}/imprint/\n"
        "Terms: https://example.com/terms\nContact: https://example.com/contact?from=site&now=1"
    )
    assert "Acme &lt;Reports&gt;" in mail.html
    assert f'<a href="{branded.SITE_URL}/imprint/">Imprint</a>' in mail.html


@pytest.mark.django_db
def test_links_are_translated(branded: LazySettings) -> None:
    assert ">Impressum</a>" in page(language="de")


def brand_problems() -> list[str]:
    return [str(message.obj) for message in run_checks() if message.id == "config.E070"]


def test_complete_brand_passes_the_checks(branded: LazySettings) -> None:
    assert brand_problems() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_NAME", "two\nlines"),
        ("SITE_NAME", "x" * 61),
        ("SITE_COLOR", "red"),
        ("SITE_COLOR", "#fff"),
        ("SITE_COLOR", "#0172ad; } body { display: none"),
        ("SITE_LOGO", "no/such/file.svg"),
        ("SITE_IMPRINT_URL", "imprint"),
        ("SITE_TERMS_URL", "javascript:alert(1)"),
        ("SITE_PRIVACY_URL", "//example.com"),
        ("SITE_PRIVACY_URL", "/\\example.com"),
        ("SITE_CONTACT_URL", "https://"),
        ("SITE_CONTACT_URL", "https://[broken"),
        ("SITE_CONTACT_URL", "https://example.com/a b"),
    ],
)
def test_value_that_pages_could_not_show_is_reported(settings: LazySettings, name: str, value: str) -> None:
    setattr(settings, name, value)
    assert brand_problems() == [name]


@pytest.mark.django_db
def test_contract_names_follow_their_own_settings(branded: LazySettings) -> None:
    caller = Caller(make_user())
    subscription = Service.create_subscription(caller.user, make_plan())
    notification = Notification.objects.filter(channel="sns").get()
    again = {"plan": subscription.plan_id}
    assert caller.post("subscriptions", again).json()["type"] == "urn:subscriptions:problem:already-subscribed"
    assert event_type(notification.cause) == "subscription.created.v1"
    branded.PROBLEM_TYPE_PREFIX = "urn:acme:problem"
    branded.EVENT_TYPE_PREFIX = "com.acme.subscription"
    assert caller.post("subscriptions", again).json()["type"] == "urn:acme:problem:already-subscribed"
    assert event_type(notification.cause) == "com.acme.subscription.created.v1"
