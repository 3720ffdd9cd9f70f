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
    """Return the user name of the only account with this address, or else the text as it is.

    If the text is another account's name, too, its confirmed owner is meant, so that no name keeps an address out. An
    account that has no address of its own is entered by its name alone, and the other one by its own name.
    """
    found = UserModel._base_manager.filter(Q(**{NAME: typed}) | holds_address(EMAIL, typed)).order_by()
    addresses = {str(name): address or "" for name, address in found.values_list(NAME, EMAIL)[:3]}
    is_name = typed in addresses and addresses.pop(typed).casefold() in ("", typed.casefold())
    return next(iter(addresses)) if len(addresses) == 1 and not is_name else typed
