"""Settings of the example: the service's own, with the team's app and brand."""

from config.settings import *  # noqa: F403

# First, because its templates extend or replace the service's.
INSTALLED_APPS = ["examples.product", *INSTALLED_APPS]  # noqa: F405
ROOT_URLCONF = "examples.product.urls"

SITE_NAME = "Acme Reports"
METRIC_NAMESPACE = "AcmeReports"
SITE_LOGO = "product/logo.svg"
SITE_COLOR = "#7a1fa2"
SITE_IMPRINT_URL = "/imprint/"
SITE_PRIVACY_URL = "https://acme.example.com/privacy"
