"""E-mail addresses: the form that they are sent to, compared by, and shown in."""

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

SENDER = re.compile(r"(?P<name>[^<>@]*)<(?P<bracketed>[^<>\s]+)>|(?P<bare>[^<>\s]+)")
LONGEST_ADDRESS = 254  # https://www.rfc-editor.org/errata/eid1690


class UndeliverableAddress(ValueError):
    """There is no e-mail address, or it is one that no mail can reach. Ask its owner for another."""


@dataclass(frozen=True)
class Sender:
    """Whom mails come from: a display name, which may be empty, and the bare address."""

    name: str
    address: str


def address_of(user: Any) -> str:
    """Return the address of a user, as they gave it; empty if there is none."""
    return getattr(user, user.get_email_field_name(), "") or ""


def deliverable(address: str) -> str:
    """Return the address with its domain as DNS has it, in ASCII, which is how SES takes it:
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html

    Raises UndeliverableAddress. Django's validator alone passes domains that no DNS can hold.
    """
    try:
        validate_email(address)
        local_part, _, domain = address.rpartition("@")
        found = f"{local_part.encode('ascii').decode()}@{_ascii_domain(domain)}"
    except (ValidationError, UnicodeError) as error:
        raise UndeliverableAddress("not a valid e-mail address" if address else "no e-mail address") from error
    if len(found) > LONGEST_ADDRESS:
        raise UndeliverableAddress("not a valid e-mail address")
    return found


def read_sender(text: str) -> Sender:
    """Read `address`, or `Name <address>`. Raises UndeliverableAddress."""
    found = SENDER.fullmatch(text.strip())
    if not found or not text.isprintable():
        raise UndeliverableAddress("neither an address nor a name with an address in angle brackets")
    name = found["name"] or ""
    return Sender(name.strip().strip('"'), deliverable(found["bracketed"] or found["bare"]))


def normalised(address: str) -> str:
    """Return the address as it is compared: deliverable, and in lower case; empty if no mail could reach it."""
    try:
        return deliverable(address).lower()
    except UndeliverableAddress:
        return ""


def readable(address: str) -> str:
    """Return the address with its domain in the letters of its language, in lower case. Raises UndeliverableAddress."""
    local_part, _, domain = deliverable(address).rpartition("@")
    return f"{local_part}@{_readable_domain(domain.lower())}"


def spellings(address: str) -> set[str]:
    """Return the forms in which an account may hold the address: as typed, in ASCII, and readable."""
    try:
        return {address, normalised(address), readable(address)}
    except UndeliverableAddress:
        return {address}


def holds_address(field: str, address: str) -> Q:
    """Return the condition that the field holds the address, in any spelling and case."""
    return Q(*((f"{field}__iexact", spelling) for spelling in sorted(spellings(address))), _connector=Q.OR)


def _ascii_domain(domain: str) -> str:
    """Apply UTS 46, as browsers do. Python's own codec turns `faß.de` into `fass.de`, somebody else's domain."""
    if domain.isascii():
        return domain
    # Only here: its tables cost a cold start some 50 ms, and nearly all domains are ASCII.
    import idna  # noqa: PLC0415

    return idna.encode(domain, uts46=True).decode()


def _readable_domain(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    import idna  # noqa: PLC0415 - as above

    try:
        return idna.decode(domain)
    except idna.IDNAError:
        return domain
