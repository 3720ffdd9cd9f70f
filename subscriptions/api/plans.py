"""Endpoints of the plans: those on sale for everybody, and changes for whoever may make them."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.generics import get_object_or_404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import (
    CHALLENGE,
    ETAG,
    IF_MATCH,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    RETRY_AFTER,
    documented,
    problem,
    problems,
)
from foundation.api.pagination import PageParameters
from foundation.api.permissions import require_permission
from foundation.api.preconditions import entity_tag, is_conditional, require_match, tagged
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import ListEndpoint, PrivateEndpoint, PublicEndpoint
from subscriptions.api.changes import KeyedEndpoint
from subscriptions.api.documentation import IDEMPOTENCY_KEY, LOCATION
from subscriptions.api.idempotency import Answer
from subscriptions.api.plan_serializers import (
    ManagedPlanSerializer,
    OfferedPlanSerializer,
    PlanChangeSerializer,
    PlanRequestSerializer,
)
from subscriptions.api.problems import PlanInUse
from subscriptions.api.scopes import PLANS_WRITE
from subscriptions.models import Plan

CHANGE_PROBLEMS = problems(400, 401, 403, 413, 415, 429)


class ManagedPlanParameters(PageParameters):
    """Query parameters of the list of all plans."""

    on_sale = serializers.ChoiceField(["true", "false"], required=False)


class PlanEndpoint(PublicEndpoint, PrivateEndpoint):
    """Endpoint that everybody may read and caches may keep. Changing it needs a scope and a permission."""

    throttle_classes = [ChangeThrottle]

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if self._reads else [each() for each in PrivateEndpoint.authentication_classes]

    def get_permissions(self) -> list[Any]:
        return [] if self._reads else [each() for each in PrivateEndpoint.permission_classes]

    @property
    def _reads(self) -> bool:
        return self.request is None or self.request.method in SAFE_METHODS


class PlanList(ListEndpoint, PlanEndpoint, KeyedEndpoint):
    """The plans on sale."""

    location_name = "api_plan"
    scopes = {"POST": PLANS_WRITE}

    @documented(
        operation_id="plans_list",
        parameters=[PageParameters],
        responses={200: OfferedPlanSerializer(many=True)} | NOT_MODIFIED | problems(400, 404),
    )
    def get(self, request: Request) -> Response:
        """Return the plans on sale, the cheapest first."""
        query = PageParameters.accept(request.query_params.dict())
        on_sale = Plan.objects.filter(on_sale=True).select_related("compared_with")
        page = self.page_of(on_sale, query, ordering="price")
        return self.answer(OfferedPlanSerializer(page, many=True).data)

    @documented(
        operation_id="plans_create",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER, LOCATION],
        request=PlanRequestSerializer,
        responses={201: ManagedPlanSerializer} | CHANGE_PROBLEMS | problems(422),
    )
    def post(self, request: Request) -> Response:
        """Create a plan, by the rules of the admin."""
        wish = PlanRequestSerializer.accept(request.data)
        require_permission(self.user, "subscriptions.add_plan")
        return self.once(lambda: _create(wish), clock.now())


class ManagedPlanList(ListEndpoint, PrivateEndpoint):
    """All plans, for those who may see or change them."""

    scopes = {"GET": PLANS_WRITE}

    @documented(
        operation_id="plans_list_all",
        parameters=[ManagedPlanParameters, CHALLENGE],
        responses={200: ManagedPlanSerializer(many=True)} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request) -> Response:
        """List all plans, also those off sale, the cheapest first. Needs the permission to view plans."""
        query = ManagedPlanParameters.accept(request.query_params.dict())
        require_permission(self.user, "subscriptions.view_plan")
        plans = Plan.objects.select_related("compared_with")
        if "on_sale" in query:
            plans = plans.filter(on_sale=query["on_sale"] == "true")
        page = self.page_of(plans, query, ordering="price")
        return self.answer(ManagedPlanSerializer(page, many=True).data)


class PlanDetail(PlanEndpoint):
    """A plan on sale."""

    http_method_names = ["get", "head", "patch", "delete"]
    scopes = {"PATCH": PLANS_WRITE, "DELETE": PLANS_WRITE}

    @documented(
        operation_id="plans_retrieve",
        parameters=[ETAG, IF_NONE_MATCH],
        responses={200: OfferedPlanSerializer} | NOT_MODIFIED | problems(404),
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return a plan on sale."""
        on_sale = Plan.objects.filter(on_sale=True).select_related("compared_with")
        plan = get_object_or_404(on_sale, pk=id)
        return tagged(OfferedPlanSerializer(plan).data, _tag(plan))

    @documented(
        operation_id="plans_update",
        parameters=[ETAG, IF_MATCH, CHALLENGE, RETRY_AFTER],
        request=PlanChangeSerializer,
        responses={200: ManagedPlanSerializer} | CHANGE_PROBLEMS | problems(404, 412),
    )
    def patch(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Change a plan, on sale or not. Subscriptions keep the period that they bought."""
        wish = PlanChangeSerializer.accept(request.data)
        require_permission(self.user, "subscriptions.change_plan")

        def change(plan: Plan) -> None:
            _require_match(request, plan)
            for name, value in _columns(wish).items():
                setattr(plan, name, value)
            _save(plan)

        return tagged(ManagedPlanSerializer(_with_locked(id, change)).data)

    @documented(
        operation_id="plans_delete",
        parameters=[IF_MATCH, CHALLENGE, RETRY_AFTER],
        request=None,
        responses={204: None}
        | problems(401, 403, 404, 412, 429)
        | problem(409, "Somebody has subscribed to it: `plan-in-use`. Take it off sale instead."),
    )
    def delete(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Delete a plan that nobody has subscribed to."""
        require_permission(self.user, "subscriptions.delete_plan")

        def remove(plan: Plan) -> None:
            _require_match(request, plan)
            plan.delete()

        try:
            _with_locked(id, remove)
        except ProtectedError as error:
            raise PlanInUse from error
        return Response(status=HTTPStatus.NO_CONTENT)


@transaction.atomic
def _with_locked(key: int, work: Callable[[Plan], Any]) -> Plan:
    plan = get_object_or_404(Plan.objects.select_for_update(), pk=key)
    work(plan)
    return plan


def _tag(plan: Plan) -> str:
    """Return the tag of a plan: the same for everybody, with what only those see who may change it."""
    return entity_tag(ManagedPlanSerializer(plan).data)


def _require_match(request: Request, plan: Plan) -> None:
    if is_conditional(request):
        require_match(request, _tag(plan))


def _create(wish: dict[str, Any]) -> Answer:
    plan = Plan(**_columns(wish))
    _save(plan)
    return Answer(HTTPStatus.CREATED, dict(ManagedPlanSerializer(plan).data))


def _columns(wish: dict[str, Any]) -> dict[str, Any]:
    """Return the wish by the names of the columns."""
    return {"compared_with_id" if name == "compared_with" else name: value for name, value in wish.items()}


def _save(plan: Plan) -> None:
    """Save the plan if it is one that the admin would save. Raises ValidationError with the errors by field."""
    try:
        # The days of a plan by months are estimated.
        plan.full_clean(exclude=["duration_days"] if plan.duration_months else None)
    except ValidationError as error:
        raise serializers.ValidationError(serializers.as_serializer_error(error)) from error
    plan.save()
