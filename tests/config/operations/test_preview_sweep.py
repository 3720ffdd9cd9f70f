"""`manage.py preview_sweep`: shows the actual mails, changes nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from notifications.models import Notification, Reason, Suppression
from notifications.ses.rendering import render_mail
from subscriptions.models import Subscription, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService
from subscriptions.signals import subscription_expired
from tests.support.factories import MONTH, NOW, has_access, make_due, make_plan

pytestmark = pytest.mark.django_db
AT = NOW.isoformat()


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("preview_sweep", "--at", AT, *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_mails_are_the_very_ones_that_the_sweep_then_causes() -> None:
    make_due(make_plan(), 3)
    said = run()
    SubscriptionService.sweep(now=NOW)
    for mail in Notification.objects.filter(channel="ses"):
        rendered = render_mail(mail)
        assert f"To: {rendered.recipient}\nSubject: {rendered.subject}\n\n{rendered.text}" in said


def test_mail_that_would_be_withheld_is_not_shown() -> None:
    suppressed, told = make_due(make_plan(), 2)
    Suppression.objects.create(address=suppressed.user.email, reason=Reason.BOUNCE)
    said = run()
    assert "no mail: address suppressed: bounce" in said
    assert f"To: {told.user.email}\n" in said
    assert f"To: {suppressed.user.email}" not in said


def test_nothing_is_changed_and_nobody_is_told() -> None:
    due = make_due(make_plan(), 2)
    told: list[object] = []
    subscription_expired.connect(told.append, weak=False, dispatch_uid="preview")
    try:
        assert run().endswith("2 would expire, and 0 more; nothing was changed or sent\n")
    finally:
        subscription_expired.disconnect(dispatch_uid="preview")
    assert Subscription.objects.filter(status="active").count() == 2
    assert all(has_access(get_user_model().objects.get(pk=subscription.user_id)) for subscription in due)
    rows = (SubscriptionEvent, Notification, SweepRun)
    assert [model.objects.count() for model in rows] == [0, 0, 0]
    assert told == []


def test_limit_leaves_the_rest_and_counts_it() -> None:
    make_due(make_plan(), 3)
    assert run("--limit", 2).endswith("2 would expire, and 1 more; nothing was changed or sent\n")


def test_future_can_be_looked_at() -> None:
    make_due(make_plan(), 1, end=NOW + MONTH)
    assert run().startswith("0 would expire")
    assert "1 would expire" in run("--at", (NOW + 2 * MONTH).isoformat())


def test_mails_are_written_into_a_folder(tmp_path: Path) -> None:
    (subscription,) = make_due(make_plan(), 1)
    said = run("--folder", tmp_path / "mails")
    page = tmp_path / "mails" / f"subscription-{subscription.pk}.html"
    assert f"see {page}" in said
    assert "Monthly" in page.read_text()
    assert page.with_suffix(".txt").read_text().startswith(f"To: {subscription.user.email}\nSubject: ")
    assert subscription.user.email not in said


def test_log_of_lambda_gets_no_mails(settings: LazySettings) -> None:
    settings.ON_LAMBDA = True
    (subscription,) = make_due(make_plan(), 1)
    said = run()
    assert f"subscription {subscription.pk} of user {subscription.user_id}" in said
    assert "@" not in said


def test_subscriber_without_an_address_gets_none() -> None:
    make_due(make_plan(), 1)
    get_user_model().objects.update(email="")
    assert "no mail: no e-mail address" in run()


@pytest.mark.parametrize(("arguments", "message"), [(["--limit", 0], "at least 1"), (["--at", "soon"], "2026-12-31")])
def test_what_makes_no_sense_is_refused(arguments: list[object], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)
