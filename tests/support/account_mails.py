"""Account mails of an app: one that grants something, and one that becomes obsolete."""

from datetime import datetime

from foundation.mail import LINK, MailKind, Rendered

GRANTING_LINK = "https://site.example/enter/?key=Zu2vS9&user=7"
"""Link that `enter` grants something with."""

KNOWN = "ada@example.com"


def render_enter(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Return a mail with a link for the one known address."""
    if address != KNOWN:
        return None
    text = f"Hello {user_id or 'you'}, it is {now:%H:%M}.\n\n{LINK}\n"
    html = f'<p>Hello {user_id or "you"}.</p><p><a href="{LINK}">Enter</a></p>'
    return Rendered("Enter the site", text, html, make_link=lambda: GRANTING_LINK)


def render_farewell(address: str, user_id: str | None, now: datetime) -> Rendered | None:
    """Return a mail without a link."""
    return Rendered("Goodbye", "Your account is gone.", "<p>Your account is gone.</p>")


KINDS = (MailKind("enter", "Link to enter", render_enter), MailKind("farewell", "Farewell", render_farewell))
