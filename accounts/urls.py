"""URLs for signing up, in and out."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views.next_page import SignInView
from accounts.views.sign_up import sign_up

urlpatterns = [
    path("sign-in/", SignInView.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("sign-up/", sign_up, name="sign_up"),
]
