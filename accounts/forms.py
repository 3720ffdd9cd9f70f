"""Sign-up form."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import BaseUserCreationForm, UsernameField
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from foundation.email_addresses import UndeliverableAddress, holds_address, readable

UserModel = get_user_model()
NAME = UserModel.USERNAME_FIELD
EMAIL = UserModel.get_email_field_name()

if TYPE_CHECKING:
    NewUserForm = BaseUserCreationForm[User]
else:
    # It takes no parameter at run time.
    NewUserForm = BaseUserCreationForm


class SignUpForm(NewUserForm):
    """A new account. No other account has its name or address in any capitalisation."""

    class Meta:
        model = UserModel
        fields = tuple(dict.fromkeys([NAME, EMAIL, *UserModel.REQUIRED_FIELDS]))
        field_classes = {} if NAME == EMAIL else {NAME: UsernameField}
        labels = {EMAIL: _("E-mail address")}
        help_texts = {EMAIL: _("Where we confirm what happens to your subscriptions.")}
        widgets = {EMAIL: forms.EmailInput(attrs={"autocomplete": "email"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[EMAIL].required = self.fields[EMAIL].widget.is_required = True

    def clean(self) -> dict[str, Any]:
        """Refuse a name or address that an account has in any spelling, and an undeliverable address."""
        super().clean()
        if EMAIL in self.cleaned_data:
            self._clean_address(self.cleaned_data[EMAIL])
        if NAME != EMAIL and NAME in self.cleaned_data:
            self._refuse_taken(NAME, Q(**{f"{NAME}__iexact": self.cleaned_data[NAME]}))
        return self.cleaned_data

    def create_account(self) -> User | None:
        """Save a valid form. Return None, with an error on the form, if name or address was taken meanwhile."""
        try:
            with transaction.atomic():
                return self.save()
        except IntegrityError:
            self.full_clean()
            if self.is_valid():  # the other account is gone again
                self.add_error(NAME, self._taken(NAME))
            return None

    def _clean_address(self, address: str) -> None:
        try:
            self.cleaned_data[EMAIL] = readable(address)
        except UndeliverableAddress:
            self.add_error(EMAIL, validate_email.message)
        else:
            self._refuse_taken(EMAIL, holds_address(EMAIL, self.cleaned_data[EMAIL]))

    def _refuse_taken(self, field: str, holders: Q) -> None:
        if UserModel._base_manager.filter(holders).exists():
            self.add_error(field, self._taken(field))

    def _taken(self, field: str) -> Any:
        if field == EMAIL:
            return _("There is an account with this address already. Sign in instead.")
        return self.instance.unique_error_message(UserModel, [field])
