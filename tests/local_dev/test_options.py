"""The developer's variables: an invalid value of any kind is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.options import OptionError, Options, usual_workers
from tests.unlisted import tried

NUMBERS = (
    "BACKEND_PORT",
    "FORGE_WORKERS",
    "FORGE_EXPIRY_SECONDS",
    "FORGE_SCHEDULE_SECONDS",
    "FORGE_SOCKET_IDLE_SECONDS",
    "FORGE_SOCKET_LIFETIME_SECONDS",
)


def shown(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:40]}…"


@pytest.mark.parametrize("value", ["abc", "99999", "-1", "80.5", "8080x", " ", "0x50", "nan", "inf"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    with pytest.raises(OptionError, match=r"^BACKEND_PORT is "):
        Options.from_environment({"BACKEND_PORT": value})


@given(st.sampled_from(NUMBERS), st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_every_text_is_a_number_within_its_limits_or_an_error_that_names_the_variable(
    name: str, value: str
) -> None:
    tried("values of a number's variable", value)
    try:
        options = Options.from_environment({name: value})
    except OptionError as error:
        said = str(error)
    else:
        said = f"{name} is {shown(value)}: it must be a usable one"
        is_usable(options)
    assert said.startswith(f"{name} is {shown(value)}: it must be a ")


@pytest.mark.parametrize("digits", [309, 5000])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_very_many_digits_is_named_in_a_short_sentence(name: str, digits: int) -> None:
    with pytest.raises(OptionError, match=rf"^{name} is 9{{40}}…: it must be a ") as refused:
        Options.from_environment({name: "9" * digits})
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FORGE_HOSTS", "http://chat.example"),
        ("FORGE_HOSTS", "a.example, b.example:8080"),
        ("CORS_ORIGINS", "chat.example"),
        ("CORS_ORIGINS", "https://a.example, https://b.example/"),
    ],
)
def test_a_list_whose_member_would_have_no_effect_is_named(name: str, value: str) -> None:
    with pytest.raises(OptionError, match=rf"^{name} is .*: it must be "):
        Options.from_environment({name: value})


def test_lists_of_the_right_form_are_taken() -> None:
    listed = {
        "FORGE_HOSTS": "a.example, B.example,",
        "CORS_ORIGINS": "https://a.example , http://b.example:8080",
    }
    assert Options.from_environment(listed).hosts == listed["FORGE_HOSTS"]
    for origins in ("", "*", "https://*.example", "capacitor://localhost", "chrome-extension://abc, null"):
        Options.from_environment({"CORS_ORIGINS": origins})


@pytest.mark.parametrize("name", [name for name in NUMBERS if "SECONDS" in name and "SCHEDULE" not in name])
def test_no_interval_and_no_life_is_zero(name: str) -> None:
    with pytest.raises(OptionError, match=rf"^{name} is 0: it must be a number of 0.01 or more"):
        Options.from_environment({name: "0"})


@pytest.mark.parametrize("name", ["FORGE_KEEP_STATE", "FORGE_RELOAD"])
def test_a_switch_takes_the_usual_words_and_names_any_other(name: str) -> None:
    def found(value: str) -> bool:
        options = Options.from_environment({name: value})
        return options.keep_state and options.reload

    assert [found(value) for value in ("0", "no", "No", "off", "False")] == [False] * 5
    assert [found(value) for value in ("", "1", "yes", "on", "TRUE")] == [True] * 5
    with pytest.raises(OptionError, match=rf"^{name} is maybe: it must be one of 0, no, "):
        found("maybe")


def is_usable(options: Options) -> None:
    assert 0 <= options.port <= 65535
    assert 1 <= options.workers <= 64
    for seconds in (options.expiry_seconds, options.schedule_seconds or 0, options.limits.idle):
        assert 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("processors", "gigabytes", "workers"),
    [(1, 64, 1), (2, 8, 2), (2, 4, 1), (2, 1, 1), (8, 16, 4), (4, 12, 3), (64, 512, 4)],
)
def test_there_is_a_worker_for_each_processor_as_far_as_the_memory_allows(
    processors: int, gigabytes: int, workers: int
) -> None:
    assert usual_workers(processors, gigabytes * 10**9) == workers
    assert usual_workers() >= 1
