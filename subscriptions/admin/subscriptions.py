"""Admin of plans, subscriptions, subscription events and sweeps."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from foundation import clock
from foundation.admin import ChoiceFilter, HistoryAdmin, SubscriberHistoryAdmin
from subscriptions.admin import bulk_actions
from subscriptions.admin.audit import run_audit
from subscriptions.admin.bulk_actions import ActionConfirmation
from subscriptions.admin.explanation import explain_access
from subscriptions.admin.export import export
from subscriptions.admin.filters import END_PARAMETER, EndFilter
from subscriptions.admin.preview import preview
from subscriptions.admin.subscribing import subscribe
from subscriptions.admin.users import user_or_404
from subscriptions.forms import PlanForm
from subscriptions.lengths import length_text
from subscriptions.models import AccessAuditRun, Plan, Subscription, SubscriptionEvent, SweepRun
from subscriptions.models.subscription import SubscriptionQuerySet


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ["name", "price_with_its_decimals", "currency", "length", "on_sale"]
    list_filter = ["on_sale"]
    form = PlanForm

    @admin.display(description=_("price"), ordering="price")
    def price_with_its_decimals(self, plan: Plan) -> str:
        return plan.price_text

    @admin.display(description=_("duration"), ordering="duration_days")
    def length(self, plan: Plan) -> str:
        return length_text(plan.duration_days, plan.duration_months)

    def get_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        """Return the form's fields; a price that may only be read has its currency's decimals, not the column's."""
        fields = PlanForm.Meta.fields
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return tuple("price_with_its_decimals" if name == "price" else name for name in fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        """Let superusers alone decide the groups: whoever grants one gives permissions, perhaps to themselves."""
        chosen_by_superusers = () if request.user.is_superuser else ("groups",)
        return (*super().get_readonly_fields(request, obj), *chosen_by_superusers)

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        """Allow it for a plan without subscriptions; the confirmation page would list every one of another."""
        if obj is None or obj.subscriptions.exists():
            return False
        return super().has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Plan) -> None:
        """Delete under a lock that a sale waits for. Raises PermissionDenied where one was made since the question."""
        locked = Plan.objects.select_for_update().get(pk=obj.pk)
        if locked.subscriptions.exists():
            raise PermissionDenied
        super().delete_model(request, obj)


