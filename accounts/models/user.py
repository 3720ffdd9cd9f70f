"""User model. A team replaces it as a whole by naming its own in `AUTH_USER_MODEL`."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import UndeliverableAddress, readable

NAME_TAKEN = AbstractUser._meta.get_field("username").error_messages["unique"]


class User(AbstractUser):
    """A person or program with an account. Its tables are those of `django.contrib.auth.models.User`.

    Name and address (`email`, confirmed) are unique in any capitalisation, except among exempt rows. The constraints
    compare the form in which `clean` leaves an address.
    """

    unconfirmed_email = models.EmailField(
        "unconfirmed e-mail address",
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="awaits confirmation, then replaces the e-mail address; not unique",
    )
    exempt_from_uniqueness = models.BooleanField(
        default=False,
        db_default=True,
        editable=False,
        help_text="written by a release that allows one address, or one name in several capitalisations, twice",
    )

    class Meta(AbstractUser.Meta):
        db_table = "auth_user"
        swappable = "AUTH_USER_MODEL"
        indexes = [
            # iexact compares UPPER(...) on PostgreSQL.
            Index(Upper("email"), name="user_by_email"),
            Index(Upper("username"), name="user_by_name"),
            Index(fields=["username"], condition=Q(is_staff=True), name="user_is_staff"),
        ]
        constraints = [
            UniqueConstraint(
                Lower("email"),
                condition=~Q(email="") & Q(exempt_from_uniqueness=False),
                name="user_email_unique",
                violation_error_message=_("There is an account with this address already."),
            ),
            UniqueConstraint(
                Lower("username"),
                condition=Q(exempt_from_uniqueness=False),
                name="user_name_unique",
                violation_error_message=NAME_TAKEN,
            ),
        ]

    def clean(self) -> None:
        """Write the address in the one form that is compared; an undeliverable one stays as it is."""
        super().clean()
        try:
            self.email = readable(self.email)
        except UndeliverableAddress:
            return

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Include the constraints in forms, which exclude the field that their condition needs."""
        super().validate_constraints(exclude=set(exclude or ()) - {"exempt_from_uniqueness"})
