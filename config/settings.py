"""Django's settings, all from the environment. The table of variables is in README.md under 'Configuration'."""

import os
from pathlib import Path

from config.environment import Environment, log_level
from config.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
ON_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
LOCAL = os.environ.get("DJANGO_LOCAL") == "1" and not ON_LAMBDA

env = Environment(local=LOCAL)

SECRET_KEY = env.text("SECRET_KEY", local="local-only-and-known-to-everyone-who-reads-this-repository")
ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", local=["localhost", "127.0.0.1", "testserver"])
DATABASES = {"default": env.database("DATABASE_URL", local=f"sqlite:///{BASE_DIR / '.local' / 'db.sqlite3'}")}
SITE_URL = env.text("SITE_URL", local="http://127.0.0.1:8000").rstrip("/")
SES_FROM_ADDRESS = env.text("SES_FROM_ADDRESS", local="subscriptions@example.com")
SNS_TOPIC_ARN = env.text("SNS_TOPIC_ARN", local="arn:aws:sns:us-east-1:123456789012:subscription-events")
SES_CONFIGURATION_SET = env.optional("SES_CONFIGURATION_SET", str, "")
DELIVERY_THREADS = env.optional("DELIVERY_THREADS", int, 8)
LOG_LEVEL = env.optional("LOG_LEVEL", log_level, "INFO")
env.refuse_if_broken()

DEBUG = False

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "config",
    "subscriptions",
    "notifications",
]
MIDDLEWARE = [
    "config.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            ],
        },
    },
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured (docs/decisions.md): deferred transactions gave hundreds of "database is locked" with 8 processes.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,  # seconds that a writer waits for another
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60  # seconds; one connection serves a warm function's invocations
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = LOCAL  # else it warns where nothing was collected

# API Gateway ends TLS and Zappa sets the scheme to https itself; SECURE_PROXY_SSL_HEADER would let a client undo it.
SECURE_SSL_REDIRECT = not LOCAL
SECURE_HSTS_SECONDS = 0 if LOCAL else 31_536_000  # a year, https://hstspreload.org
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
SECURE_HSTS_PRELOAD = not LOCAL
SESSION_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_SECURE = not LOCAL

LOGGING = logging_config(LOG_LEVEL)
