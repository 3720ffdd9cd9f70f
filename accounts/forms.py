"""Forms of a new account: sign-up, and its completion once the address is confirmed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import BaseUserCreationForm, UsernameField
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Field
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from foundation.email_addresses import UndeliverableAddress, readable

UserModel = get_user_model()
NAME = UserModel.USERNAME_FIELD
EMAIL = UserModel.get_email_field_name()
ADDRESS_FIELD = cast("Field[str, str]", UserModel._meta.get_field(EMAIL))

if TYPE_CHECKING:
    NewUserForm = BaseUserCreationForm[User]
else:
    # It takes no parameter at run time.
    NewUserForm = BaseUserCreationForm


class AddressField(forms.EmailField):
    """An address in its one form. One that no mail can reach, or that the user model refuses, is invalid.

    It does not ask whether an account has the address.
    """

    def clean(self, value: Any) -> str:
        """Return the address. Raises ValidationError."""
        typed: str = super().clean(value)
        try:
            address = readable(typed) if typed else ""
        except UndeliverableAddress as error:
            raise ValidationError(validate_email.message) from error
        if address:
            ADDRESS_FIELD.run_validators(address)
        return address


class SignUpForm(NewUserForm):
    """Sign-up with name, address and password. No other account has the name in any capitalisation.

    It does not ask whether an account has the address, because its answer would tell.
    """

    class Meta:
        model = UserModel
        fields = tuple(dict.fromkeys([NAME, EMAIL, *UserModel.REQUIRED_FIELDS]))
        field_classes = {EMAIL: AddressField} if NAME == EMAIL else {NAME: UsernameField, EMAIL: AddressField}
        labels = {EMAIL: _("E-mail address")}
        help_texts = {EMAIL: _("We send a link to it, which opens your account.")}
        widgets = {EMAIL: forms.EmailInput(attrs={"autocomplete": "email"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[EMAIL].required = self.fields[EMAIL].widget.is_required = True

    def clean(self) -> dict[str, Any]:
        """Refuse a name that an account has in any capitalisation."""
        super().clean()
        if NAME != EMAIL and NAME in self.cleaned_data:
            clean_name(self)
        return self.cleaned_data

    def details(self) -> dict[str, str]:
        """Return what was typed beside address and passwords."""
        names = [name for name in self._meta.fields or () if name != EMAIL]
        return {name: self.data[name] for name in names if name in self.data}

    def _get_validation_exclusions(self) -> set[str]:
        # Whether an account has the address is no question of this form; its field runs the validators.
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # missing in django-stubs
        return excluded | {EMAIL}


class CompletionForm(SignUpForm):
    """Name and password of an account whose address is confirmed."""

    def __init__(self, address: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, instance=UserModel(**{EMAIL: address}))
        del self.fields[EMAIL]

    def create_account(self, password: str) -> User | None:
        """Save a valid form with a hashed password. Return None, with an error on the form, if the name was taken."""
        account: User = forms.ModelForm.save(self, commit=False)  # its base class would take a password of the form
        account.password = password
        try:
            with transaction.atomic():
                account.save()
        except IntegrityError:
            account.pk = None
            self.add_error(None if NAME == EMAIL else NAME, name_taken())
            return None
        self.save_m2m()
        return account


class PendingForm(CompletionForm):
    """Completion in the browser that signed up, whose session has the password's hash."""

    def __init__(self, address: str, data: Mapping[str, Any]) -> None:
        super().__init__(address, data)
        del self.fields["password1"], self.fields["password2"]


def clean_name(form: "forms.ModelForm[User]") -> None:
    """Add an error to the form if its user name reads like an address, or another account has it.

    An address as a user name would be taken for its owner's at sign-in.
    """
    name = form.cleaned_data[NAME]
    if "@" in name and name.casefold() != form.initial.get(NAME, "").casefold():
        form.add_error(NAME, _("A user name has no @. You can sign in with your address anyway."))
    elif UserModel._base_manager.filter(**{f"{NAME}__iexact": name}).exclude(pk=form.instance.pk).exists():
        form.add_error(NAME, name_taken())


def name_taken() -> Any:
    """Return the user model's own message."""
    return UserModel().unique_error_message(UserModel, [NAME])
