"""Links in the mails that were sent to an address."""

import re
from urllib.parse import urlsplit

from django.core import mail

LINK = re.compile(r"https?://\S+")


def links_to(address: str) -> list[str]:
    """Return the paths of the links in the newest mail to the address."""
    (newest, *_) = [sent for sent in reversed(mail.outbox) if sent.to == [address]]
    return [urlsplit(link).path for link in LINK.findall(str(newest.body))]


def link_to(address: str) -> str:
    """Return the path of the first link in the newest mail to the address."""
    return links_to(address)[0]
