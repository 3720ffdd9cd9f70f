"""A start from an unpacked package and nothing else: `python -I -S packaged_start.py DIRECTORY`.

Imports all that an invocation may: the handler, every module of the project, the addresses with the admin's, the
clients, the texts. With `python -v`, standard error says which modules were compiled.
"""

import importlib
import pkgutil
import sys

if __name__ == "__main__":
    package = sys.argv[1]
    sys.path.insert(0, package)
    importlib.import_module("config.lambda_handler")  # which starts Django

    import boto3
    from django.contrib import admin
    from django.template.loader import get_template
    from django.urls import get_resolver
    from django.utils.translation import gettext, override

    for folder in ("config", "foundation", "notifications", "subscriptions"):
        for module in pkgutil.walk_packages([f"{package}/{folder}"], f"{folder}."):
            importlib.import_module(module.name)
    get_resolver().url_patterns
    admin.site.urls
    get_template("admin/index.html")
    with override("de"):
        assert gettext("Yes") == "Ja"
    for service in ("sesv2", "sns"):
        boto3.Session().client(service)
