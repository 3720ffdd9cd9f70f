"""E-mail addresses, as SES takes them and as they are compared."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications.errors import UndeliverableAddress

LONGEST_ADDRESS = 254  # https://www.rfc-editor.org/errata/eid1690


def deliverable(address: str) -> str:
    """The address with its domain as DNS has it, in ASCII, which is how SES takes it:
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html

    Raises UndeliverableAddress. Django's validator alone passes domains that no DNS can hold.
    """
    try:
        validate_email(address)
        local_part, _, domain = address.rpartition("@")
        found = f"{local_part.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except (ValidationError, UnicodeError) as error:
        raise UndeliverableAddress("not a valid e-mail address" if address else "no e-mail address") from error
    if len(found) > LONGEST_ADDRESS:
        raise UndeliverableAddress("not a valid e-mail address")
    return found


def normalised(address: str) -> str:
    """The address as it is compared: deliverable, and in lower case; empty if no mail could reach it."""
    try:
        return deliverable(address).lower()
    except UndeliverableAddress:
        return ""
