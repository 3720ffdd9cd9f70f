"""Form by which a user leaves."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.account_forms import PasswordForm


class LeavingForm(PasswordForm):
    """When to erase the account, and what every change of access asks for."""

    NOW, AT_END = "now", "at_end"

    when = forms.ChoiceField(label=_("When"), widget=forms.RadioSelect)
    field_order = ["when", "password"]

    def __init__(self, request: HttpRequest, lasts: bool, data: Any = None) -> None:
        super().__init__(request, data)
        at_end = [(self.AT_END, _("When my last subscription has ended"))] if lasts else []
        field = self.fields["when"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = (
            [*at_end, (self.NOW, _("Now, without the access that is left"))] if lasts else [(self.NOW, _("Now"))]
        )
        field.initial = self.AT_END if lasts else self.NOW
