"""SES feedback in the admin, and lifting a suppression."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from notifications.models import BAD_NEWS, Channel, EventType, Feedback, Notification, Suppression
from subscriptions.services import SubscriptionService as Service
from tests.notifications.ses.test_feedback import hear
from tests.support.explain import plan_of
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ses_feedback import bounce, envelope, ses_event
from tests.support.staff import choose, make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

FEEDBACK, SUPPRESSIONS = "notifications_feedback", "notifications_suppression"
ADDRESS = "recipient@example.com"
SEE = ("notifications.view_feedback", "notifications.view_suppression", "notifications.view_notification")


def make_bounce() -> Feedback:
    """Create a bounced mail of Ada's."""
    ada = make_user(username="ada", email=ADDRESS)
    subscription = Service.create_subscription(ada, make_plan(), now=NOW)
    mail = Notification.objects.get(event__subscription=subscription, channel=Channel.SES)
    hear(envelope(bounce("Permanent", "General", mail.pk)))
    return Feedback.objects.get()


def listed(client: Client, model: str, **query: str) -> list[int]:
    page = client.get(reverse(f"admin:{model}_changelist"), query)
    assert page.status_code == 200
    return [row.pk for row in page.context["cl"].result_list]


def shown(client: Client, model: str, key: int) -> str:
    page = client.get(reverse(f"admin:{model}_change", args=[key]))
    assert page.status_code == 200
    return page.content.decode()


def test_raw_event_is_seen_with_its_permission_only() -> None:
    told = make_bounce()
    assert "user unknown" not in shown(sign_in(make_staff(*SEE)), FEEDBACK, told.pk)
    operator = sign_in(make_staff(*SEE, "notifications.view_raw_feedback"))
    assert "user unknown" in shown(operator, FEEDBACK, told.pk)


def test_page_of_a_mail_shows_what_ses_said_of_it() -> None:
    told = make_bounce()
    assert told.notification is not None
    page = shown(sign_in(make_staff(*SEE)), "notifications_notification", told.notification.pk)
    assert told.message_id in page
    assert "user unknown" not in page


def test_feedback_is_found_by_user_and_type() -> None:
    told = make_bounce()
    hear(envelope(ses_event("delivery")))
    client = sign_in(make_staff(*SEE))
    assert len(listed(client, FEEDBACK)) == 2
    assert listed(client, FEEDBACK, q="ada") == [told.pk]
    assert listed(client, FEEDBACK, event_type="Bounce") == [told.pk]
    assert listed(client, FEEDBACK, event_type="Complaint") == []


@pytest.mark.postgresql
@pytest.mark.parametrize("event_type", BAD_NEWS)
def test_bad_news_are_found_through_their_index(event_type: EventType) -> None:
    assert "feedback_bad_news" in plan_of(Feedback.objects.filter(event_type=event_type).order_by("-pk")[:100])


@pytest.mark.parametrize("term", [ADDRESS, "RECIPIENT@example.COM"])
def test_suppression_is_found_by_its_address_in_full(term: str) -> None:
    make_bounce()
    client = sign_in(make_staff(*SEE))
    assert listed(client, SUPPRESSIONS, q=term) == [Suppression.objects.get().pk]
    assert listed(client, SUPPRESSIONS, q="recipient") == []
    assert listed(client, SUPPRESSIONS, lifted_at__isempty="0") == []


def test_lifting_is_logged_and_done_once() -> None:
    make_bounce()
    operator = make_staff(*SEE, "notifications.lift_suppression")
    client = sign_in(operator)
    key = Suppression.objects.get().pk
    answer = choose(client, SUPPRESSIONS, "lift", [key])
    assert messages(answer) == ["1 address is written to again, once it is off SES's own list as well."]
    assert (LogEntry.objects.get().user, LogEntry.objects.get().object_id) == (operator, str(key))
    assert Suppression.objects.get().lifted_by == operator
    answer = choose(client, SUPPRESSIONS, "lift", [key])
    assert messages(answer) == ["None of them holds any more; nothing was done."]
    assert LogEntry.objects.count() == 1


def test_lifting_needs_its_permission() -> None:
    make_bounce()
    client = sign_in(make_staff(*SEE, "notifications.change_suppression", "notifications.delete_suppression"))
    choose(client, SUPPRESSIONS, "lift", [Suppression.objects.get().pk])
    assert Suppression.objects.live().count() == 1


@pytest.mark.parametrize(("model", "key"), [(FEEDBACK, "Feedback"), (SUPPRESSIONS, "Suppression")])
def test_superuser_can_neither_add_nor_change_nor_delete(model: str, key: str) -> None:
    told = make_bounce()
    row = told.pk if key == "Feedback" else Suppression.objects.get().pk
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    assert client.get(reverse(f"admin:{model}_add")).status_code == 403
    assert client.post(reverse(f"admin:{model}_change", args=[row]), {"address": "x"}).status_code == 403
    assert client.post(reverse(f"admin:{model}_delete", args=[row]), {"post": "yes"}).status_code == 403
