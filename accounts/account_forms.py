"""Forms by which the owner of an account changes it. What gives access asks for the password again."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.forms import NAME, AddressField, UserModel, clean_name
from accounts.models import User
from accounts.sessions import is_fresh
from foundation.email_addresses import LONGEST_ADDRESS

if TYPE_CHECKING:
    UserModelForm = forms.ModelForm[User]
else:
    # It takes no parameter at run time.
    UserModelForm = forms.ModelForm


class PasswordForm(forms.Form):
    """The password of the user, or a session that has just begun where the account has none."""

    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user = cast(User, request.user)
        if not self.user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        """Return the password. Raises ValidationError if it is not the user's."""
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password

    def clean(self) -> dict[str, Any]:
        """Require a fresh sign-in where there is no password."""
        super().clean()
        if "password" not in self.fields and not is_fresh(self.request):
            raise forms.ValidationError(_("Sign out and in again, then do this within ten minutes."))
        return self.cleaned_data


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
