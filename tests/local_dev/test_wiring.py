from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from local_dev.laptop_defaults import HERE
from local_dev.repository import ROOT
from local_dev.stack import WORKER_KILL_SECONDS
from local_dev.template.intrinsics import Template, TemplateError
from local_dev.template.resource_names import local_wiring
from local_dev.template.wiring import Wiring
from worker.settings import WorkerSettings

NEW_FUNCTION = """
  Added:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/added/
      Timeout: 7
      Environment:
        Variables:
          ADDED_VARIABLE: !Sub "${Table}/${SessionTimeoutMinutes}"
      Events:
        One: { Type: HttpApi, Properties: { ApiId: !Ref HttpApi, Method: put, Path: "/added/{name}" } }
        Two: { Type: Schedule, Properties: { Schedule: rate(2 hours) } }

"""


def wiring_of(text: str, tmp_path: Path, **overrides: str) -> Wiring:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    template = Template.load(file, region="us-east-1")
    return Wiring(template, overrides, {"WebSocketApi": "http://127.0.0.1:1/sockets"})


@pytest.fixture
def text() -> str:
    return (ROOT / "template.yaml").read_text()


def test_a_function_that_is_added_to_the_template_is_routed_scheduled_and_configured(
    text: str, tmp_path: Path
):
    added = text.replace("Resources:\n", f"Resources:\n{NEW_FUNCTION}", 1)
    wiring = wiring_of(added, tmp_path)
    route = next(route for route in wiring.http_routes() if route.key == "PUT /added/{name}")
    assert (route.function.folder, route.function.timeout) == ("added", 7)
    assert route.function.environment["ADDED_VARIABLE"] == "Table/30"
    assert 7200 in [schedule.seconds for schedule in wiring.schedules()]


def test_every_function_of_the_template_has_a_way_in(text: str, tmp_path: Path):
    wiring = wiring_of(text, tmp_path)
    socket_api = wiring.socket_api()
    assert socket_api is not None
    reached = {route.function.name for route in wiring.http_routes()}
    reached |= {function.name for function in socket_api.routes.values()}
    reached |= {schedule.function.name for schedule in wiring.schedules()}
    reached |= {stream.function.name for stream in wiring.table_streams()}
    assert reached == set(wiring.functions())


def test_the_stream_is_an_asgi_app_and_the_rest_are_handlers(text: str, tmp_path: Path):
    streams = [route.key for route in wiring_of(text, tmp_path).http_routes() if route.streams]
    assert streams == ["GET /api/chat/stream"]


def test_an_exported_variable_wins_over_a_parameter_but_not_over_a_resource(text: str, tmp_path: Path):
    wiring = wiring_of(text, tmp_path, SESSION_TIMEOUT_MINUTES="0.1", FORGE_TABLE="production")
    for environment in (wiring.functions()["Chat"].environment, wiring.worker_environment()):
        assert environment["SESSION_TIMEOUT_MINUTES"] == "0.1"
        assert environment["FORGE_TABLE"] == "Table"


def test_what_is_otherwise_on_a_laptop_gives_way_to_what_is_exported():
    template = Template.load(ROOT / "template.yaml", region="us-east-1")
    for exported in ({}, {"DEPLOYMENT_TOKENS_PER_DAY": "7", "POLICY_DEPLOYMENT_SEND_LIMIT_PER_DAY": "7 wei"}):
        environment = Wiring(template, exported).worker_environment()
        for name in ("DEPLOYMENT_TOKENS_PER_DAY", "POLICY_DEPLOYMENT_SEND_LIMIT_PER_DAY"):
            assert environment[name] == exported.get(name, HERE[name])


def test_a_worker_that_is_stopped_hands_its_runs_over_before_it_is_killed():
    settings = WorkerSettings.from_environment(local_wiring({}, "http://127.0.0.1:1").worker_environment())
    assert settings.worker_stop_seconds < WORKER_KILL_SECONDS
    assert settings.worker_heartbeat == ""
    longer = local_wiring({"WORKER_STOP_SECONDS": "20"}, "http://127.0.0.1:1").worker_environment()
    assert longer["WORKER_STOP_SECONDS"] == "20"


def test_the_address_of_the_connections_is_on_this_computer(text: str, tmp_path: Path):
    wiring = wiring_of(text, tmp_path)
    assert wiring.worker_environment()["FORGE_CONNECTIONS_URL"] == "http://127.0.0.1:1/sockets"
    assert "amazonaws" not in yaml.safe_dump([dict(each.environment) for each in wiring.functions().values()])


def test_the_page_gets_the_security_headers_of_the_distribution(text: str, tmp_path: Path):
    headers = wiring_of(text, tmp_path).page_headers()
    assert headers["content-security-policy"].startswith("default-src")
    assert "\n" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_schedule_that_cannot_run_here_is_refused(text: str, tmp_path: Path):
    with pytest.raises(TemplateError, match="cron"):
        wiring_of(text.replace("rate(1 minute)", "cron(0 12 * * ? *)"), tmp_path).schedules()
