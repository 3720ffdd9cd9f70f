"""Start from an unpacked package and nothing else: `python -I -S packaged_start.py DIRECTORY PACKAGE ...`.

Loads everything that an invocation may need: the handler, every module of the project, the URLs including the admin's,
texts, static files, clients. With `python -v`, standard error lists the compiled modules.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

if __name__ == "__main__":
    package = sys.argv[1]
    sys.path.insert(0, package)
    importlib.import_module("config.aws_lambda.handler")  # which starts Django
    for folder in sys.argv[2:]:
        for module in pkgutil.walk_packages([f"{package}/{folder}"], f"{folder}."):
            importlib.import_module(module.name)

    # All of these are the package's.
    import boto3
    import stripe
    from django.contrib import admin
    from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect, FilteredSelectMultiple
    from django.template.loader import get_template
    from django.templatetags.static import static
    from django.urls import get_resolver, reverse
    from django.utils.translation import gettext, override

    from subscriptions.models import Subscription

    assert get_resolver().url_patterns
    assert reverse("admin:index") == "/admin/"
    get_template("admin/index.html")
    with override("de"):
        assert gettext("Yes") == "Ja"

    # A static file that was not collected has no address: ValueError.
    autocomplete = AutocompleteSelect(Subscription._meta.get_field("user"), admin.site)
    assert str(autocomplete.media + AdminSplitDateTime().media + FilteredSelectMultiple("", False).media)
    for model_admin in admin.site._registry.values():
        assert str(model_admin.media)
    assert Path(package, "build", static("admin/css/base.css").lstrip("/")).exists()

    for service in ("lambda", "sesv2", "sns"):
        boto3.Session().client(service)

    # Loads services by name; `requests`, its usual way to the network, is not there.
    payments = stripe.StripeClient("sk_test", http_client=stripe.UrllibClient()).v1
    for service in (
        "accounts",
        "charges",
        "checkout",
        "customers",
        "disputes",
        "events",
        "payment_intents",
        "payment_methods",
        "refunds",
        "setup_intents",
    ):
        assert getattr(payments, service)
    assert payments.checkout.sessions
    event = {"id": "evt_1", "object": "event", "data": {"object": {"id": "pi_1", "object": "payment_intent"}}}
    assert isinstance(stripe.Event.construct_from(event, "sk_test").data.object, stripe.PaymentIntent)
