"""Page for whoever opens the link of another account than the one that is signed in."""

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def refuse_another_account(request: HttpRequest, owner: AbstractBaseUser | None = None) -> HttpResponse | None:
    """Return a page that asks to sign out first, or None if nobody else is signed in than the link's owner.

    Without an owner the link opens a new account.
    """
    if not request.user.is_authenticated or (owner is not None and request.user.pk == owner.pk):
        return None
    return render(request, "account/signed_in_as_another.html", {"opens_account": owner is None})
