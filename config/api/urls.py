"""Addresses of the JSON API, and of the page that describes it. Whatever else begins like them is a problem, 404."""

from django.urls import path, re_path

from config.api.documentation import ApiDocumentation
from foundation.api.lazy_view import LazyView

urlpatterns = [
    path("", ApiDocumentation.as_view(), name="api_docs"),
    path("v1/plans", LazyView("subscriptions.api.plans.PlanList"), name="api_plans"),
    path("v1/plans/all", LazyView("subscriptions.api.plans.ManagedPlanList"), name="api_managed_plans"),
    path("v1/plans/<int:id>", LazyView("subscriptions.api.plans.PlanDetail"), name="api_plan"),
    path("v1/subscriptions", LazyView("subscriptions.api.subscriptions.SubscriptionList"), name="api_subscriptions"),
    path(
        "v1/subscriptions/<int:id>",
        LazyView("subscriptions.api.subscriptions.SubscriptionDetail"),
        name="api_subscription",
    ),
    path("v1/subscriptions/<int:id>/cancel", LazyView("subscriptions.api.transitions.Cancel"), name="api_cancel"),
    path(
        "v1/subscriptions/<int:id>/reactivate",
        LazyView("subscriptions.api.transitions.Reactivate"),
        name="api_reactivate",
    ),
    path("v1/subscriptions/<int:id>/days", LazyView("subscriptions.api.transitions.GiveDays"), name="api_give_days"),
    path(
        "v1/subscriptions/<int:id>/change-plan",
        LazyView("subscriptions.api.plan_changes.ChangePlan"),
        name="api_change_plan",
    ),
    path("v1/subscriptions/<int:id>/renew", LazyView("subscriptions.api.transitions.Renew"), name="api_renew"),
    path("v1/orders", LazyView("payments.api.orders.OrderList"), name="api_orders"),
    path("v1/orders/<int:id>", LazyView("payments.api.orders.OrderDetail"), name="api_order"),
    path("v1/payments", LazyView("payments.api.payments.PaymentList"), name="api_payments"),
    path("v1/payments/<int:id>", LazyView("payments.api.payments.PaymentDetail"), name="api_payment"),
    path("v1/payments/<int:id>/refund", LazyView("payments.api.refunds.RefundPayment"), name="api_refund"),
    path("v1/me", LazyView("subscriptions.api.me.Me"), name="api_me"),
    path("v1/users/<str:id>", LazyView("subscriptions.api.user_detail.UserDetail"), name="api_user"),
    path("v1/users/<str:id>/access", LazyView("subscriptions.api.access.Access"), name="api_access"),
    path("v1/events", LazyView("notifications.api.events.EventList"), name="api_events"),
    path("v1/notifications", LazyView("notifications.api.notifications.NotificationList"), name="api_notifications"),
    path(
        "v1/notification-preferences",
        LazyView("notifications.api.preferences.Preferences"),
        name="api_notification_preferences",
    ),
    re_path("", LazyView("foundation.api.views.NotFoundView")),
]
