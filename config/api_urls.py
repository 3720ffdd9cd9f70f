"""Addresses of the JSON API, and of the page that describes it. Whatever else begins like them is a problem, 404."""

from django.urls import path, re_path

from config.api_docs import ApiDocs
from foundation.api.views import NothingHere
from notifications.api import NotificationList
from subscriptions.api.plans import PlanDetail, PlanList
from subscriptions.api.subscriptions import SubscriptionDetail, SubscriptionList
from subscriptions.api.transitions import Cancel, Reactivate, Renew

urlpatterns = [
    path("", ApiDocs.as_view(), name="api_docs"),
    path("v1/plans", PlanList.as_view(), name="api_plans"),
    path("v1/plans/<int:id>", PlanDetail.as_view(), name="api_plan"),
    path("v1/subscriptions", SubscriptionList.as_view(), name="api_subscriptions"),
    path("v1/subscriptions/<int:id>", SubscriptionDetail.as_view(), name="api_subscription"),
    path("v1/subscriptions/<int:id>/cancel", Cancel.as_view(), name="api_cancel"),
    path("v1/subscriptions/<int:id>/reactivate", Reactivate.as_view(), name="api_reactivate"),
    path("v1/subscriptions/<int:id>/renew", Renew.as_view(), name="api_renew"),
    path("v1/notifications", NotificationList.as_view(), name="api_notifications"),
    re_path("", NothingHere.as_view()),
]
