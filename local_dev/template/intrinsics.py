"""Reads `template.yaml` and resolves its intrinsic functions with parameter defaults and local substitutes.

Values are resolved lazily, so parts of the template that have no local counterpart (roles, alarms, the network) may
use any feature of CloudFormation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

Node = Any
"""A part of the template as the YAML parser returns it."""

NO_VALUE = object()
_SUB = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """The template uses something that cannot be resolved on this computer."""


class Template:
    """`refs` and `attributes` (`Logical.Attribute`) are the local substitutes; the caller adds those for resources
    that it creates.
    """

    def __init__(self, document: Mapping[str, Node], *, region: str) -> None:
        self.document = document
        self.refs: dict[str, str] = {
            "AWS::Region": region,
            "AWS::AccountId": "000000000000",
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "forge-local",
            "AWS::StackId": "forge-local",
        }
        self.attributes: dict[str, str] = {}

    @classmethod
    def load(cls, path: Path, *, region: str) -> Template:
        return cls(yaml.load(path.read_text(), _Loader), region=region)  # noqa: S506 (a safe loader)

    def section(self, name: str) -> dict[str, Node]:
        return self.document.get(name) or {}

    def resources(self, kind: str) -> dict[str, Node]:
        """The unresolved `Properties` of each resource of a type whose condition holds, by logical id."""
        return {
            name: resource.get("Properties") or {}
            for name, resource in self.section("Resources").items()
            if resource["Type"] == kind and self._applies(resource)
        }

    def metadata(self, name: str) -> dict[str, Node]:
        return self.section("Resources")[name].get("Metadata") or {}

    def resolve(self, node: Node) -> Any:
        """Return plain data: every intrinsic function is resolved, and `AWS::NoValue` is removed."""
        if isinstance(node, list):
            items = (self.resolve(item) for item in cast(list[Node], node))
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        mapping = cast(dict[str, Node], node)
        if len(mapping) == 1:
            name, argument = next(iter(mapping.items()))
            if name in ("Ref", "Condition") or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(value) for key, value in mapping.items()}
        return {key: value for key, value in resolved.items() if value is not NO_VALUE}

    def names_resource(self, node: Node) -> bool:
        """Return whether a value comes from a resource of the template, and not from a parameter or a literal."""
        if isinstance(node, list):
            return any(self.names_resource(item) for item in cast(list[Node], node))
        if not isinstance(node, dict):
            return False
        for name, argument in cast(dict[str, Node], node).items():
            if name in ("Ref", "Fn::GetAtt", "Fn::Sub") and self._mentions(name, argument):
                return True
            if self.names_resource(argument):
                return True
        return False

    def _mentions(self, name: str, argument: Node) -> bool:
        if name == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            names = [found[2] for found in _SUB.finditer(text)]
        else:
            names = [argument if isinstance(argument, str) else argument[0]]
        return any(name.split(".")[0] in self.section("Resources") for name in names)

    def _applies(self, resource: Mapping[str, Node]) -> bool:
        condition = resource.get("Condition")
        return condition is None or self._condition(condition)

    def _condition(self, name: str) -> bool:
        return bool(self.resolve(self.section("Conditions")[name]))

    def _call(self, name: str, argument: Node) -> Any:
        functions: dict[str, Callable[[Node], Any]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::And": lambda items: all(self.resolve(items)),
            "Fn::Contains": lambda pair: self.resolve(pair[1]) in self.resolve(pair[0]),
            "Fn::Equals": lambda pair: self.resolve(pair[0]) == self.resolve(pair[1]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Join": lambda pair: pair[0].join(str(item) for item in self.resolve(pair[1])),
            "Fn::Not": lambda items: not self.resolve(items[0]),
            "Fn::Or": lambda items: any(self.resolve(items)),
            "Fn::Select": lambda pair: self.resolve(pair[1])[int(self.resolve(pair[0]))],
            "Fn::Split": lambda pair: str(self.resolve(pair[1])).split(pair[0]),
            "Fn::Sub": self._sub,
        }
        if name not in functions:
            raise TemplateError(f"template.yaml: {name} is not known to local_dev")
        return functions[name](argument)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.refs:
            return self.refs[name]
        if name in self.section("Parameters"):
            return self.section("Parameters")[name].get("Default", "")
        if name in self.section("Resources"):
            return name
        raise TemplateError(f"template.yaml: nothing is called {name}")

    def _get_att(self, argument: Node) -> str:
        path: str = argument if isinstance(argument, str) else ".".join(argument)
        if path in self.attributes:
            return self.attributes[path]
        name, _, attribute = path.partition(".")
        return f"arn:aws:local:::{name}" if attribute.endswith("Arn") else path

    def _if(self, argument: Node) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self._condition(condition) else no)

    def _find_in_map(self, argument: Node) -> Any:
        name, first, second = (self.resolve(part) for part in argument)
        return self.resolve(self.section("Mappings")[name][first][second])

    def _sub(self, argument: Node) -> str:
        text: str = argument if isinstance(argument, str) else argument[0]
        values: dict[str, Node] = {} if isinstance(argument, str) else argument[1]

        def replace(found: re.Match[str]) -> str:
            literal, name = found[1], found[2].strip()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(self.resolve(values[name]))
            return str(self._get_att(name) if "." in name else self._ref(name))

        return _SUB.sub(replace, text)


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms: `!Ref x` is `{Ref: x}`, `!Sub x` is `{Fn::Sub: x}`."""


def _short_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Node]:
    if isinstance(node, yaml.ScalarNode):
        argument: Node = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        argument = loader.construct_mapping(cast(yaml.MappingNode, node), deep=True)
    if suffix == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": argument}


_Loader.add_multi_constructor("!", _short_form)
