from __future__ import annotations

from pathlib import Path

import pytest

from local_dev.template.intrinsics import Template, TemplateError

DOCUMENT = """
Parameters:
  Size: { Type: Number, Default: 3 }
  Colour: { Type: String, Default: "" }
Mappings:
  Prices: { small: { red: 1 }, large: { red: 2 } }
Conditions:
  HasColour: !Not [!Equals [!Ref Colour, ""]]
  IsSmall: !And [!Equals [!Ref Size, 3], !Condition Always]
  Always: !Or [!Equals [a, a], !Equals [a, b]]
Resources:
  Box: { Type: A::Box, Properties: { Depth: !Ref Size } }
  Paint: { Type: A::Paint, Condition: HasColour, Properties: {} }
Values:
  reference: !Ref Size
  resource: !Ref Box
  attribute: !GetAtt Box.Arn
  substituted: !Sub "${Box}-${AWS::Region}-${!Literal}-${Box.Name}"
  substituted_with_values: !Sub ["${who}/${Size}", { who: !Ref Box }]
  chosen: !If [IsSmall, small, large]
  nested: !If [HasColour, red, !If [Always, none, other]]
  found: !FindInMap [Prices, large, red]
  joined: !Join ["-", [a, !Ref Size]]
  selected: !Select [1, !Split [",", "a,b,c"]]
  without: [1, !Ref AWS::NoValue, { gone: !Ref AWS::NoValue, kept: 2 }]
  long_form: { Fn::Sub: "${Size}" }
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    file = tmp_path / "template.yaml"
    file.write_text(DOCUMENT)
    return Template.load(file, region="eu-west-1")


def test_every_intrinsic_function_is_carried_out(template: Template):
    assert template.resolve(template.section("Values")) == {
        "reference": 3,
        "resource": "Box",
        "attribute": "arn:aws:local:::Box",
        "substituted": "Box-eu-west-1-${Literal}-Box.Name",
        "substituted_with_values": "Box/3",
        "chosen": "small",
        "nested": "none",
        "found": 2,
        "joined": "a-3",
        "selected": "b",
        "without": [1, {"kept": 2}],
        "long_form": "3",
    }


def test_a_local_substitute_replaces_a_resource(template: Template):
    template.refs["Box"] = "http://127.0.0.1:1/box"
    template.attributes["Box.Arn"] = "arn:aws:box"
    assert template.resolve(template.section("Values")["resource"]) == "http://127.0.0.1:1/box"
    assert template.resolve(template.section("Values")["attribute"]) == "arn:aws:box"


def test_a_resource_whose_condition_fails_does_not_exist(template: Template):
    assert list(template.resources("A::Box")) == ["Box"]
    assert template.resources("A::Paint") == {}


def test_values_of_resources_are_told_from_values_of_parameters(template: Template):
    values = template.section("Values")
    from_resources = {name for name, node in values.items() if template.names_resource(node)}
    assert from_resources == {"resource", "attribute", "substituted", "substituted_with_values"}


@pytest.mark.parametrize("node", [{"Fn::ImportValue": "x"}, {"Ref": "Nothing"}])
def test_what_cannot_be_resolved_is_named(template: Template, node: object):
    with pytest.raises(TemplateError, match=r"ImportValue|Nothing"):
        template.resolve(node)
