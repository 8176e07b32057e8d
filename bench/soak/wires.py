"""What `template.yaml` wires together, with a proxy in between."""

from __future__ import annotations

from collections.abc import Mapping

from local_dev.environment import REGION
from local_dev.limits import MANAGEMENT_PATH
from local_dev.names import name_resources
from local_dev.processes import ROOT
from local_dev.template import Template
from local_dev.wiring import Wiring


def wiring_of(endpoint: str, environment: Mapping[str, str]) -> Wiring:
    """`@connections` is reached through `endpoint`."""
    template = Template.load(ROOT / "template.yaml", region=REGION)
    name_resources(template)
    addresses = dict.fromkeys(Wiring(template).socket_apis(), endpoint + MANAGEMENT_PATH)
    return Wiring(template, environment, addresses)
