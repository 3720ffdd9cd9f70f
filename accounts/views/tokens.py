"""Page on which users create and revoke their API tokens."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.mails import TOKEN_CREATED, tell_owner
from accounts.token_forms import PersonalTokenForm
from accounts.tokens import MOST_TOKENS, details_of, make_token, tokens_of
from accounts.views.owner import OwnerRequest, owner_page

TEMPLATE = "account/tokens.html"


@owner_page
def tokens(request: OwnerRequest) -> HttpResponse:
    """Show the user's tokens, and create one. The answer shows the new token; a redirect would keep it somewhere."""
    form = PersonalTokenForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid() and tokens_of(request.user).count() >= MOST_TOKENS:
        form.add_error(None, _("You have %(most)s tokens. Revoke one first.") % {"most": MOST_TOKENS})
    if not form.is_valid():
        return _page(request, form)
    wish = form.cleaned_data
    _token, secret = make_token(request.user, wish["days"], name=wish["name"], scopes=wish["scopes"], personal=True)
    tell_owner(TOKEN_CREATED, request.user)
    return _page(request, PersonalTokenForm(request), secret)


@login_required
@require_POST
def revoke_token(request: OwnerRequest, digest: str) -> HttpResponse:
    """Delete one of the user's tokens."""
    get_object_or_404(tokens_of(request.user), pk=digest).delete()
    return HttpResponseRedirect(reverse("api_tokens"))


def _page(request: OwnerRequest, form: PersonalTokenForm, secret: str = "") -> HttpResponse:
    rows = [(token, details_of(token)) for token in tokens_of(request.user)]
    return render(request, TEMPLATE, {"form": form, "rows": rows, "secret": secret})
