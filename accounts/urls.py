"""URLs for signing up, in and out, and of the account page."""

from django.urls import path

from foundation.web.lazy_page import LazyPage

urlpatterns = [
    path("account/", LazyPage("accounts.views.account.account"), name="account"),
    path("account/address/", LazyPage("accounts.views.address.address"), name="address"),
    path("account/address/<str:token>/", LazyPage("accounts.views.address.confirm_address"), name="confirm_address"),
    path("account/name/", LazyPage("accounts.views.user_name.user_name"), name="user_name"),
    path("account/data/", LazyPage("accounts.views.export.download_data"), name="download_data"),
    path("account/delete/", LazyPage("accounts.views.leaving.delete_account"), name="delete_account"),
    path("account/language/", LazyPage("accounts.views.language.language"), name="account_language"),
    path("account/password/", LazyPage("accounts.views.password.change_password"), name="change_password"),
    path("account/two-factor/", LazyPage("accounts.views.two_factor.two_factor_page"), name="two_factor"),
    path("sign-in/code/", LazyPage("accounts.views.second_step.second_step"), name="second_step"),
    path("account/sessions/", LazyPage("accounts.views.sessions.sessions"), name="sessions"),
    path("sign-in/", LazyPage("accounts.views.sign_in.sign_in"), name="login"),
    path("sign-out/", LazyPage("accounts.views.sign_in.sign_out"), name="logout"),
    path("sign-up/", LazyPage("accounts.views.sign_up.sign_up"), name="sign_up"),
    path("sign-up/sent/", LazyPage("accounts.views.sign_up.sign_up_sent"), name="sign_up_sent"),
    path("sign-up/<str:token>/", LazyPage("accounts.views.sign_up.confirm_sign_up"), name="confirm_sign_up"),
    path("password-reset/", LazyPage("accounts.views.password_reset.password_reset"), name="password_reset"),
    path(
        "password-reset/sent/",
        LazyPage("accounts.views.password_reset.password_reset_sent"),
        name="password_reset_sent",
    ),
    path(
        "password-reset/<str:uidb64>/<str:token>/",
        LazyPage("accounts.views.password_reset.choose_password"),
        name="choose_password",
    ),
    path("account/tokens/", LazyPage("accounts.views.tokens.tokens"), name="api_tokens"),
    path(
        "account/tokens/<str:digest>/revoke/",
        LazyPage("accounts.views.tokens.revoke_token"),
        name="revoke_api_token",
    ),
]
