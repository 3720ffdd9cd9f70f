"""Admin of price changes: an operator applies a plan's new price to its existing subscribers."""

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation import clock
from foundation.admin import HistoryAdmin
from payments.errors import PriceChangeRefused
from payments.models import PriceChange
from payments.renewal.price_changes import decide_price, refuse_price_change
from subscriptions.admin.reasons import operator_of

if TYPE_CHECKING:
    ChangeForm = forms.ModelForm[PriceChange]
else:
    # It takes no parameter at run time.
    ChangeForm = forms.ModelForm


class PriceChangeForm(ChangeForm):
    """Plan, day and reason. The price is the plan's present one."""

    day = forms.DateField(
        label=_("From"),
        help_text=_("As in 2027-02-01. Periods that begin on this day (UTC) or later cost the new price."),
    )

    class Meta:
        model = PriceChange
        fields = ("plan", "day", "reason")
        help_texts = {"plan": _("Change the plan's price first: that changes new sales only.")}

    @property
    def starts_at(self) -> datetime:
        """The beginning of the day in UTC."""
        return datetime.combine(self.cleaned_data["day"], time.min, UTC)

    def clean(self) -> dict[str, Any]:
        """Refuse what the service would refuse."""
        super().clean()
        if {"plan", "day"} <= self.cleaned_data.keys():
            try:
                refuse_price_change(self.cleaned_data["plan"], self.starts_at, clock.now())
            except PriceChangeRefused as error:
                raise forms.ValidationError(str(error)) from error
        return self.cleaned_data


@admin.register(PriceChange)
class PriceChangeAdmin(HistoryAdmin):
    list_display = ["id", "plan", "price", "starts_at", "told", "finished_at", "decided_by", "decided_at"]
    list_select_related = ["plan", "decided_by"]
    form = PriceChangeForm
    shown = ("plan", "price", "starts_at", "reason", "told", "finished_at", "decided_by", "decided_at")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: PriceChange | None = None) -> tuple[str, ...]:
        return self.shown if obj else PriceChangeForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: PriceChange | None = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def save_model(self, request: HttpRequest, obj: PriceChange, form: Any, change: bool) -> None:
        """Decide the change instead of saving the form's row."""
        actor = operator_of(request)
        obj.pk = decide_price(obj.plan, form.starts_at, obj.reason, now=clock.now(), actor=actor).pk
        obj.refresh_from_db()

    @admin.display(description=_("amount"))
    def price(self, change: PriceChange) -> str:
        return f"{change.amount_text} {change.currency}"
