"""Times of the mails that visitors had sent to an address, whether or not an account has it."""

from django.db import models


class MailLimit(models.Model):
    """The last three mails to an address that somebody who typed it asked for.

    `bucket` is a keyed hash of the kind and the address, so that the table names nobody. `language` is that of the
    page on which the newest was asked for.
    """

    bucket = models.CharField(max_length=64, primary_key=True)
    last = models.DateTimeField(null=True, db_index=True)
    second_last = models.DateTimeField(null=True)
    third_last = models.DateTimeField(null=True)
    language = models.CharField(max_length=16, default="", db_default="")

    class Meta:
        verbose_name = "limit of mails"
        verbose_name_plural = "limits of mails"

    def __str__(self) -> str:
        return f"last mail {self.last}"
