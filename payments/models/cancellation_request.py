"""Cancellation requests: what somebody declared on the public page, before the link of a mail confirms it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import LONGEST_ADDRESS

TEXT_LENGTH = 200


class CancellationRequest(models.Model):
    """Declaration that a contract is to end, by a visitor who is not signed in. It ends nothing by itself."""

    address = models.CharField(_("address"), max_length=LONGEST_ADDRESS, help_text=_("to which the link is sent"))
    contract = models.CharField(
        _("contract"), max_length=TEXT_LENGTH, blank=True, help_text=_("in the visitor's words")
    )
    wish = models.CharField(_("when"), max_length=TEXT_LENGTH, blank=True, help_text=_("in the visitor's words"))
    requested_at = models.DateTimeField(_("requested at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)

    class Meta:
        verbose_name = _("cancellation request")
        verbose_name_plural = _("cancellation requests")
        indexes = [
            models.Index(fields=["address", "id"], name="cancellation_request_address"),
            models.Index(fields=["requested_at"], name="cancellation_request_by_time"),
        ]

    def __str__(self) -> str:
        return f"cancellation request {self.pk}"
