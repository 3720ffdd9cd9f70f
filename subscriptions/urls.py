"""Addresses of the pages."""

from django.urls import path

from foundation.web.lazy_page import LazyPage

urlpatterns = [
    path("", LazyPage("subscriptions.views.plans.plans"), name="plans"),
    path("subscribe/<int:plan_id>/", LazyPage("subscriptions.views.plans.subscribe"), name="subscribe"),
    path("trial/<int:plan_id>/", LazyPage("subscriptions.views.trials.trial"), name="trial"),
    path("success/", LazyPage("subscriptions.views.confirmation.success"), name="subscription_success"),
    path("cancelled/", LazyPage("subscriptions.views.confirmation.cancelled"), name="subscription_cancelled"),
    path("subscriptions/", LazyPage("subscriptions.views.owned.subscriptions"), name="subscriptions"),
    path(
        "subscriptions/<int:subscription_id>/", LazyPage("subscriptions.views.owned.subscription"), name="subscription"
    ),
    path(
        "subscriptions/<int:subscription_id>/cancel/",
        LazyPage("subscriptions.views.owned.cancel"),
        name="cancel_subscription",
    ),
    path(
        "subscriptions/<int:subscription_id>/reactivate/",
        LazyPage("subscriptions.views.owned.reactivate"),
        name="reactivate_subscription",
    ),
    path(
        "subscriptions/<int:subscription_id>/renew/",
        LazyPage("subscriptions.views.owned.renew"),
        name="renew_subscription",
    ),
    path(
        "subscriptions/<int:subscription_id>/plan/",
        LazyPage("subscriptions.views.plan_changes.choose_plan"),
        name="choose_plan",
    ),
    path(
        "subscriptions/<int:subscription_id>/plan/<int:plan_id>/",
        LazyPage("subscriptions.views.plan_changes.change_plan"),
        name="change_plan",
    ),
    path("language/", LazyPage("accounts.views.next_page.choose_language"), name="set_language"),
]
