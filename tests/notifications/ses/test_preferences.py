"""Language and time zone of mails to subscribers."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.profiles import profile_of
from notifications.models import Channel, Notification
from notifications.outbox import claims
from notifications.ses.channel import SesChannel
from notifications.ses.rendering import render_mail, render_subject
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db

BEGIN = datetime(2030, 6, 1, 22, 30, tzinfo=UTC)


def subscribe(**preferences: str) -> Notification:
    """Return the mail that confirms a day which begins at BEGIN, to a user with these preferences."""
    user = make_user()
    profile = profile_of(user)
    for name, value in preferences.items():
        setattr(profile, name, value)
    profile.save()
    subscription = Service.create_subscription(user, make_plan(duration_days=1), now=BEGIN)
    return Notification.objects.get(event__subscription=subscription, channel=Channel.SES)


def test_mail_is_in_the_subscribers_language_and_zone() -> None:
    mail = render_mail(subscribe(language="de", time_zone="Europe/Berlin"))
    assert "3. Juni 2030, 00:30 CEST" in mail.text
    assert '<html lang="de">' in mail.html
    assert "00:30 CEST" in mail.html


def test_mail_is_in_what_the_browser_said_where_nothing_is_chosen() -> None:
    notification = subscribe(browser_language="de", browser_time_zone="America/New_York")
    assert "2. Juni 2030, 18:30 EDT" in render_mail(notification).text
    assert render_subject(notification) == render_mail(notification).subject


def test_zone_without_a_name_of_its_own_is_told_by_its_distance_to_utc() -> None:
    assert "June 2, 2030, 19:30 -03" in render_mail(subscribe(time_zone="America/Sao_Paulo")).text


@pytest.mark.parametrize("preferences", [{}, {"language": "tlh", "time_zone": "Mars/Olympus"}])
def test_mail_is_in_the_default_language_and_utc_where_nothing_valid_is_known(preferences: dict[str, str]) -> None:
    assert "June 2, 2030, 22:30 UTC" in render_mail(subscribe(**preferences)).text


def test_language_of_one_mail_does_not_reach_the_next() -> None:
    render_mail(subscribe(language="de", time_zone="Europe/Berlin"))
    assert translation.get_language() == "en"
    assert timezone.get_current_timezone_name() == "UTC"


def test_profiles_of_a_claim_cost_no_query_each() -> None:
    for _number in range(3):
        subscribe(language="de")
    make_user()
    claimed = claims.claim("ses", 10).notifications
    with CaptureQueriesContext(connection) as queries:
        SesChannel().compose(claimed, BEGIN + timedelta(seconds=1))
    assert not [query for query in queries if "accounts_profile" in query["sql"]]
