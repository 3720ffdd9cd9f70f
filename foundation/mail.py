"""Account mails: messages that are stored as a kind, an address, a user and a key, and rendered when they are sent.

    AccountMail("reset_password", "ada@example.com").send()

An app registers its kinds in `foundation.registries.MAIL_KINDS`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.functional import Promise
from django.utils.html import escape

from foundation import clock, registries

LINK = "https://link.invalid/made-when-sent"
"""Stands in a rendered mail for the link that grants something. The domain never resolves (RFC 2606, section 2)."""

HIDDEN_LINK = "…"


class UnknownMailKind(LookupError):
    """No app registers a mail of this kind. Register it in `foundation.registries.MAIL_KINDS`."""


class ObsoleteMail(ValueError):
    """The mail has no reason any more, such as an account with its address. Do not send it."""


@dataclass(frozen=True)
class Rendered:
    """A mail's subject, text and HTML, with LINK in place of a link that grants something.

    `make_link` makes that link once the mail is about to be sent. A preview never calls it.
    """

    subject: str
    text: str
    html: str
    make_link: Callable[[], str] | None = None

    def complete(self) -> "Rendered":
        """Return the mail as it is sent, with a working link."""
        return self._with_link(self.make_link()) if self.make_link else self

    def masked(self) -> "Rendered":
        """Return the mail for operators, without a working link."""
        return self._with_link(HIDDEN_LINK)

    def _with_link(self, link: str) -> "Rendered":
        text, html = self.text.replace(LINK, link), self.html.replace(LINK, escape(link))
        return replace(self, text=text, html=html, make_link=None)


Renderer = Callable[[str, str | None, datetime], Rendered | None]
"""Renders the mail to an address and a user's key, if one is given, at an instant. None: the mail is obsolete."""

RendererAbout = Callable[[str, datetime], Rendered | None]
"""Renders the mail about the one thing that has this key, such as an event, at an instant. None: as above."""


@dataclass(frozen=True)
class MailKind:
    """A kind of account mail: its name, which is stored, its label for operators, and its renderers."""

    name: str
    label: str | Promise
    render: Renderer
    is_to_own_address: bool = True
    """False if a mail of this kind that names a user goes to an address that the user has yet to prove."""
    render_about: RendererAbout | None = None
    """Renders a mail that was stored with a key; `render` does any other."""

    def rendered(self, address: str, user_id: str | None, about: str, now: datetime) -> Rendered | None:
        """Render a mail of this kind; return None if it is obsolete."""
        if about and self.render_about:
            return self.render_about(about, now)
        return self.render(address, user_id, now)


class AccountMail(EmailMultiAlternatives):
    """A mail of a registered kind to one address.

    A backend with `renders_later` stores kind, address, user's key and that of what the mail is about, and renders the
    mail when it is delivered. For any other backend it is rendered when it is sent.
    """

    def __init__(
        self, kind: str, to_address: str, user_id: str | None = None, connection: Any = None, *, about: str = ""
    ) -> None:
        """Prepare a mail; raises UnknownMailKind."""
        super().__init__(to=[to_address], connection=connection)
        self.kind = mail_kind(kind)
        self.to_address = to_address
        self.user_id = user_id
        self.about = about
        self._is_rendered = False

    def send(self, fail_silently: bool = False, **kwargs: Any) -> int:
        """Send or store the mail. Return 0 if it is obsolete already."""
        self.connection = self.connection or get_connection(fail_silently=fail_silently)
        if not getattr(self.connection, "renders_later", False) and not self._render():
            return 0
        return super().send(fail_silently, **kwargs)

    def message(self, **kwargs: Any) -> Any:
        """Return the message with a working link; takes the arguments of Django's. Raises ObsoleteMail."""
        if not self._is_rendered and not self._render():
            raise ObsoleteMail(f"a mail of the kind {self.kind.name} is obsolete")
        return super().message(**kwargs)

    def _render(self) -> bool:
        """Return False if the mail is obsolete."""
        rendered = self.kind.rendered(self.to_address, self.user_id, self.about, clock.now())
        if rendered is None:
            return False
        final = rendered.complete()
        self.subject, self.body = final.subject, final.text
        self.alternatives = []
        self.attach_alternative(final.html, "text/html")
        self._is_rendered = True
        return True


def mail_kinds() -> Iterator[MailKind]:
    """Yield the registered kinds."""
    return registries.MAIL_KINDS.items(MailKind)


def mail_kind(name: str) -> MailKind:
    """Return the kind of this name. Raises UnknownMailKind."""
    if found := find_mail_kind(name):
        return found
    raise UnknownMailKind(f"no mail of the kind {name!r} is registered")


def find_mail_kind(name: str) -> MailKind | None:
    """Return the kind of this name, or None if it is not registered."""
    return next((kind for kind in mail_kinds() if kind.name == name), None)
