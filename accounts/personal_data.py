"""Part of the accounts in a user's export and erasure: profile, tokens, second factors and the admin's log."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from knox.models import AuthToken

from accounts import two_factor
from accounts.models import Profile, SignIn, TokenDetails
from accounts.overwriting import RIGHTS
from accounts.sessions import end_known_sessions
from accounts.tokens import details_of, tokens_of
from foundation.personal_data import Erasure, Exported, PersonalData
from foundation.redaction import redact

NOT_EXPORTED = {"password", "exempt_from_uniqueness", *RIGHTS}
USER_MODELS = ("auth", "accounts")


class AccountData(PersonalData):
    """The user's row, profile, API tokens and second factors, and what operators wrote of them in the admin's log."""

    def export(self, user: AbstractBaseUser) -> Exported:
        return {
            "account": _fields(user),
            "profile": _profile(user),
            "api_tokens": _tokens(user),
            "sessions": _sessions(user),
            "second_factors": _second_factors(user),
        }

    def erase(self, erasure: Erasure) -> None:
        AuthToken.objects.filter(user=erasure.user.pk).delete()
        end_known_sessions(erasure.user)
        two_factor.turn_off(erasure.user)
        _own_entries(erasure.user).update(object_repr=erasure.pseudonym, change_message="")
        _redact_texts(erasure)


def _fields(user: AbstractBaseUser) -> dict[str, Any]:
    own = (field for field in user._meta.concrete_fields if field.name not in NOT_EXPORTED and not field.is_relation)
    return {field.name: field.value_from_object(user) for field in own}


def _profile(user: AbstractBaseUser) -> dict[str, Any]:
    profile = Profile.objects.filter(user=user.pk).first() or Profile()
    names = ("language", "time_zone", "browser_language", "browser_time_zone", "external_user_id", "leaving_since")
    return {name: getattr(profile, name) for name in names}


def _tokens(user: AbstractBaseUser) -> list[dict[str, Any]]:
    return [
        {
            "name": (details := details_of(token)).name,
            "begins_with": token.token_key,
            "scopes": details.scopes,
            "created": token.created,
            "expiry": token.expiry,
            "last_used_at": details.last_used_at,
        }
        for token in tokens_of(user)
    ]


def _sessions(user: AbstractBaseUser) -> list[dict[str, Any]]:
    rows = SignIn.objects.filter(user=user.pk).order_by("signed_in_at")
    return [{"signed_in_at": row.signed_in_at, "browser": row.browser} for row in rows]


def _second_factors(user: AbstractBaseUser) -> list[dict[str, Any]]:
    """Return when each was set up and last used. Its secret is left out: whoever reads the file could sign in by it."""
    names = ("name", "created_at", "last_used_at")
    return [{name: getattr(device, name) for name in names} for device in two_factor.devices_of(user)]


def _own_entries(user: AbstractBaseUser) -> Any:
    """Return the entries about the user's own row, whose model has had two names."""
    labels = {*USER_MODELS, user._meta.app_label}
    return LogEntry.objects.filter(
        object_id=str(user.pk), content_type__app_label__in=labels, content_type__model=user._meta.model_name
    )


def _redact_texts(erasure: Erasure) -> None:
    """Replace the old values in all other entries, such as those about tokens, in others' tokens and erasures."""
    redact(LogEntry.objects.all(), ["object_repr", "change_message"], erasure)
    redact(TokenDetails.objects.all(), ["name"], erasure)
    redact(Profile.objects.exclude(erasure_reason=""), ["erasure_reason"], erasure)


PARTS = (AccountData(),)
