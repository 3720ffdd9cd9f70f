"""People who use the admin, and what they do there."""

import re
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from subscriptions.admin import bulk_actions
from subscriptions.models import Subscription
from tests.support.factories import make_user


def make_staff(*permissions: str) -> User:
    """Staff with these permissions, such as `subscriptions.view_subscription`."""
    staff = make_user(is_staff=True)
    for permission in permissions:
        app, _, codename = _as_named(permission).partition(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return staff


def _as_named(permission: str) -> str:
    """A permission of Django's own user model, as the user model has it."""
    options = get_user_model()._meta
    moved = permission.replace("auth.", f"{options.app_label}.").replace("_user", f"_{options.model_name}")
    return moved if re.fullmatch(r"auth\.[a-z]+_user", permission) else permission


def sign_in(user: User) -> Client:
    """A browser of the user's."""
    client = Client()
    client.force_login(user)
    return client


def choose(client: Client, model: str, action: str, keys: Iterable[int], **fields: str) -> HttpResponse:
    """Post an action of the change list of `model`, such as `subscriptions_subscription`, for these rows."""
    data = {"action": action, "_selected_action": [str(key) for key in keys]} | fields
    response: HttpResponse = client.post(reverse(f"admin:{model}_changelist"), data, follow=True)  # type: ignore[assignment]
    return response


def confirm(client: Client, action: str, subscriptions: Iterable[Subscription], **fields: str) -> HttpResponse:
    """Post the page that asks about these subscriptions, as it was shown for their present state."""
    rows = list(subscriptions)
    wish = getattr(bulk_actions, action.upper())
    seen = {f"seen-{row.pk}": bulk_actions.state_of(row, wish) for row in rows}
    keys = [row.pk for row in rows]
    return choose(client, "subscriptions_subscription", action, keys, confirmed="yes", **seen, **fields)


def messages(response: HttpResponse) -> list[str]:
    """What the page tells the operator."""
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]
