"""Account mails are rendered when they are sent, and their links are made then."""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from foundation import registries
from foundation.mail import AccountMail, MailKind, ObsoleteMail, Rendered, UnknownMailKind, mail_kind
from tests.support.account_mails import GRANTING_LINK, KNOWN, render_enter
from tests.support.factories import NOW


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registries.MAIL_KINDS, "_paths", {"tests.support.account_mails.KINDS": None})
    yield
    mail.outbox.clear()


def parts(sent: mail.EmailMessage) -> tuple[str, str]:
    message = message_from_bytes(sent.message().as_bytes(), policy=default)
    text, html = (part.get_content() for part in message.walk() if not part.is_multipart())
    return text, html


def test_backend_that_stores_nothing_gets_the_rendered_mail() -> None:
    assert AccountMail("enter", KNOWN, "7").send() == 1
    [sent] = mail.outbox
    text, html = parts(sent)
    assert (sent.subject, sent.to) == ("Enter the site", [KNOWN])
    assert GRANTING_LINK in text
    assert f'href="{GRANTING_LINK.replace("&", "&amp;")}"' in html


def test_mail_about_one_thing_is_rendered_by_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def render_about(key: str, now: datetime) -> Rendered | None:
        return Rendered(f"About {key}", "Text", "<p>Text</p>") if key != "gone" else None

    kind = MailKind("enter", "Link to enter", render_enter, render_about=render_about)
    monkeypatch.setattr("foundation.mail.find_mail_kind", lambda name: kind)
    assert [AccountMail("enter", KNOWN, about=key).send() for key in ("7", "gone", "")] == [1, 0, 1]
    assert [sent.subject for sent in mail.outbox] == ["About 7", "Enter the site"]


def test_obsolete_mail_is_not_sent() -> None:
    assert AccountMail("enter", "stranger@example.com").send() == 0
    assert not mail.outbox
    with pytest.raises(ObsoleteMail, match="of the kind enter is obsolete"):
        AccountMail("enter", "stranger@example.com").message()


def test_backend_that_renders_later_gets_an_unrendered_mail() -> None:
    class Later(EmailBackend):
        renders_later = True

        def send_messages(self, messages: object) -> int:
            assert isinstance(messages, list)
            taken.extend(messages)
            return len(messages)

    taken: list[AccountMail] = []
    assert AccountMail("enter", "stranger@example.com", connection=Later()).send() == 1
    [waiting] = taken
    assert (waiting.kind.name, waiting.to_address, waiting.user_id) == ("enter", "stranger@example.com", None)
    assert (waiting.subject, waiting.body, waiting.alternatives) == ("", "", [])


def test_unknown_kind_is_refused_at_once() -> None:
    with pytest.raises(UnknownMailKind, match="no mail of the kind 'exit' is registered"):
        AccountMail("exit", KNOWN)


def test_preview_holds_no_link_and_makes_none() -> None:
    def refuse() -> str:
        raise AssertionError("a preview makes no link")

    rendered = render_enter(KNOWN, "7", NOW)
    assert rendered
    masked = Rendered(rendered.subject, rendered.text, rendered.html, make_link=refuse).masked()
    assert "…" in masked.text
    assert "…" in masked.html
    assert GRANTING_LINK not in masked.text + masked.html
    assert masked.complete() == masked


def test_mail_without_a_link_is_complete_as_it_is() -> None:
    rendered = Rendered("Goodbye", "Gone.", "<p>Gone.</p>")
    assert rendered.complete() == rendered


def test_kind_has_a_label_for_operators() -> None:
    kind = mail_kind("enter")
    assert isinstance(kind, MailKind)
    assert str(kind.label) == "Link to enter"
