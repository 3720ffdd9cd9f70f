"""Profile of a user, beside any user model."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

LONGEST_LANGUAGE = 35
"""Characters. https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1"""

LONGEST_TIME_ZONE = 64
"""Characters; the longest name of the IANA database has 32."""

LONGEST_REASON = 500

LONGEST_EXTERNAL_USER_ID = 255


class Profile(models.Model):
    """Preferences of a user, the key by which a service knows them, changes of address and their wish to leave.

    Made on demand by `accounts.profiles.profile_of`: a user without a row has chosen nothing.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="profile",
        verbose_name=_("user"),
    )
    language = models.CharField(
        _("language"),
        max_length=LONGEST_LANGUAGE,
        blank=True,
        default="",
        db_default="",
        help_text=_("empty: that of the browser"),
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=LONGEST_TIME_ZONE,
        blank=True,
        default="",
        db_default="",
        help_text=_("empty: that of the browser"),
    )
    browser_language = models.CharField(
        _("language of the browser"), max_length=LONGEST_LANGUAGE, blank=True, default="", db_default=""
    )
    browser_time_zone = models.CharField(
        _("time zone of the browser"), max_length=LONGEST_TIME_ZONE, blank=True, default="", db_default=""
    )
    external_user_id = models.CharField(
        _("external user id"),
        max_length=LONGEST_EXTERNAL_USER_ID,
        null=True,
        blank=True,
        unique=True,
        help_text=_("set by a service"),
    )
    address_changes = models.PositiveIntegerField(
        _("changes of the address"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("ends the links of changes that were asked for before"),
    )
    leaving_since = models.DateTimeField(
        _("leaving since"),
        null=True,
        editable=False,
        help_text=_("the account is erased when its last subscription has ended"),
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("erased by"),
        help_text=_("empty: the user, or a command"),
    )
    erasure_reason = models.CharField(
        _("reason for the erasure"),
        max_length=LONGEST_REASON,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        permissions = [
            ("erase_user", _("Can erase users")),
            ("remove_second_factor", _("Can remove second factors")),
        ]
        indexes = [
            # Those whom the hourly job looks for, among all users.
            models.Index(
                fields=["leaving_since"],
                condition=models.Q(leaving_since__isnull=False, erased_at__isnull=True),
                name="profile_leaving",
            ),
        ]

    def __str__(self) -> str:
        return f"profile of user {self.pk}"
