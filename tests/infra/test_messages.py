"""Translations are complete and compiled."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import LazySettings

from infra import messages
from notifications.models import Channel, Notification
from notifications.ses.rendering import render_mail
from subscriptions.services import SubscriptionService
from tests.support.factories import make_plan, make_user

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")

EACH_CATALOGUE = pytest.mark.parametrize("path", messages.catalogues(), ids=lambda path: path.parts[-3])


def test_no_message_hides_in_an_f_string() -> None:
    """Python 3.11 tokenises an f-string as a whole, so no message inside would be found."""
    hidden = [
        f"{path}: {ast.unparse(call)}"
        for path in messages.sources()
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in messages.KEYWORDS
    ]
    assert hidden == []


@EACH_CATALOGUE
def test_catalogue_has_what_code_and_templates_say_now(path: Path) -> None:
    kept = {(message.id, message.context) for message in messages.read(path)}
    assert kept == {(message.id, message.context) for message in messages.updated(path)}, "run `make messages`"


@EACH_CATALOGUE
def test_every_message_is_translated(path: Path) -> None:
    assert messages.untranslated(messages.updated(path)) == []


@EACH_CATALOGUE
def test_compiled_file_is_up_to_date(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(path)), "run `make messages`"


@EACH_CATALOGUE
def test_translations_keep_the_placeholders(path: Path) -> None:
    for message in messages.read(path):
        texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        identity = message.id if isinstance(message.id, str) else message.id[-1]
        for text in texts if identity else []:
            assert sorted(PLACEHOLDER.findall(text or "")) == sorted(PLACEHOLDER.findall(identity))


@EACH_CATALOGUE
@pytest.mark.parametrize(
    "message",
    [
        "expired",
        "Skip to content",
        "Hello %(name)s,",
        "Newer",
        ("%(count)s day", "%(count)s days"),
        "Subscribe for %(price)s %(currency)s",
    ],
    ids=["in code", "in a template", "with a placeholder", "in an attribute's branch", "plural", "in a branch"],
)
def test_message_is_found(path: Path, message: messages.Identity) -> None:
    assert message in {identity for _, identity, _ in messages.found()}


@EACH_CATALOGUE
@pytest.mark.django_db
def test_mail_can_speak_it(path: Path, settings: LazySettings) -> None:
    settings.LANGUAGE_CODE = path.parts[-3]
    SubscriptionService.create_subscription(make_user(), make_plan())
    mail = render_mail(Notification.objects.get(channel=Channel.SES))
    assert mail.subject == "Ihr Abonnement Monthly hat begonnen"
    assert "Ihr Abonnement läuft bis" in mail.text
    assert "Ihr Abonnement läuft bis" in mail.html
