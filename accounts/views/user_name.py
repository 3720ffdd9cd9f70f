"""Change of the user name by its owner."""

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_forms import UserNameForm
from accounts.forms import EMAIL, NAME, name_taken
from accounts.views.owner import OwnerRequest, owner_page


@owner_page
def user_name(request: OwnerRequest) -> HttpResponse:
    """Change the name. Raises Http404 where the address is the name."""
    if NAME == EMAIL:
        raise Http404
    # Another instance: a form that is not valid leaves what was typed on it, and the page's header shows the name.
    account = get_user_model()._base_manager.get(pk=request.user.pk)
    form = UserNameForm(request.POST if request.method == "POST" else None, instance=account)
    if form.is_valid() and _save(form):
        messages.success(request, _("Your user name has changed."))
        return HttpResponseRedirect(reverse("account"))
    return render(request, "account/user_name.html", {"form": form})


def _save(form: UserNameForm) -> bool:
    """Return False, with an error on the form, if the name was taken meanwhile."""
    try:
        with transaction.atomic():
            form.instance.save(update_fields=[NAME])
    except IntegrityError:
        form.add_error(NAME, name_taken())
        return False
    return True
