"""Personal data of the app: its export and erasure."""

from django.contrib.auth.models import AbstractBaseUser
from django_otp_webauthn.models import WebAuthnCredential, WebAuthnUserHandle

from foundation.personal_data import Erasure, Exported, PersonalData


class Passkeys(PersonalData):
    """Passkeys, and the random number by which devices know the user."""

    def export(self, user: AbstractBaseUser) -> Exported:
        own = WebAuthnCredential.objects.filter(user=user.pk).order_by("pk")
        return {"passkeys": list(own.values("created_at", "last_used_at"))}

    def erase(self, erasure: Erasure) -> None:
        for model in (WebAuthnCredential, WebAuthnUserHandle):
            model.objects.filter(user=erasure.user.pk).delete()


PARTS = (Passkeys(),)
