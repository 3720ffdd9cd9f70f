"""Sign-ins, by which the account page lists sessions."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

LONGEST_BROWSER = 200


class SignIn(models.Model):
    """A sign-in that began a session. Sessions of the release before have none, and end all the same."""

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,  # the release before deletes users and does not know this table
    )
    signed_in_at = models.DateTimeField(db_default=Now(), db_index=True)
    browser = models.CharField(max_length=LONGEST_BROWSER, default="", db_default="")

    class Meta:
        verbose_name = "sign-in"
        verbose_name_plural = "sign-ins"

    def __str__(self) -> str:
        return f"{self.user_id} at {self.signed_in_at}"
