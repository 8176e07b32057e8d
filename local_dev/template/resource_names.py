"""The names of the template's tables and queues in the emulator. They are known before it runs, so that all parts
start at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_dev.http_server.limits import MANAGEMENT_PATH
from local_dev.login.variables import PARAMETERS
from local_dev.repository import ROOT
from local_dev.template import aws_variables as variables
from local_dev.template.intrinsics import Template
from local_dev.template.wiring import Wiring

ACCOUNT = "000000000000"


def table_name(logical: str, properties: Mapping[str, Any]) -> str:
    return properties.get("TableName", logical)


def queue_name(logical: str, properties: Mapping[str, Any]) -> str:
    return properties.get("QueueName", logical + (".fifo" if properties.get("FifoQueue") else ""))


QUEUES = "http://queues.local"
"""The names are the same at every start. A queue's URL is only a name, because clients use the endpoint of their
settings.
"""


def name_resources(template: Template) -> None:
    """After this, `!Ref` of a table is its name, and `!Ref` of a queue its URL."""
    wiring = Wiring(template)
    for logical, properties in wiring.tables().items():
        template.refs[logical] = table_name(logical, properties)
    for logical, properties in wiring.queues().items():
        name = queue_name(logical, properties)
        template.refs[logical] = f"{QUEUES}/{ACCOUNT}/{name}"
        template.attributes[f"{logical}.QueueName"] = name
        template.attributes[f"{logical}.Arn"] = f"arn:aws:sqs:{template.refs['AWS::Region']}:{ACCOUNT}:{name}"


_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")


def shapes(wiring: Wiring) -> dict[str, dict[str, Any]]:
    """Return the properties with which each table is created, by name."""
    return {
        table_name(logical, properties): {
            key: properties[key] for key in _TABLE_PROPERTIES if key in properties
        }
        for logical, properties in wiring.tables().items()
    }


LOCAL_PARAMETERS = {"WorkerConcurrency": "500", "FramePace": "smooth"}
"""The template's values are for a task of a quarter of a vCPU and more, where memory costs money. On a laptop a
streaming run uses about a quarter of a MB, so the processors are the limit and not the places. Frames cost nothing
here.
"""


def local_wiring(environment: Mapping[str, str], url: str) -> Wiring:
    """Return the template as it is wired on this computer, where `url` is the gateway's. Raises `TemplateError`."""
    template = Template.load(ROOT / "template.yaml", region=variables.region(environment))
    name_resources(template)
    template.refs.update(LOCAL_PARAMETERS)
    template.refs.update(
        {PARAMETERS[name]: value for name, value in environment.items() if name in PARAMETERS}
    )
    addresses = dict.fromkeys(Wiring(template).socket_apis(), url + MANAGEMENT_PATH)
    return Wiring(template, environment, addresses)
