"""Profiles, which are made on demand, and the registry of personal data."""

from accounts.models import Profile
from accounts.profiles import profile_of
from tests.support.factories import make_user


def test_profile_is_made_once_and_has_chosen_nothing(db: None) -> None:
    user = make_user()
    profile = profile_of(user)
    assert (profile.language, profile.time_zone, profile.external_user_id) == ("", "", None)
    profile.language = "de"
    profile.save()
    assert profile_of(user).language == "de"
    assert Profile.objects.count() == 1


def test_profile_goes_with_its_user(db: None) -> None:
    user = make_user()
    profile_of(user)
    user.delete()
    assert not Profile.objects.exists()


def test_users_without_an_external_id_do_not_collide(db: None) -> None:
    assert profile_of(make_user()).external_user_id is profile_of(make_user()).external_user_id is None
