from __future__ import annotations

from pathlib import Path

import pytest
from botocore.session import Session
from botocore.utils import get_environ_proxies

from local_dev.options import Options
from local_dev.past_proxies import exceptions_for_loopback
from local_dev.template.aws_variables import aws_variables, without_own_credentials
from local_dev.template.resource_names import local_wiring

OWN = {
    "AWS_ACCESS_KEY_ID": "mine",
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "t",
    "AWS_REGION": "eu-west-1",
}


URLS = ("http://127.0.0.1:1", "http://127.0.0.1:2")


def test_a_developers_own_credentials_never_reach_the_emulator():
    variables = without_own_credentials(OWN) | aws_variables(OWN, *URLS, "LOCAL1")
    assert variables["AWS_ACCESS_KEY_ID"] == "LOCAL1"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & variables.keys()


def test_bedrock_is_asked_with_the_developers_own_profile():
    own = {**OWN, "FORGE_LLM": "bedrock:some-model"}
    variables = without_own_credentials(own) | aws_variables(own, *URLS, "LOCAL1")
    assert variables["AWS_PROFILE"] == "work"
    assert variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "https://bedrock-runtime.eu-west-1.amazonaws.com"


def test_bedrock_is_asked_in_the_region_of_its_own():
    own = {**OWN, "FORGE_LLM": "bedrock:some-model", "BEDROCK_REGION": "us-west-2"}
    variables = aws_variables(own, *URLS, "LOCAL1")
    assert variables["AWS_REGION"] == "eu-west-1"
    assert variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "https://bedrock-runtime.us-west-2.amazonaws.com"


def test_the_table_is_asked_with_this_starts_key_also_beside_a_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore takes keys of the environment before a profile that only the environment names."""
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = MINE\naws_secret_access_key = secret\n")
    own = {**OWN, "FORGE_LLM": "bedrock:some-model", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
    for name in OWN:
        monkeypatch.delenv(name, raising=False)
    for name, value in (without_own_credentials(own) | aws_variables(own, *URLS, "LOCAL1")).items():
        monkeypatch.setenv(name, value)
    assert access_key(Session()) == "LOCAL1"
    assert access_key(Session(profile="work")) == "MINE"


PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "own",
    [
        {"HTTP_PROXY": PROXY},
        {"https_proxy": PROXY, "http_proxy": PROXY, "NO_PROXY": "intranet.example"},
        {
            "ALL_PROXY": PROXY,
            "HTTP_PROXY": PROXY,
            "no_proxy": "intranet.example",
            "NO_PROXY": "other.example",
        },
        {"HTTP_PROXY": PROXY, "no_proxy": "*"},
    ],
)
def test_the_applications_own_calls_go_past_the_computers_proxy(
    own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**own, **exceptions_for_loopback(own)}.items():
        monkeypatch.setenv(name, value)
    for host in ("127.0.0.1:4566", "localhost:8080"):
        assert get_environ_proxies(f"http://{host}/") == {}
    if "intranet.example" in own.values():
        assert get_environ_proxies("http://intranet.example/") == {}
    assert bool(get_environ_proxies("http://elsewhere.example/")) is ("*" not in own.values())


def test_without_a_proxy_nothing_is_said_of_one() -> None:
    assert exceptions_for_loopback({"HTTP_PROXY": "", "NO_PROXY": "a.example"}) == {}


def access_key(session: Session) -> str:
    credentials = session.get_credentials()
    assert credentials
    return credentials.access_key


def test_options_come_from_the_environment():
    options = Options.from_environment(
        {"BACKEND_PORT": "0", "FORGE_WORKERS": "3", "FORGE_KEEP_STATE": "0", "FORGE_SOCKET_IDLE_SECONDS": "2"}
    )
    assert (options.port, options.workers, options.keep_state, options.limits.idle) == (0, 3, False, 2)
    assert Options.from_environment({}) == Options()


@pytest.mark.slow
def test_a_worker_on_a_laptop_takes_more_runs_at_once_unless_the_developer_says_otherwise():
    for environment, concurrency in (({}, "500"), ({"WORKER_CONCURRENCY": "7"}, "7")):
        wiring = local_wiring(environment, "http://127.0.0.1:1")
        assert wiring.worker_environment()["WORKER_CONCURRENCY"] == concurrency


def test_text_is_pushed_smoothly_on_a_laptop_where_no_frame_is_paid():
    for environment, pace in (({}, "smooth"), ({"FRAME_PACE": "economic"}, "economic")):
        assert local_wiring(environment, "http://127.0.0.1:1").worker_environment()["FRAME_PACE"] == pace
