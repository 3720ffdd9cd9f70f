"""Numbers of accounts opened and addresses confirmed on each day."""

from django.db import models


class DailyCount(models.Model):
    """Numbers of one day, in UTC. They are totals, which name nobody and stay when an account is erased.

    A sign-up opens its account by confirming the address. Addresses that staff enter count as confirmed.
    """

    day = models.DateField(primary_key=True)
    signed_up = models.PositiveIntegerField(default=0, db_default=0)
    added_by_staff = models.PositiveIntegerField(default=0, db_default=0)
    addresses_changed = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name = "daily count"
        verbose_name_plural = "daily counts"

    def __str__(self) -> str:
        return f"{self.day}"
