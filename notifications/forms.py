"""Forms."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PreferencesForm(forms.Form):
    """Preferences for mails."""

    reminders = forms.BooleanField(
        label=_("Remind me before a subscription ends"),
        required=False,
        help_text=_("A mail some days before the end, so that you can renew in time."),
    )
