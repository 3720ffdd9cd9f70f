"""Composition of account mails: paragraphs and links in the site's frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string

from foundation.mail import Rendered
from foundation.web.brand import footer_links_below, site_name


@dataclass(frozen=True)
class Link:
    """A link of a mail with its text."""

    text: str
    url: str


def compose(
    subject: str,
    before: Sequence[str],
    links: Sequence[Link] = (),
    after: Sequence[str] = (),
    make_link: Callable[[], str] | None = None,
) -> Rendered:
    """Return a mail of paragraphs before and after its links, in the active language."""
    full_subject = f"{site_name()}: {subject}"
    context = {
        "subject": full_subject,
        "before": before,
        "links": links,
        "after": after,
        "site_name": site_name(),
        "footer_links": footer_links_below(settings.SITE_URL),
    }
    text = render_to_string("account/mail.txt", context)
    return Rendered(full_subject, text, render_to_string("account/mail.html", context), make_link)
