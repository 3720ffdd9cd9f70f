"""Users of the admin and their actions."""

import re
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import SignIn, User
from subscriptions.admin import bulk_actions
from subscriptions.models import Subscription
from tests.support.factories import make_user


def make_staff(*permissions: str) -> User:
    """Create staff with these permissions, such as `subscriptions.view_subscription`."""
    staff = make_user(is_staff=True)
    for permission in permissions:
        app, _, codename = _as_named(permission).partition(".")
        staff.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return staff


def _as_named(permission: str) -> str:
    """Return the name of a user permission for the user model in use."""
    options = get_user_model()._meta
    moved = permission.replace("auth.", f"{options.app_label}.").replace("_user", f"_{options.model_name}")
    return moved if re.fullmatch(r"auth\.[a-z]+_user", permission) else permission


def sign_in(user: User) -> Client:
    """Return a browser with the user signed in."""
    client = Client()
    client.force_login(user)
    return client


def begin_anew(browser: Client, user: User) -> None:
    """Sign the user in with the browser as the service does: the beginning of the session is recorded."""
    browser.force_login(user)
    SignIn.objects.create(session_key=str(browser.session.session_key), user_id=user.pk)


def choose(client: Client, model: str, action: str, keys: Iterable[int], **fields: str) -> HttpResponse:
    """Post an action of the change list of `model`, such as `subscriptions_subscription`, for these rows."""
    data = {"action": action, "_selected_action": [str(key) for key in keys]} | fields
    response: HttpResponse = client.post(reverse(f"admin:{model}_changelist"), data, follow=True)  # type: ignore[assignment]
    return response


def confirm(client: Client, action: str, subscriptions: Iterable[Subscription], **fields: str) -> HttpResponse:
    """Post the confirmation page for these subscriptions, as shown for their present state."""
    rows = list(subscriptions)
    wish = getattr(bulk_actions, action.upper())
    seen = {f"seen-{row.pk}": bulk_actions.state_of(row, wish) for row in rows}
    keys = [row.pk for row in rows]
    return choose(client, "subscriptions_subscription", action, keys, confirmed="yes", **seen, **fields)


def messages(response: HttpResponse) -> list[str]:
    """Return the messages on the page."""
    return [str(message) for message in response.context["messages"]]  # type: ignore[attr-defined]