@admin.register(Subscription)
class SubscriptionAdmin(SubscriberHistoryAdmin):
    """Read-only; all changes are actions or pages of their own, and go through the service."""

    list_display = ["id", "user", "access", "plan", "status", "start_date", "end_date"]
    list_filter = [("status", ChoiceFilter), EndFilter, "plan"]
    list_select_related = ["user", "plan"]
    fields = readonly_fields = ("user", "access", "plan", "status", "trial", "start_date", "end_date", "expired_at")
    user_path = "user"
    subscription_path = "pk"
    actions = ["cancel", "cancel_now", "reactivate", "renew", "give_days", "change_plan"]

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Order by newest first; what ends soon by its end, in the order of the index."""
        return ["end_date", "pk"] if END_PARAMETER in request.GET else ["-pk"]

    @admin.display(description=_("access"))
    def access(self, subscription: Subscription) -> str:
        """Return a link to the page that explains the user's access."""
        address = reverse("admin:explain_access", args=[subscription.user_id])
        return format_html('<a href="{}">{}</a>', address, _("Why?"))

    @admin.action(description=bulk_actions.CANCEL.label, permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.CANCEL).answer(queryset)

    @admin.action(description=bulk_actions.CANCEL_NOW.label, permissions=["cancel_now"])
    def cancel_now(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.CANCEL_NOW).answer(queryset)

    @admin.action(description=bulk_actions.REACTIVATE.label, permissions=["cancel"])
    def reactivate(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.REACTIVATE).answer(queryset)

    @admin.action(description=bulk_actions.RENEW.label, permissions=["renew"])
    def renew(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.RENEW).answer(queryset)

    @admin.action(description=bulk_actions.GIVE_DAYS.label, permissions=["renew"])
    def give_days(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.GIVE_DAYS).answer(queryset)

    @admin.action(description=bulk_actions.CHANGE_PLAN.label, permissions=["change_plan_at_once"])
    def change_plan(self, request: HttpRequest, queryset: SubscriptionQuerySet) -> HttpResponse | None:
        return ActionConfirmation(self, request, bulk_actions.CHANGE_PLAN).answer(queryset)

    def has_change_plan_at_once_permission(self, request: HttpRequest) -> bool:
        """Allow changing the plan without payment."""
        return request.user.has_perm("subscriptions.change_plan_at_once")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Allow subscribing somebody, without payment or by an order that they pay."""
        return request.user.has_perm("subscriptions.add_subscription")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Allow cancelling at the end of the period, and resuming."""
        return request.user.has_perm("subscriptions.change_subscription")

    def has_cancel_now_permission(self, request: HttpRequest) -> bool:
        """Allow ending a paid period."""
        return request.user.has_perm("subscriptions.cancel_subscription_now")

    def has_renew_permission(self, request: HttpRequest) -> bool:
        """Allow adding a period without payment."""
        return request.user.has_perm("subscriptions.renew_subscription")

    def get_urls(self) -> list[URLPattern]:
        """Return our URLs first: Django's last one matches every path."""
        ours = self.admin_site.admin_view
        return [
            path("access/<str:user_id>/", ours(self.explain_access), name="explain_access"),
            path("preview/<str:user_id>/", ours(self.preview), name="preview_subscriptions"),
            path("subscribe/<str:user_id>/", ours(self.subscribe_user), name="subscribe_user"),
            path("export/", ours(self.export), name="export_subscriptions"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Subscribe a user who is entered."""
        return subscribe(self, request)

    def subscribe_user(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Subscribe this user."""
        return subscribe(self, request, user_or_404(user_id))

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Export the filtered list."""
        return export(self, request)

    def preview(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Show what this user sees."""
        return preview(self, request, user_id)

    def explain_access(self, request: HttpRequest, user_id: str) -> HttpResponse:
        """Show why this user has access, or not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user = user_or_404(user_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Why does %(user)s have access, or not?") % {"user": user},
            "opts": Subscription._meta,
            "explanation": explain_access(user, clock.now()),
        }
        return TemplateResponse(request, "admin/subscriptions/subscription/access.html", context)


@admin.register(SubscriptionEvent)
class SubscriptionEventAdmin(SubscriberHistoryAdmin):
    list_display = ["id", "occurred_at", "transition", "subscription", "user", "actor", "old_end_date", "new_end_date"]
    list_filter = [("transition", ChoiceFilter), "plan"]
    list_select_related = ["subscription__user", "actor"]
    fields = (
        "subscription",
        "transition",
        "occurred_at",
        "actor",
        "reason",
        "old_end_date",
        "new_end_date",
        "plan",
        "price_with_its_decimals",
        "currency",
    )
    readonly_fields = ("price_with_its_decimals",)
    user_path = "subscription__user"
    subscription_path = "subscription"

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """Order by newest first; one transition by the index that has it in the order of time."""
        return ["-occurred_at", "-pk"] if "transition__exact" in request.GET else ["-pk"]

    @admin.display(description=_("user"))
    def user(self, event: SubscriptionEvent) -> str:
        """Return the user of the subscription."""
        return str(event.subscription.user)

    @admin.display(description=_("price"))
    def price_with_its_decimals(self, event: SubscriptionEvent) -> str:
        return event.price_text


@admin.register(SweepRun)
class SweepRunAdmin(HistoryAdmin):
    list_display = ["id", "started_at", "finished_at", "expired", "failed", "remaining", "oldest_late"]
    fields = readonly_fields = (
        "started_at",
        "finished_at",
        "expired",
        "failed",
        "unannounced",
        "remaining",
        "oldest_late",
        "what_failed",
    )

    @admin.display(description=_("failures"))
    def what_failed(self, run: SweepRun) -> str:
        """Return each subscription that could not be expired, with its error."""
        lines = (
            (reverse("admin:subscriptions_subscription_change", args=[key]), key, error)
            for key, error in run.failures.items()
        )
        return format_html_join("", '<p><a href="{}">{}</a>: {}</p>', lines) or "-"


@admin.register(AccessAuditRun)
class AccessAuditRunAdmin(HistoryAdmin):
    list_display = ["id", "started_at", "finished_at", "given", "taken", "failed", "held", "complete"]

    def get_urls(self) -> list[URLPattern]:
        """Return our URL first: Django's last one matches every path."""
        return [path("run/", self.admin_site.admin_view(self.run), name="run_access_audit"), *super().get_urls()]

    def run(self, request: HttpRequest) -> HttpResponse:
        """Run the audit."""
        return run_audit(self, request)
