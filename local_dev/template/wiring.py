"""Reads the wiring of `template.yaml`: functions, routes, table, queues, environment, headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from local_dev.laptop_defaults import HERE
from local_dev.template.declarations import Cors, Function, HttpRoute, Schedule, SocketApi, TableStream
from local_dev.template.intrinsics import Node, Template, TemplateError


class Wiring:
    """Reads one template.

    `overrides` (variables) replace values that the template takes from a parameter. `addresses` names the local
    counterparts of cloud URLs, by the logical id of the API.
    """

    def __init__(
        self,
        template: Template,
        overrides: Mapping[str, str] | None = None,
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self.template = template
        self._overrides = overrides or {}
        self._addresses = addresses or {}
        self._global: dict[str, Node] = template.section("Globals").get("Function") or {}
        self._functions: dict[str, Function] = {}

    def functions(self) -> dict[str, Function]:
        if not self._functions:
            found = self.template.resources("AWS::Serverless::Function")
            self._functions = {name: self._function(name, node) for name, node in found.items()}
        return self._functions

    def http_routes(self) -> list[HttpRoute]:
        routes: list[HttpRoute] = []
        for name, function in self.functions().items():
            events = self._events(name, "HttpApi")
            routes += [HttpRoute(str(event["Method"]).upper(), event["Path"], function) for event in events]
            if route := self.template.metadata(name).get("Route"):
                method, path = str(route).split()
                routes.append(HttpRoute(method, path, function, streams=True))
        return routes

    def socket_apis(self) -> list[str]:
        """Return the logical ids."""
        return list(self.template.resources("AWS::Serverless::WebSocketApi"))

    def socket_api(self) -> SocketApi | None:
        for properties in self.template.resources("AWS::Serverless::WebSocketApi").values():
            routes = {
                key: self._named_by(route["FunctionArn"]) for key, route in properties["Routes"].items()
            }
            selector = str(properties["RouteSelectionExpression"]).removeprefix("$request.body.")
            return SocketApi(self.template.resolve(properties.get("StageName", "default")), selector, routes)
        return None

    def schedules(self) -> list[Schedule]:
        return [
            Schedule(function, _seconds(event.get("Schedule") or event.get("ScheduleExpression")))
            for name, function in self.functions().items()
            for kind in ("Schedule", "ScheduleV2")
            for event in self._events(name, kind)
        ]

    def table_streams(self) -> list[TableStream]:
        return [
            TableStream(function, _patterns(event), int(event.get("BatchSize", 100)))
            for name, function in self.functions().items()
            for event in self._events(name, "DynamoDB")
        ]

    def tables(self) -> dict[str, dict[str, Any]]:
        return self._resolved("AWS::DynamoDB::Table")

    def queues(self) -> dict[str, dict[str, Any]]:
        return self._resolved("AWS::SQS::Queue")

    def worker_environment(self) -> dict[str, str]:
        """Return the environment of the first container of the first task definition."""
        for properties in self.template.resources("AWS::ECS::TaskDefinition").values():
            container = properties["ContainerDefinitions"][0]
            pairs = {pair["Name"]: pair["Value"] for pair in self._present(container.get("Environment", []))}
            return self._environment(pairs)
        return {}

    def variable_names(self) -> set[str]:
        """Return the names of all variables and secrets of functions and worker, whether they are set or not."""
        tasks = json.dumps(self.template.resources("AWS::ECS::TaskDefinition"))
        named = set(re.findall(r'"Name": "([A-Z][A-Z0-9_]+)"', tasks))
        return named.union(*(function.environment for function in self.functions().values()))

    def _present(self, pairs: list[Node]) -> list[Node]:
        """Return the entries whose condition holds; an entry without a condition stays unchanged."""
        kept: list[Node] = []
        for pair in pairs:
            kept += self.template.resolve([pair]) if "Fn::If" in pair else [pair]
        return kept

    def cors(self) -> Cors | None:
        for properties in self.template.resources("AWS::Serverless::HttpApi").values():
            if cors := self.template.resolve(properties.get("CorsConfiguration")):
                return Cors(
                    origins=self._origins(cors),
                    methods=list(cors.get("AllowMethods", [])),
                    headers=list(cors.get("AllowHeaders", [])),
                    expose=list(cors.get("ExposeHeaders", [])),
                    max_age=cors.get("MaxAge"),
                    credentials=bool(cors.get("AllowCredentials", False)),
                )
        return None

    def origins(self) -> list[str]:
        """Return the origins of other pages that may call."""
        return [] if (cors := self.cors()) is None else cors.origins

    def page_headers(self) -> dict[str, str]:
        """Return the headers that CloudFront adds to the page."""
        behaviour = self._distribution().get("DefaultCacheBehavior", {})
        return self._headers_of(behaviour.get("ResponseHeadersPolicyId"))

    def page_config(self) -> str:
        """Return the JSON document that tells the page how to log in."""
        output = self.template.section("Outputs").get("PageConfig")
        return self.template.resolve(output["Value"]) if output else "{}"

    def api_headers(self) -> list[tuple[str, dict[str, str]]]:
        """Return the headers that CloudFront adds to other answers: (pattern of the path, headers); the first
        match counts.
        """
        behaviours: list[Any] = self._distribution().get("CacheBehaviors", [])
        return [
            (each["PathPattern"], self._headers_of(each.get("ResponseHeadersPolicyId")))
            for each in behaviours
        ]

    def _distribution(self) -> dict[str, Any]:
        for properties in self.template.resources("AWS::CloudFront::Distribution").values():
            return cast("dict[str, Any]", properties["DistributionConfig"])
        return {}

    def _headers_of(self, policy: Any) -> dict[str, str]:
        """Return the headers of the policy that the node `policy` refers to; none without a policy."""
        if policy is None:
            return {}
        properties = self.template.resources("AWS::CloudFront::ResponseHeadersPolicy")[policy["Ref"]]
        config = self.template.resolve(properties)["ResponseHeadersPolicyConfig"]
        return _security_headers(config.get("SecurityHeadersConfig", {})) | {
            custom["Header"].lower(): custom["Value"]
            for custom in config.get("CustomHeadersConfig", {}).get("Items", [])
        }

    def _origins(self, cors: Mapping[str, Any]) -> list[str]:
        """An exported CORS_ORIGINS replaces the parameter here, as in the functions' environment."""
        exported = self._overrides.get("CORS_ORIGINS")
        return exported.split(",") if exported else list(cors.get("AllowOrigins", []))

    def _function(self, name: str, properties: Mapping[str, Node]) -> Function:
        variables: dict[str, Node] = {}
        for source in (self._global, properties):
            environment: dict[str, Node] = source.get("Environment") or {}
            variables |= environment.get("Variables") or {}
        folder = str(self.template.resolve(properties["CodeUri"])).rstrip("/").rpartition("/")[2]
        timeout = self.template.resolve(properties.get("Timeout", self._global.get("Timeout", 3)))
        return Function(name, folder, float(timeout), self._environment(variables))

    def _environment(self, variables: Mapping[str, Node]) -> dict[str, str]:
        environment: dict[str, str] = {}
        for name, node in variables.items():
            exported = None if self.template.names_resource(node) else self._overrides.get(name)
            environment[name] = exported or self._here(name, node)
        return environment

    def _here(self, name: str, node: Node) -> str:
        if (own := HERE.get(name)) is not None:
            return own
        return self._local(str(self.template.resolve(node)))

    def _local(self, value: str) -> str:
        """Replace `https://{api}.execute-api.{region}.amazonaws.com/{stage}` by the address on this computer."""
        for name, address in self._addresses.items():
            value = re.sub(rf"(?:https|wss)://{name}\.execute-api\.[\w.-]+(?:/[\w$-]+)?", address, value)
        return value

    def _events(self, name: str, kind: str) -> list[dict[str, Any]]:
        events: Mapping[str, Node] = (
            self.template.resources("AWS::Serverless::Function")[name].get("Events") or {}
        )
        return [
            self.template.resolve(event["Properties"]) for event in events.values() if event["Type"] == kind
        ]

    def _named_by(self, node: Node) -> Function:
        """Return the function to which a `!GetAtt Function.Arn` or a `!Sub …${Function.Arn}…` refers."""
        names = re.findall(r"\w+", json.dumps(node))
        for name in names:
            if name in self.functions():
                return self.functions()[name]
        raise TemplateError(f"template.yaml: a WebSocket route names no function: {node}")

    def _resolved(self, kind: str) -> dict[str, dict[str, Any]]:
        found = self.template.resources(kind)
        return {name: cast(dict[str, Any], self.template.resolve(node)) for name, node in found.items()}


def _seconds(expression: Any) -> float:
    units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
    if found := re.fullmatch(r"rate\((\d+) (second|minute|hour|day)s?\)", str(expression)):
        return float(found[1]) * units[found[2]]
    raise TemplateError(f"template.yaml: only rate(…) schedules run locally, not {expression}")


def _patterns(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    criteria: dict[str, list[dict[str, str]]] = event.get("FilterCriteria") or {}
    filters = criteria.get("Filters", [])
    return [json.loads(each["Pattern"]) for each in filters]


def _security_headers(policy: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers as CloudFront writes them. Strict-Transport-Security is left out, because nothing here
    uses TLS.
    """
    headers: dict[str, str] = {}
    if csp := policy.get("ContentSecurityPolicy"):
        written: str = csp["ContentSecurityPolicy"]
        headers["content-security-policy"] = " ".join(written.split())
    if "ContentTypeOptions" in policy:
        headers["x-content-type-options"] = "nosniff"
    if frame := policy.get("FrameOptions"):
        headers["x-frame-options"] = frame["FrameOption"]
    if referrer := policy.get("ReferrerPolicy"):
        headers["referrer-policy"] = referrer["ReferrerPolicy"]
    return headers
