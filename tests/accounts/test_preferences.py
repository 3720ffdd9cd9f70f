"""Language and time zone of users, on pages."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Profile, User
from accounts.preferences import language_of, time_zone_named, time_zone_names, time_zone_of
from accounts.profiles import profile_of
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_account, make_plan, make_user

PASSWORD = "correct horse battery"
MIDNIGHT = datetime(2030, 7, 1, 22, 30, tzinfo=UTC)
"""Half past midnight of the next day in Berlin."""

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD)


def sign_in(client: Client, **cookies: str) -> Client:
    """Sign Ada in by a browser with these cookies."""
    client.cookies.load(cookies)
    answer = client.post(reverse("login"), {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 302
    return client


def page(client: Client, name: str = "subscriptions", **headers: str) -> str:
    return client.get(reverse(name), headers=headers).content.decode()


def subscribe(user: User) -> None:
    Service.create_subscription(user, make_plan(duration_days=1), now=MIDNIGHT.replace(month=6, day=30))


def test_pages_state_times_in_the_zone_that_the_browser_tells(client: Client, ada: User) -> None:
    subscribe(ada)
    shown = page(sign_in(client, time_zone="Europe/Berlin"))
    assert "July 2, 2030, 00:30 CEST" in " ".join(shown.split())
    assert "All times are in the time zone Europe/Berlin." in shown


def test_chosen_zone_comes_before_the_browsers(client: Client, ada: User) -> None:
    subscribe(ada)
    sign_in(client, time_zone="Europe/Berlin")
    client.post(reverse("account_language"), {"language": "", "time_zone": "America/New_York"})
    assert "July 1, 2030, 18:30 EDT" in " ".join(page(client).split())
    client.post(reverse("account_language"), {"language": "", "time_zone": ""})
    assert "00:30 CEST" in page(client)


def test_without_a_known_zone_times_are_in_utc_and_say_so(client: Client, ada: User) -> None:
    subscribe(ada)
    assert "July 1, 2030, 22:30 UTC" in " ".join(page(sign_in(client)).split())


@pytest.mark.parametrize(
    "forged", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "", "x" * 5000, "Europe/Bärlin", "a\0b"]
)
def test_unknown_zone_is_none(forged: str) -> None:
    assert time_zone_named(forged) is None


def test_forged_cookie_is_ignored(client: Client, ada: User) -> None:
    assert "All times are in the time zone UTC." in page(sign_in(client, time_zone="Mars/Olympus"))


def test_every_offered_zone_is_known() -> None:
    names = time_zone_names()
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires"} <= set(names)
    assert all(map(time_zone_named, names))


def test_chosen_language_comes_before_the_browsers_and_survives_a_new_sign_in(client: Client, ada: User) -> None:
    sign_in(client)
    client.post(reverse("account_language"), {"language": "de", "time_zone": ""})
    assert 'lang="de"' in page(client, **{"Accept-Language": "en"})
    assert 'lang="de"' in page(sign_in(Client()), **{"Accept-Language": "en"})


def test_language_of_the_footer_is_stored_for_a_user(client: Client, ada: User) -> None:
    sign_in(client)
    client.post(reverse("set_language"), {"language": "de"})
    assert language_of(get_user_model()._base_manager.get(pk=ada.pk)) == "de"
    assert 'lang="de"' in page(sign_in(Client()))


@pytest.mark.parametrize(("field", "value"), [("language", "tlh"), ("time_zone", "Mars/Olympus")])
def test_choice_that_is_not_offered_is_refused(client: Client, ada: User, field: str, value: str) -> None:
    sign_in(client)
    shown = client.post(reverse("account_language"), {"language": "", "time_zone": ""} | {field: value})
    assert "Select a valid choice" in shown.content.decode()
    assert getattr(profile_of(ada), field) == ""


def test_mails_follow_the_profile_then_the_browser_then_the_default(client: Client, ada: User) -> None:
    assert (language_of(ada), time_zone_of(ada)) == (settings.LANGUAGE_CODE, UTC)
    client.post(reverse("login"), {"username": "ada", "password": PASSWORD}, headers={"Accept-Language": "de"})
    sign_in(Client(headers={"Accept-Language": "de-AT"}), time_zone="Europe/Vienna")
    ada = get_user_model()._base_manager.get(pk=ada.pk)
    assert (language_of(ada), str(time_zone_of(ada))) == ("de", "Europe/Vienna")
    Profile.objects.update(language="en", time_zone="Asia/Tokyo")
    ada = get_user_model()._base_manager.get(pk=ada.pk)
    assert (language_of(ada), str(time_zone_of(ada))) == ("en", "Asia/Tokyo")


def test_api_stays_in_utc(client: Client, ada: User) -> None:
    subscribe(ada)
    sign_in(client, time_zone="Europe/Berlin")
    (subscription,) = client.get("/api/v1/subscriptions").json()["results"]
    assert subscription["end_date"] == "2030-07-01T22:30:00Z"


def test_pages_cost_no_query_for_language_and_zone(client: Client, ada: User) -> None:
    sign_in(client, time_zone="Europe/Berlin")
    with CaptureQueriesContext(connection) as queries:
        page(client)
    assert not [query for query in queries if "accounts_profile" in query["sql"]]


def test_visitor_without_a_session_costs_no_query_for_them(client: Client) -> None:
    make_user()
    with CaptureQueriesContext(connection) as queries:
        page(client, "plans")
    assert not [query for query in queries if "session" in query["sql"]]
