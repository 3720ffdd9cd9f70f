"""Forms by which the owner of an account changes it. What gives access asks for the password again."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _

from accounts.forms import NAME, AddressField, UserModel, clean_name
from accounts.models import User
from foundation.email_addresses import LONGEST_ADDRESS

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    # It takes no parameter at run time.
    UserModelForm = forms.ModelForm


class PasswordForm(forms.Form):
    """The password of the user, who has one."""

    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """Return the password. Raises ValidationError if it is not the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password


class AddressForm(PasswordForm):
    """A new address, and the password."""

    address = AddressField(
        label=_("New e-mail address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ["address", "password"]


class UserNameForm(UserModelForm):
    """A new user name, by the rules of sign-up."""

    class Meta:
        model = UserModel
        fields = (NAME,)
        field_classes = {NAME: UsernameField}

    def clean(self) -> dict[str, Any]:
        """Refuse a name that another account has in any capitalisation."""
        super().clean()
        if NAME in self.cleaned_data:
            clean_name(self)
        return self.cleaned_data
