"""The access audit, run by an operator."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from subscriptions.models import AccessAuditRun
from tests.support.factories import has_access, make_user
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

VIEW = "subscriptions.view_accessauditrun"
RUN = "subscriptions.add_accessauditrun"


def address() -> str:
    return reverse("admin:run_access_audit")


def test_audit_corrects_access_and_is_logged_with_its_reason() -> None:
    operator = make_staff(VIEW, RUN)
    stranger = make_user()
    stranger.groups.add(Group.objects.get(name="Subscribers"))
    answer: Any = sign_in(operator).post(address(), {"reason": "Imported users"}, follow=True)
    assert messages(answer) == ["Access given to 0 and taken from 1 users; 0 failed."]
    assert not has_access(stranger)
    run = AccessAuditRun.objects.get()
    assert (run.taken, run.complete) == (1, True)
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id) == (operator.pk, str(run.pk))
    assert entry.change_message == "Run by hand. Reason: Imported users"


def test_reason_is_asked_for_first() -> None:
    client = sign_in(make_staff(VIEW, RUN))
    assert "does not match their subscriptions" in client.get(address()).content.decode()
    assert client.post(address(), {}).context["form"].errors["reason"]
    assert not AccessAuditRun.objects.exists()


def test_only_holders_of_the_permission_run_it() -> None:
    client = sign_in(make_staff(VIEW))
    assert client.post(address(), {"reason": "Curious"}).status_code == 403
    listed = client.get(reverse("admin:subscriptions_accessauditrun_changelist")).content.decode()
    assert address() not in listed
    assert not AccessAuditRun.objects.exists()
