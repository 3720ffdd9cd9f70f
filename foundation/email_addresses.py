"""E-mail addresses: validation, normalisation for delivery, comparison and display."""

import re
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

SENDER = re.compile(r"(?P<name>[^<>@]*)<(?P<bracketed>[^<>\s]+)>|(?P<bare>[^<>\s]+)")
LONGEST_ADDRESS = 254  # https://www.rfc-editor.org/errata/eid1690

ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
PLAIN = re.compile(rf"{ATOM}(?:\.{ATOM})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.)+[A-Za-z]{{2,63}}")
"""Nearly all addresses. Django's validator accepts them, too, and compiling its pattern adds 22 ms to a cold start."""


class UndeliverableAddress(ValueError):
    """The e-mail address is missing or undeliverable. Ask its owner for another."""


@dataclass(frozen=True)
class Sender:
    """Sender of mails: display name, which may be empty, and bare address."""

    name: str
    address: str


def address_of(user: Any) -> str:
    """Return the user's e-mail address as entered, or ""."""
    return getattr(user, user.get_email_field_name(), "") or ""


def deliverable(address: str) -> str:
    """Return the address with its domain in ASCII, as SES requires.

    Raises UndeliverableAddress. Django's validator alone accepts domains that DNS cannot represent.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html
    """
    if len(address) <= LONGEST_ADDRESS and PLAIN.fullmatch(address):
        return address
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
    """Parse `address` or `Name <address>`. Raises UndeliverableAddress."""
    found = SENDER.fullmatch(text.strip())
    if not found or not text.isprintable():
        raise UndeliverableAddress("expected an address, or a name with an address in angle brackets")
    name = found["name"] or ""
    return Sender(name.strip().strip('"'), deliverable(found["bracketed"] or found["bare"]))


def normalised(address: str) -> str:
    """Return the address for comparison: deliverable and in lower case, or "" if undeliverable."""
    try:
        return deliverable(address).lower()
    except UndeliverableAddress:
        return ""


def readable(address: str) -> str:
    """Return the address for display: domain in Unicode and lower case. Raises UndeliverableAddress."""
    local_part, _, domain = deliverable(address).rpartition("@")
    return f"{local_part}@{_readable_domain(domain.lower())}"


def spellings(address: str) -> set[str]:
    """Return the spellings in which an account may store the address: as entered, in ASCII, and readable."""
    try:
        return {address, normalised(address), readable(address)}
    except UndeliverableAddress:
        return {address}


def holds_address(field: str, address: str) -> Q:
    """Return a condition for rows whose field contains the address, in any spelling and case."""
    return Q(*((f"{field}__iexact", spelling) for spelling in sorted(spellings(address))), _connector=Q.OR)


def _ascii_domain(domain: str) -> str:
    """Apply UTS 46, as browsers do. Python's own codec turns `faß.de` into `fass.de`, which is another domain."""
    if domain.isascii():
        return domain
    # Imported late: its tables add 50 ms to a cold start, and nearly all domains are ASCII.
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
