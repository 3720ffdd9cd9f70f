"""Account mails to many users at once."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import get_connection

from foundation.email_addresses import address_of
from foundation.mail import AccountMail


def send_to_each(kind: str, users: Iterable[AbstractBaseUser]) -> int:
    """Send a mail of the kind to each user who has an address, once; return the number. The outbox needs one query."""
    addressed = {user.pk: user for user in users if address_of(user)}
    if not addressed:
        return 0
    connection = get_connection()
    mails = [AccountMail(kind, address_of(user), str(key), connection) for key, user in addressed.items()]
    if getattr(connection, "renders_later", False):
        connection.send_messages(mails)
    else:
        for mail in mails:
            mail.send()
    return len(mails)
