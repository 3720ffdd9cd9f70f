"""Page that lets users download what is stored about them."""

from django.http import HttpResponse
from django.shortcuts import render

from accounts.export import as_json, export_user
from accounts.views.owner import OwnerRequest, owner_page
from foundation import clock


@owner_page
def download_data(request: OwnerRequest) -> HttpResponse:
    """Explain the download on GET, answer with it on POST."""
    if request.method != "POST":
        return render(request, "account/data.html")
    response = HttpResponse(as_json(export_user(request.user, clock.now())), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response
