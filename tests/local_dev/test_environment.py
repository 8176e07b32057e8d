from __future__ import annotations

from local_dev.environment import ACCESS_KEY, access_key, aws_variables, without_own_credentials
from local_dev.options import Options

OWN = {
    "AWS_ACCESS_KEY_ID": "mine",
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "t",
    "AWS_REGION": "eu-west-1",
}


def test_a_developers_own_credentials_never_reach_the_emulator():
    variables = without_own_credentials(OWN) | aws_variables(OWN, "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert variables["AWS_ACCESS_KEY_ID"] == ACCESS_KEY
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & variables.keys()


def test_bedrock_is_asked_with_the_developers_own_credentials():
    own = {**OWN, "FORGE_LLM": "bedrock:some-model"}
    variables = without_own_credentials(own) | aws_variables(own, "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert variables["AWS_ACCESS_KEY_ID"] == "mine"
    assert variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert access_key(own) == ""


def test_options_come_from_the_environment():
    options = Options.from_environment(
        {"BACKEND_PORT": "0", "FORGE_WORKERS": "3", "FORGE_KEEP_STATE": "0", "FORGE_SOCKET_IDLE_SECONDS": "2"}
    )
    assert (options.port, options.workers, options.keep_state, options.limits.idle) == (0, 3, False, 2)
    assert Options.from_environment({}) == Options()
