"""Brand: the name of the site and its legal links, for pages, mails and descriptions."""

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext, gettext_lazy

LINKS = {
    "SITE_IMPRINT_URL": gettext_lazy("Imprint"),
    "SITE_TERMS_URL": gettext_lazy("Terms"),
    "SITE_PRIVACY_URL": gettext_lazy("Privacy"),
    "SITE_CONTACT_URL": gettext_lazy("Contact"),
}
"""Settings that hold an address or an empty text, with the texts of their links in the order of the footer."""


@dataclass(frozen=True)
class FooterLink:
    """A link with its text; the address is absolute, or a path of this site."""

    text: str
    url: str

    def below(self, root: str) -> "FooterLink":
        """Return the link with `root` (a stage's prefix, or the site's address) before a path."""
        return replace(self, url=f"{root.rstrip('/')}{self.url}") if self.url.startswith("/") else self


def site_name() -> str:
    """Return SITE_NAME, or "Subscriptions" in the active language where it is empty."""
    return settings.SITE_NAME or gettext("Subscriptions")


def operations_title() -> str:
    """Return the title of the operators' pages, in the active language."""
    if not settings.SITE_NAME:
        return gettext("Subscription operations")
    return gettext("%(site)s operations") % {"site": settings.SITE_NAME}


def footer_links_below(root: str) -> list[FooterLink]:
    """Return the links that have an address, in the active language, with `root` before those that are paths."""
    return [FooterLink(str(text), url).below(root) for name, text in LINKS.items() if (url := getattr(settings, name))]


def terms_link_below(root: str) -> FooterLink | None:
    """Return the link to the terms, in the active language; None if the site has none."""
    url = settings.SITE_TERMS_URL
    return FooterLink(str(LINKS["SITE_TERMS_URL"]), url).below(root) if url else None


def footer_link(text: str) -> str:
    """Return the text if it is an http(s) address or a path of this site. Raises ValueError."""
    parts = urlsplit(text)
    is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    is_path = not parts.scheme and not parts.netloc and text.startswith("/")
    if not (is_address or is_path) or not text.isprintable() or " " in text or "\\" in text:
        raise ValueError(text)
    return text


def one_line(text: str) -> str:
    """Return the text without spaces around it, if it is one line of at most 60 characters. Raises ValueError."""
    name = text.strip()
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise ValueError(text)
    return name


LONGEST_NAME = 60
"""Characters of SITE_NAME. It stands in the header beside the navigation, and in the title of each page."""

footer_link.__name__ = "http(s) address or path that begins with /"
one_line.__name__ = f"single line of at most {LONGEST_NAME} characters"
