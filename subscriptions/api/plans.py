"""Endpoints of the plans on sale, without authentication."""

from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from foundation.api.documentation import NOT_MODIFIED, documented, problems
from foundation.api.pagination import PageParameters
from foundation.api.views import ListEndpoint, PublicEndpoint
from subscriptions.api.serializers import PlanSerializer
from subscriptions.models import Plan


class PlanList(ListEndpoint, PublicEndpoint):
    """The plans on sale."""

    @documented(
        operation_id="plans_list",
        parameters=[PageParameters],
        responses={200: PlanSerializer(many=True)} | NOT_MODIFIED | problems(400, 404),
    )
    def get(self, request: Request) -> Response:
        """Return the plans on sale, the cheapest first."""
        query = PageParameters.accept(request.query_params.dict())
        on_sale = Plan.objects.filter(on_sale=True)
        page = self.page_of(on_sale, query, ordering="price")
        return self.answer(PlanSerializer(page, many=True).data)


class PlanDetail(PublicEndpoint):
    """A plan on sale."""

    @documented(operation_id="plans_retrieve", responses={200: PlanSerializer} | NOT_MODIFIED | problems(404))
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return a plan on sale."""
        return Response(PlanSerializer(get_object_or_404(Plan, pk=id, on_sale=True)).data)
