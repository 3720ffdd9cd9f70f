"""Form for language and time zone."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Profile
from accounts.preferences import time_zone_names


class LanguageForm(forms.Form):
    """Language and time zone; an empty choice leaves it to the browser."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        help_text=gettext_lazy("Pages and mails state times in it. Without one known, they state them in UTC."),
    )

    def __init__(self, profile: Profile, browser_time_zone: str, data: Any = None) -> None:
        super().__init__(data, initial={"language": profile.language, "time_zone": profile.time_zone})
        self._offer("language", [("", _("As in the browser")), *settings.LANGUAGES])
        detected = browser_time_zone or profile.browser_time_zone
        from_browser = _("As in the browser (%(zone)s)") % {"zone": detected} if detected else _("As in the browser")
        names = ["UTC", *time_zone_names()]
        self._offer("time_zone", [("", from_browser), *((name, name.replace("_", " ")) for name in names)])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices
