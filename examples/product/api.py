"""API endpoints of the example."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from examples.product.models import Report
from examples.product.scopes import REPORTS_READ
from foundation.api.documentation import documented, problems
from foundation.api.views import PrivateEndpoint
from subscriptions.api.permissions import IsSubscriber

REPORTS_IN_AN_ANSWER = 100


class ReportSerializer(serializers.ModelSerializer[Report]):
    """A report."""

    class Meta:
        model = Report
        fields = ["id", "title", "created_at"]
        read_only_fields = fields


class ReportListSerializer(serializers.Serializer[dict[str, list[Report]]]):
    """The latest reports, newest first."""

    results = ReportSerializer(many=True)


class ReportList(PrivateEndpoint):
    """The caller's reports."""

    permission_classes = [IsSubscriber]
    scopes = {"GET": REPORTS_READ}

    @documented(operation_id="reports", responses={200: ReportListSerializer} | problems(401, 403))
    def get(self, request: Request) -> Response:
        """Return the latest reports, newest first."""
        latest = Report.objects.filter(user=self.user.pk)[:REPORTS_IN_AN_ANSWER]
        return Response({"results": ReportSerializer(latest, many=True).data})
