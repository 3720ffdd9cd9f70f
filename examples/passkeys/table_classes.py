"""Tables of passkeys, whose rows make no scheduled work due."""

from foundation.due_work import harmless

APP = "django_otp_webauthn"

TABLES = harmless(f"{APP}.WebAuthnCredential", f"{APP}.WebAuthnAttestation", f"{APP}.WebAuthnUserHandle")
