"""Passkeys as an extra: django-otp-webauthn beside the service's own sign-in."""
