"""Django settings, read from environment variables. `make reference` lists them in docs/reference/settings.md."""

import os
from datetime import timedelta
from email.utils import formataddr
from pathlib import Path

from csp.constants import NONE, SELF

from config.api.settings import RENEWERS, REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - Django reads them here
from config.aws_lambda.secrets import load_secret
from config.environment import (
    Environment,
    list_of,
    list_of_keys,
    list_of_origins,
    log_level,
    matching,
    rate,
    whole_number,
)
from config.logs import logging_config
from config.web.colors import accent_color
from foundation.web.brand import footer_link, one_line

BASE_DIR = Path(__file__).resolve().parent.parent
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
LOCAL = os.environ.get("DJANGO_LOCAL") == "1" and not ON_LAMBDA

READ_COMMITTED = 2
MAILS = ("created", "renewed", "cancelled", "reactivated", "expired", "changed", "reminder", "message")

# RFC 9457 takes any URI; a URN is a name and no address to look up.
PROBLEM_TYPES = matching(r"(urn:[A-Za-z0-9][A-Za-z0-9-]{1,31}:|https://)[A-Za-z0-9._:/-]*[A-Za-z0-9]", "URN or URL")
EVENT_TYPES = matching(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*", "reverse domain name such as com.example.subscription")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
NAMESPACES = matching(r"(?!AWS/)[A-Za-z0-9._/#-][A-Za-z0-9._/#:-]{0,254}", "CloudWatch namespace")

if not LOCAL:
    load_secret(os.environ)
env = Environment(local=LOCAL)

SECRET_KEY = env.text("SECRET_KEY", local="local-only-and-known-to-everyone-who-reads-this-repository")
"""Django's secret. On AWS it comes from Secrets Manager."""
SECRET_KEY_FALLBACKS: list[str] = env.optional("SECRET_KEY_FALLBACKS", list_of_keys, [])
"""Former keys that still verify what they signed, separated by commas."""
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", local=["localhost", "127.0.0.1", "testserver"])
"""Exact host names, separated by commas."""
DATABASES = {"default": env.database("DATABASE_URL", local=f"sqlite:///{BASE_DIR / '.local' / 'db.sqlite3'}")}
"""`postgres://user:password@host:port/name`. SQLite works on a laptop only."""
SITE_URL = env.text("SITE_URL", local="http://127.0.0.1:8000").rstrip("/")
"""The address that links in mails begin with, and the `source` of events."""
_sender = env.sender("SES_FROM_ADDRESS", local="subscriptions@example.com")
"""The sender, a verified identity: `no-reply@example.com` or `Acme <no-reply@example.com>`."""
SES_FROM_NAME, SES_FROM_ADDRESS = _sender.name, _sender.address
DEFAULT_FROM_EMAIL = SERVER_EMAIL = formataddr((SES_FROM_NAME, SES_FROM_ADDRESS))
EMAIL_BACKEND = "notifications.email_backend.OutboxBackend"
SNS_TOPIC_ARN = env.text("SNS_TOPIC_ARN", local="arn:aws:sns:us-east-1:123456789012:subscription-events")
"""The topic of the events. A `.fifo` topic keeps the order per subscription."""
SES_CONFIGURATION_SET = env.optional("SES_CONFIGURATION_SET", str, "")
"""The configuration set whose event destination reports on mails."""
SES_SEND_RATE = env.optional("SES_SEND_RATE", rate, 14.0)
"""Mails per second while SES cannot be asked what the account may send."""
# AWS accepts a signature for 15 minutes: a suspended delivery process may still send until then.
CONFIRMATION_GRACE = timedelta(minutes=env.optional("CONFIRMATION_GRACE_MINUTES", whole_number(16), 45))
"""Minutes to wait for SES's `Send` event after a lost answer. Longer than a failed batch of feedback stays hidden in
its queue."""
UNCONFIRMED_MAILS_GIVEN_UP = env.optional("UNCONFIRMED_MAILS_GIVEN_UP", list_of(MAILS), ["reminder"])
"""Kinds of mail that are not sent again after that, or `none`."""
COMPLAINT_STOPS = env.optional("COMPLAINT_STOPS", list_of(MAILS), ["reminder"])
"""Kinds of mail that a recipient no longer gets after a complaint, or `none`. A permanent bounce stops all."""
DELIVERY_FUNCTION = env.optional("DELIVERY_FUNCTION", str, os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
"""Function that delivers account mails at once: on Lambda the function itself. Empty: the schedule delivers them."""
DELIVERY_THREADS = env.optional("DELIVERY_THREADS", whole_number(), 8)
"""Calls to AWS at once."""
DATABASE_CONNECT_SECONDS = env.optional("DATABASE_CONNECT_SECONDS", whole_number(), 5)  # libpq's own default is minutes
"""Seconds to wait for the database; 25 for one that sleeps, 40 behind the gate, of which a request waits 25."""
GATE_TABLE = env.optional("GATE_TABLE", matching(r"[A-Za-z0-9_.-]{3,255}", "name of a DynamoDB table"), "")
"""DynamoDB table that tells the schedule when something is due, so that the database can sleep; empty: no gate."""
GATE_AHEAD = timedelta(seconds=env.optional("GATE_AHEAD_SECONDS", whole_number(75), 75))
"""Seconds before something is due at which the database is woken: 75 leaves it 15 s to resume, 90 leaves 30 s."""
GATE_CEILING = timedelta(hours=env.optional("GATE_CEILING_HOURS", whole_number(), 24))
"""Hours after which the jobs run even if nothing seems due: how late they may be after a change by hand."""
STALE_SWEEP_AFTER = timedelta(minutes=env.optional("STALE_SWEEP_MINUTES", whole_number(), 5))
"""Minutes after which `/readyz` and the dashboard call the last sweep stale."""
STALE_AUDIT_AFTER = timedelta(minutes=env.optional("STALE_AUDIT_MINUTES", whole_number(), 60))
"""The same for the access audit, from when it is due: with `GATE_TABLE` that is the next night, 03:20 UTC."""
STALE_NOTIFICATION_AFTER = timedelta(minutes=env.optional("STALE_NOTIFICATION_MINUTES", whole_number(), 15))
"""The same for the notification that has waited longest."""
FEEDBACK_KEPT = timedelta(days=env.optional("FEEDBACK_KEPT_DAYS", whole_number(), 90))
"""Days after which SES reports, which name addresses, are deleted."""
NOTIFICATIONS_KEPT = timedelta(days=env.optional("NOTIFICATIONS_KEPT_DAYS", whole_number(), 400))
"""Days after which finished notifications are deleted."""
WEBHOOK_MESSAGES_KEPT = timedelta(days=env.optional("WEBHOOK_MESSAGES_KEPT_DAYS", whole_number(), 90))
"""Days after which messages of the payment provider are deleted, once their facts are applied."""
SWEEPS_KEPT = timedelta(days=env.optional("SWEEPS_KEPT_DAYS", whole_number(), 400))
"""Days after which sweeps, access audits and daily counts are deleted."""
LOG_LEVEL = env.optional("LOG_LEVEL", log_level, "INFO")
"""One of Python's names of a log level."""
RENEWAL_ALLOWED_TO = env.optional("RENEWAL_ALLOWED_TO", list_of(RENEWERS), ["staff", "service"])
"""Roles that may renew a plan that costs money."""
PAYMENT_PROVIDERS = matching(r"|manual|stripe|[A-Za-z_]\w*(\.\w+)+", "provider: manual, stripe, dotted path, or empty")
PAYMENT_PROVIDER = env.optional("PAYMENT_PROVIDER", PAYMENT_PROVIDERS, "")
"""`stripe`, the dotted path of a provider, or `manual` for transfers that staff record; empty: periods are free."""
PAYMENT_INSTRUCTIONS = env.optional("PAYMENT_INSTRUCTIONS", str, "")
"""With `manual`, the text that says where to pay, such as the holder and number of the account. May have lines."""
PRICES_INCLUDE_TAX = env.optional("PRICES_INCLUDE_TAX", matching("yes|no", "yes or no"), "yes") == "yes"
"""`no` if no tax is part of the prices, as of a small business. Pages and receipts say so."""
TERMS_VERSION = env.optional("TERMS_VERSION", matching(r"[\w.-]{1,50}", "version such as 2026-11"), "")
"""Version of the terms that subscribers accept before they pay, such as `2026-11`; empty if there are none."""
WITHDRAWAL_DAYS = env.optional("WITHDRAWAL_DAYS", whole_number(0), 14)
"""Days within which a subscriber may withdraw from a contract (EU Directive 2011/83, article 9); 0 turns it off."""
PRICE_NOTICE_DAYS = env.optional("PRICE_NOTICE_DAYS", whole_number(), 30)
"""Least number of days between the mail about a new price and the first period that costs it."""
PENDING_GRACE_DAYS = env.optional("PENDING_GRACE_DAYS", whole_number(), 14)
"""Days after the end for which access goes on while money is on its way, as that of a SEPA debit is."""
STRIPE_SECRET_KEY = env.optional("STRIPE_SECRET_KEY", str, "")
"""With `stripe`, the secret or restricted key. On AWS it comes from Secrets Manager."""
STRIPE_WEBHOOK_SECRETS: list[str] = env.optional("STRIPE_WEBHOOK_SECRETS", list_of_keys, [])
"""Secrets that webhooks are signed with, separated by commas: two while one replaces the other."""
STRIPE_API_BASE = env.optional("STRIPE_API_BASE", str, "").rstrip("/")
"""Address of a local provider that stands in for Stripe; empty for Stripe itself. Refused off this machine."""
PAYMENT_PROVIDER_URL = env.optional("PAYMENT_PROVIDER_URL", str, "").rstrip("/")
"""For a provider by dotted path: its address."""
PAYMENT_PROVIDER_KEY = env.optional("PAYMENT_PROVIDER_KEY", str, "")
"""For a provider by dotted path: the key of its API. On AWS it comes from Secrets Manager."""
PAYMENT_PROVIDER_WEBHOOK_SECRETS: list[str] = env.optional("PAYMENT_PROVIDER_WEBHOOK_SECRETS", list_of_keys, [])
"""For a provider by dotted path: secrets that its webhooks are signed with, separated by commas. On AWS likewise."""
LOST_DISPUTE = env.optional("LOST_DISPUTE", matching(r"ends|keeps", "choice: ends or keeps"), "ends")
"""`ends` if a payment that is reclaimed through the bank ends its subscription once the dispute is lost, or `keeps`."""
CHANGES_PER_MINUTE_AND_USER = env.optional("CHANGES_PER_MINUTE_AND_USER", whole_number(), 30)
"""Changing requests per minute and user, through pages and API."""
CHANGES_PER_MINUTE_AND_ADDRESS = env.optional("CHANGES_PER_MINUTE_AND_ADDRESS", whole_number(), 300)
"""Changing requests per minute and client address. An office has one address."""
SIGN_INS_PER_MINUTE_AND_NAME = env.optional("SIGN_INS_PER_MINUTE_AND_NAME", whole_number(), 10)
"""Attempts to sign in or up per minute and user name."""
SIGN_INS_PER_MINUTE_AND_ADDRESS = env.optional("SIGN_INS_PER_MINUTE_AND_ADDRESS", whole_number(), 60)
"""Attempts to sign in or up per minute and client address."""
CORS_ALLOWED_ORIGINS: list[str] = env.optional("CORS_ALLOWED_ORIGINS", list_of_origins, [])
"""Origins whose pages may call the API, by tokens only: `https://app.example.com`, separated by commas; empty: none."""
TWO_FACTOR_REQUIRED_FROM: list[str] = env.optional("TWO_FACTOR_REQUIRED_FROM", list_of(("staff",)), [])
"""`staff` to require a second factor from everybody with access to the admin, or `none`."""
SITE_NAME = env.optional("SITE_NAME", one_line, "")
"""Name of the site in pages, mails and the admin; empty for "Subscriptions", translated."""
SITE_LOGO = env.optional("SITE_LOGO", str, "site/icon.svg")
"""Static file of the logo, which is the favicon too: `product/logo.svg` for `product/static/product/logo.svg`."""
SITE_COLOR = env.optional("SITE_COLOR", accent_color, "")
"""Accent colour of links and buttons, `#rrggbb`. Readable shades for light and dark mode are derived from it."""
SITE_IMPRINT_URL = env.optional("SITE_IMPRINT_URL", footer_link, "")
"""Link to the imprint in the footer of pages and mails: an http(s) address or a path of the site; empty for none."""
SITE_TERMS_URL = env.optional("SITE_TERMS_URL", footer_link, "")
"""The same to the terms."""
SITE_PRIVACY_URL = env.optional("SITE_PRIVACY_URL", footer_link, "")
"""The same to the privacy policy."""
SITE_CONTACT_URL = env.optional("SITE_CONTACT_URL", footer_link, "")
"""The same to a contact page."""
PROBLEM_TYPE_PREFIX = env.optional("PROBLEM_TYPE_PREFIX", PROBLEM_TYPES, "urn:subscriptions:problem")
"""Beginning of the API's problem types. Integrators rely on it: a change is a new contract."""
EVENT_TYPE_PREFIX = env.optional("EVENT_TYPE_PREFIX", EVENT_TYPES, "subscription")
"""Beginning of the event types, such as `com.example.subscription`. Consumers rely on it, as above."""
METRIC_NAMESPACE = env.optional("METRIC_NAMESPACE", NAMESPACES, "Subscriptions")
"""CloudWatch namespace of the metrics. `make deploy` gives it to the stack's alarms; older values are not moved."""
LOCAL_CLOCK = env.local_clock("LOCAL_CLOCK", local=(BASE_DIR / ".local" / "clock").as_uri())
"""The file in which the local stack keeps how far its time is moved. Refused everywhere else."""
env.refuse_if_broken()

DELIVERY_LEASE = timedelta(minutes=2)
# Time that must be left of the lease when a claim's calls begin: 4 rounds of at most 13 s (the rounds in `delivery`,
# CONNECT_TIMEOUT + READ_TIMEOUT in `aws`).
DELIVERY_CALLS = timedelta(seconds=60)

DEBUG = False

INSTALLED_APPS = [
    "config",
    "config.web",  # before the admin: its templates override some of the admin's
    "config.operations",
    "config.web.lazy_admin.LazyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "accounts.apps.ApiTokensConfig",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "accounts",
    "foundation.throttling",
    "subscriptions",
    "payments",
    "notifications",
]
if LOCAL:  # apps that only document or check would slow each cold start
    INSTALLED_APPS += ["corsheaders", "csp", "drf_spectacular"]
MIDDLEWARE = [
    "config.web.middleware.RequestIdMiddleware",
    "config.web.middleware.RequestLogMiddleware",
    "config.web.middleware.CacheControlMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.web.middleware.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.operations.health.LivenessMiddleware",  # before middleware that checks the host or queries the database
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),  # before what may refuse a request
    "config.web.middleware.HeaderEncodingMiddleware",
    "payments.middleware.ProviderDeadlineMiddleware",
    "payments.middleware.WebhookMiddleware",  # before session, language, host and CSRF: the signature is the proof
    "config.web.static_files.StaticFilesMiddleware",
    "config.web.middleware.StageCookiesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "accounts.middleware.VisitorPreferencesMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "config.web.page_throttle.PageThrottleMiddleware",
    "config.web.two_factor.TwoFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.web.bad_lookups.BadLookupMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *(["config.web.travelled_time.travelled_time"] if LOCAL_CLOCK else []),
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Deferred transactions caused hundreds of "database is locked" with 8 processes (docs/performance.md).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,  # seconds that a writer waits for another
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    # Seconds; one connection serves a warm function's invocations. An open one keeps a database awake that may sleep.
    DATABASES["default"]["CONN_MAX_AGE"] = 0 if GATE_TABLE else 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A pooler that switches connections between transactions loses the cursor that `iterator()` would open.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = DATABASE_CONNECT_SECONDS
    # The locks are designed for it (foundation/orm/isolation.py), so the server's or role's default must not apply. The
    # number is psycopg.IsolationLevel.READ_COMMITTED; importing psycopg here would slow each cold start.
    DATABASES["default"]["OPTIONS"]["isolation_level"] = READ_COMMITTED

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.token_revocation.TokenRevocation"},
]

# URL names instead of paths: a literal path would lose the stage prefix.
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "subscriptions"
LOGOUT_REDIRECT_URL = "plans"
OTP_TOTP_ISSUER = SITE_NAME or "Subscriptions"
PASSWORD_RESET_TIMEOUT = 3600  # seconds; the link is made when its mail is sent

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = "/static/"  # the storage adds the stage prefix
STATIC_ROOT = BASE_DIR / "build" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": f"config.web.static_files.{'Plain' if LOCAL else 'Hashed'}StaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # halves their share of the zip
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = LOCAL  # otherwise it warns if nothing was collected

# API Gateway terminates TLS and Zappa sets the scheme to https; SECURE_PROXY_SSL_HEADER would let a client undo it.
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # the redirect would reveal the host
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000  # one year, https://hstspreload.org
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SESSION_ENGINE = "config.web.sessions"
# Django's default puts what no cookie holds into the session, where no erasure finds a name.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
SESSION_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_SECURE = not LOCAL
LANGUAGE_COOKIE_SECURE = not LOCAL
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Origins are let in to the API, never with the cookies of a visitor.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]
CORS_ALLOW_HEADERS = [
    "Accept", "Accept-Language", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
]  # fmt: skip
CORS_EXPOSE_HEADERS = [
    "ETag", "Idempotency-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate",
]  # fmt: skip
DATA_UPLOAD_MAX_MEMORY_SIZE = 65_536  # bytes; the largest form has a reason of 500 characters
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],  # Pico.css and the admin embed icons in style sheets
        "script-src": [SELF],
        "style-src": [SELF],
    }
}

LOGGING = logging_config(LOG_LEVEL)
METRIC_DIMENSIONS = {name: os.environ.get(name.upper(), "local") for name in ("Project", "Stage")}  # Zappa sets both
