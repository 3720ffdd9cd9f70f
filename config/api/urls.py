"""Addresses of the JSON API, and of the page that describes it. Whatever else begins like them is a problem, 404."""

from django.urls import path, re_path

from config.api.documentation import ApiDocs
from foundation.api.on_demand import OnDemand

urlpatterns = [
    path("", ApiDocs.as_view(), name="api_docs"),
    path("v1/plans", OnDemand("subscriptions.api.plans.PlanList"), name="api_plans"),
    path("v1/plans/<int:id>", OnDemand("subscriptions.api.plans.PlanDetail"), name="api_plan"),
    path("v1/subscriptions", OnDemand("subscriptions.api.subscriptions.SubscriptionList"), name="api_subscriptions"),
    path(
        "v1/subscriptions/<int:id>",
        OnDemand("subscriptions.api.subscriptions.SubscriptionDetail"),
        name="api_subscription",
    ),
    path("v1/subscriptions/<int:id>/cancel", OnDemand("subscriptions.api.transitions.Cancel"), name="api_cancel"),
    path(
        "v1/subscriptions/<int:id>/reactivate",
        OnDemand("subscriptions.api.transitions.Reactivate"),
        name="api_reactivate",
    ),
    path("v1/subscriptions/<int:id>/renew", OnDemand("subscriptions.api.transitions.Renew"), name="api_renew"),
    path("v1/notifications", OnDemand("notifications.api.notifications.NotificationList"), name="api_notifications"),
    path(
        "v1/notification-preferences",
        OnDemand("notifications.api.preferences.Preferences"),
        name="api_notification_preferences",
    ),
    re_path("", OnDemand("foundation.api.views.NothingHere")),
]
