"""Form by which a user leaves."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.account_forms import PasswordForm
from accounts.models import User

FRESH = timedelta(minutes=10)
"""Age of a sign-in that stands for the password of an account without one."""


class LeavingForm(PasswordForm):
    """When to erase the account, and the password, or a fresh sign-in for an account without one."""

    NOW, AT_END = "now", "at_end"

    when = forms.ChoiceField(label=_("When"), widget=forms.RadioSelect)
    field_order = ["when", "password"]

    def __init__(self, user: User, now: datetime, lasts: bool, data: Any = None) -> None:
        super().__init__(user, data)
        self.now = now
        at_end = [(self.AT_END, _("When my last subscription has ended"))] if lasts else []
        field = self.fields["when"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = (
            [*at_end, (self.NOW, _("Now, without the access that is left"))] if lasts else [(self.NOW, _("Now"))]
        )
        field.initial = self.AT_END if lasts else self.NOW

    def clean(self) -> dict[str, Any]:
        """Require a fresh sign-in where there is no password."""
        super().clean()
        signed_in_at = self.user.last_login
        if "password" not in self.fields and (signed_in_at is None or self.now - signed_in_at > FRESH):
            raise forms.ValidationError(_("Sign out and in again, then delete the account within ten minutes."))
        return self.cleaned_data
