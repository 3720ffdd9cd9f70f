"""Pictures of the README: taken of the service that `make run` starts, once it is up."""

import pytest

from infra.documentation.pictures import Entrances, NoPictures, read_entrances

UP = """Starting Django ...
Site        http://127.0.0.1:8000/
Subscriber  sign in as ada with the password demo
Operator    http://127.0.0.1:8000/admin/   sign in as demo with the password secret

Ctrl-C ends it.
""".splitlines(keepends=True)


def test_entrances_are_read_from_what_make_run_prints() -> None:
    assert read_entrances(UP) == Entrances("http://127.0.0.1:8000", ("ada", "demo"), ("demo", "secret"))


def test_service_that_ends_before_it_is_up_is_told() -> None:
    with pytest.raises(NoPictures, match="Starting Django"):
        read_entrances(UP[:-1])
