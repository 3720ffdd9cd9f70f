"""Addresses of the pages."""

from django.urls import path

from accounts.views.next_page import choose_language
from subscriptions.views import confirmation, owned, plans

urlpatterns = [
    path("", plans.plans, name="plans"),
    path("subscribe/<int:plan_id>/", plans.subscribe, name="subscribe"),
    path("success/", confirmation.success, name="subscription_success"),
    path("cancelled/", confirmation.cancelled, name="subscription_cancelled"),
    path("subscriptions/", owned.subscriptions, name="subscriptions"),
    path("subscriptions/<int:subscription_id>/", owned.subscription, name="subscription"),
    path("subscriptions/<int:subscription_id>/cancel/", owned.cancel, name="cancel_subscription"),
    path("subscriptions/<int:subscription_id>/reactivate/", owned.reactivate, name="reactivate_subscription"),
    path("subscriptions/<int:subscription_id>/renew/", owned.renew, name="renew_subscription"),
    path("language/", choose_language, name="set_language"),
]
