"""What is known of an API token beside django-rest-knox's own table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenDetails(models.Model):
    """Name, scopes and last use of an API token. A token that the release before this one made has no row."""

    token = models.OneToOneField(
        "knox.AuthToken",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="details",
        db_constraint=False,  # the release before deletes tokens and does not know this table
    )
    name = models.CharField(_("name"), max_length=100, blank=True, default="", db_default="")
    scopes = models.JSONField(
        _("scopes"), null=True, blank=True, default=None, help_text=_("empty: those of tokens from before scopes")
    )
    personal = models.BooleanField(
        default=False, db_default=False, help_text="made by its owner, so that it ends with a changed password"
    )
    last_used_at = models.DateTimeField(_("last use"), null=True)

    class Meta:
        verbose_name = _("details of a token")
        verbose_name_plural = _("details of tokens")

    def __str__(self) -> str:
        return self.name or str(self.pk)[:8]
