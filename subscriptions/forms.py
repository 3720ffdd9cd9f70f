"""Forms."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from subscriptions.access.plan_groups import refused_groups
from subscriptions.models import REASON_LENGTH, Plan
from subscriptions.terms import Terms

if TYPE_CHECKING:
    NewPlanForm = forms.ModelForm[Plan]
else:
    # It takes no parameter at run time.
    NewPlanForm = forms.ModelForm


class ReasonField(forms.CharField):
    """Lines end as the history keeps them; a browser sends two characters for an end of line and counts one."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class CancellationForm(forms.Form):
    """An optional reason for cancelling."""

    reason = ReasonField(
        label=_("Why are you cancelling? (optional)"),
        max_length=REASON_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DaysField(forms.CharField):
    """Whole numbers separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        """As they are typed."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the list. Raises ValidationError."""
        try:
            return [int(part) for part in (super().to_python(value) or "").split(",") if part.strip()]
        except ValueError as error:
            raise forms.ValidationError(_("Enter whole numbers separated by commas, such as 7, 1.")) from error


class PlanForm(NewPlanForm):
    """A plan, as operators describe it."""

    reminder_days = DaysField(
        label=_("Reminders"),
        required=False,
        help_text=_("Days before the end on which the subscriber is reminded, such as 7, 1. Leave empty for none."),
    )

    duration_months = forms.IntegerField(
        label=_("Duration in months"), required=False, min_value=0, help_text=_("Calendar months, 12 for a year.")
    )
    duration_days = forms.IntegerField(
        label=_("Duration in days"), required=False, min_value=1, help_text=_("Leave empty for a plan by months.")
    )

    trial_days = forms.IntegerField(
        label=_("Trial"), required=False, min_value=0, help_text=_("days free of charge, once per person; 0: none")
    )
    grace_days = forms.IntegerField(
        label=_("Grace"),
        required=False,
        min_value=0,
        help_text=_("days after the end on which access goes on while a renewal by charge is late"),
    )

    class Meta:
        model = Plan
        fields = (
            "name",
            "description",
            "includes",
            "price",
            "currency",
            "duration_months",
            "duration_days",
            "trial_days",
            "grace_days",
            "compared_with",
            "groups",
            "on_sale",
            "reminder_days",
        )
        widgets = {"includes": forms.Textarea(attrs={"rows": 5})}

    def clean_groups(self) -> Any:
        """Return the groups. Raises ValidationError for those that a plan cannot grant."""
        groups = self.cleaned_data["groups"]
        if refused := refused_groups(groups):
            raise forms.ValidationError(
                _("%(groups)s: choose groups without members; subscriptions will decide who is in them."),
                params={"groups": ", ".join(group.name for group in refused)},
            )
        return groups

    def clean_trial_days(self) -> int:
        """Return what the plan has for an empty field."""
        given: int | None = self.cleaned_data["trial_days"]
        return self.instance.trial_days if given is None else given

    def clean_grace_days(self) -> int:
        """Return what the plan has for an empty field."""
        given: int | None = self.cleaned_data["grace_days"]
        return self.instance.grace_days if given is None else given

    def clean_duration_months(self) -> int:
        """Return 0 for an empty field."""
        return self.cleaned_data["duration_months"] or 0


class TermsForm(forms.Form):
    """Hidden fields that send back the terms that a page shows."""

    price = forms.DecimalField(required=False, widget=forms.HiddenInput)
    currency = forms.CharField(required=False, widget=forms.HiddenInput, empty_value=None)
    duration_days = forms.IntegerField(required=False, widget=forms.HiddenInput)
    duration_months = forms.IntegerField(required=False, widget=forms.HiddenInput)
    end_date = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    status = forms.CharField(required=False, widget=forms.HiddenInput, empty_value=None)
    trial_days = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @classmethod
    def showing(cls, terms: Terms) -> "TermsForm":
        """Return the fields for a page that shows these terms."""
        # As text: a widget would cut the microseconds off.
        form = cls(initial=terms.as_text(), auto_id=False)
        for name in set(form.fields) - set(form.initial):
            del form.fields[name]
        return form

    def terms(self) -> Terms:
        """Return the terms that a valid form states."""
        return Terms(**self.cleaned_data)
