"""Settings of the example: the service's own, with passkeys for the host of SITE_URL."""

from urllib.parse import urlsplit

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, OTP_TOTP_ISSUER, SITE_URL

# First, because its template extends the service's.
INSTALLED_APPS = ["examples.passkeys", "django_otp_webauthn", *INSTALLED_APPS]
ROOT_URLCONF = "examples.passkeys.urls"

# A passkey belongs to a name, and never to an address: open the local site as http://localhost:8000.
site = urlsplit(SITE_URL.replace("//127.0.0.1", "//localhost"))
OTP_WEBAUTHN_RP_ID = site.hostname
OTP_WEBAUTHN_RP_NAME = OTP_TOTP_ISSUER
OTP_WEBAUTHN_ALLOWED_ORIGINS = [f"{site.scheme}://{site.netloc}"]
