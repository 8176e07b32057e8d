"""The wiring of `template.yaml`, with a proxy in between."""

from __future__ import annotations

from collections.abc import Mapping

from local_dev.http_server.limits import MANAGEMENT_PATH
from local_dev.repository import ROOT
from local_dev.template.aws_variables import REGION
from local_dev.template.intrinsics import Template
from local_dev.template.resource_names import name_resources
from local_dev.template.wiring import Wiring


def wiring_of(endpoint: str, environment: Mapping[str, str]) -> Wiring:
    """`@connections` is reached through `endpoint`."""
    template = Template.load(ROOT / "template.yaml", region=REGION)
    name_resources(template)
    addresses = dict.fromkeys(Wiring(template).socket_apis(), endpoint + MANAGEMENT_PATH)
    return Wiring(template, environment, addresses)
