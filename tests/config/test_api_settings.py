"""Who may renew, as the environment says it."""

import pytest

from config.api_settings import list_of_renewers


def test_names_are_split_at_commas() -> None:
    assert list_of_renewers("owner, service") == ["owner", "service"]


@pytest.mark.parametrize("names", ["everybody", "owner,", "owner service"])
def test_unknown_name_is_refused(names: str) -> None:
    with pytest.raises(ValueError, match=names):
        list_of_renewers(names)
