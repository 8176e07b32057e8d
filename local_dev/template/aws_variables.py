"""The AWS variables of the application's processes: the local DynamoDB and SQS, and this start's credential."""

from __future__ import annotations

from collections.abc import Mapping

REGION = "us-east-1"
_OWN = frozenset({"AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"})
_PROFILE = frozenset({"AWS_PROFILE", "AWS_DEFAULT_PROFILE"})


def region(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or REGION


def aws_variables(
    environment: Mapping[str, str], table_url: str, queue_url: str, access_key: str
) -> dict[str, str]:
    """The keys of this start have priority over a profile, in botocore's order; Bedrock is called with the profile
    by name.
    """
    where = region(environment)
    variables = {
        "AWS_ENDPOINT_URL_SQS": queue_url,
        "AWS_REGION": where,
        "AWS_DEFAULT_REGION": where,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    variables = with_table(variables, table_url)
    if uses_bedrock(environment):
        bedrock = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
        address = f"https://bedrock-runtime.{environment.get('BEDROCK_REGION') or where}.amazonaws.com"
        return variables | {bedrock: environment.get(bedrock) or address}
    return variables | {"AWS_EC2_METADATA_DISABLED": "true"}


def with_table(variables: Mapping[str, str], url: str) -> dict[str, str]:
    return {**variables, "AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_DYNAMODB": url}


def without_own_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the developer's environment without variables that would replace the local credentials; Bedrock needs
    a profile.
    """
    away = _OWN if uses_bedrock(environment) else _OWN | _PROFILE
    return {name: value for name, value in environment.items() if name not in away}


def uses_bedrock(environment: Mapping[str, str]) -> bool:
    return environment.get("FORGE_LLM", "").startswith("bedrock:")
