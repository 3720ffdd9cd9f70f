"""Addresses of the pages."""

from django.urls import path, re_path

from foundation.web.lazy_page import LazyPage
from payments.middleware import WebhookPage

urlpatterns = [
    # With and without the last slash, because nobody follows a redirect of a POST.
    re_path(
        r"^payments/webhooks/(?P<provider>[\w.-]+)/?$", WebhookPage("payments.views.webhook.receive"), name="webhook"
    ),
    path("payments/", LazyPage("payments.views.payments.payments"), name="payments"),
    path("payments/<int:payment_id>/", LazyPage("payments.views.payments.receipt"), name="receipt"),
    path("payments/<int:payment_id>/withdraw/", LazyPage("payments.views.withdrawal.withdrawal"), name="withdraw"),
    path("payments/method/", LazyPage("payments.views.method.payment_method"), name="payment_method"),
    path("payments/method/replace/", LazyPage("payments.views.method.replace"), name="replace_payment_method"),
    path("payments/method/return/", LazyPage("payments.views.method.return_with_method"), name="payment_method_return"),
    path("payments/method/remove/", LazyPage("payments.views.method.remove"), name="remove_payment_method"),
    path("payments/renewals/<int:renewal_id>/", LazyPage("payments.views.method.auto_renew"), name="auto_renew"),
    path(
        "subscriptions/<int:subscription_id>/automatic-renewal/",
        LazyPage("payments.views.automatic_renewal.automatic_renewal"),
        name="automatic_renewal",
    ),
    path("cancel-contracts/", LazyPage("payments.views.cancel_contract.cancel_contract"), name="cancel_contract"),
    path("cancel-contracts/sent/", LazyPage("payments.views.cancel_contract.sent"), name="cancel_contract_sent"),
    path(
        "cancel-contracts/<str:token>/",
        LazyPage("payments.views.cancel_contract.confirm_cancellation"),
        name="confirm_contract_cancellation",
    ),
    path("pay/<int:order_id>/", LazyPage("payments.views.pay.pay"), name="pay"),
    path("pay/<int:order_id>/return/", LazyPage("payments.views.hosted.return_from_provider"), name="pay_return"),
    path("pay/<int:order_id>/void/", LazyPage("payments.views.pay.void_order"), name="void_order"),
]
