"""Addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from subscriptions.views import account, confirmation, owned, plans
from subscriptions.views.next_page import SignInView, choose_language

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
    path("sign-in/", SignInView.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("sign-up/", account.sign_up, name="sign_up"),
    path("language/", choose_language, name="set_language"),
]
