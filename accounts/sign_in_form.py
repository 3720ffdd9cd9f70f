"""Sign-in form, which takes the user name or the e-mail address."""

from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.email_addresses import LONGEST_ADDRESS, holds_address

UserModel = get_user_model()
NAME = UserModel.USERNAME_FIELD
EMAIL = UserModel.get_email_field_name()


class SignInForm(AuthenticationForm):
    """Django's own, which looks up the account's name first. Known and unknown accounts cost the same queries."""

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        name = cast("UsernameField", self.fields["username"])
        name.max_length = max(LONGEST_ADDRESS, name.max_length or 0)
        name.widget.attrs["maxlength"] = name.max_length
        if NAME != EMAIL:
            name.label = _("User name or e-mail address")

    def clean(self) -> dict[str, Any]:
        """Check the password of the account that is meant. Raises ValidationError."""
        if typed := self.cleaned_data.get("username"):
            self.cleaned_data["username"] = account_name(typed)
        return super().clean()


def account_name(typed: str) -> str:
    """Return the user name of the account with this name, or else of the only one with this address.

    Otherwise return the text as it is.
    """
    holders = UserModel._base_manager.filter(Q(**{NAME: typed}) | holds_address(EMAIL, typed)).order_by()
    names = list(holders.values_list(NAME, flat=True)[:2])
    return str(names[0]) if len(names) == 1 else typed
