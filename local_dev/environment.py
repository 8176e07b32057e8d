"""The AWS variables of the application's processes: the local DynamoDB and SQS, and credentials worth nothing."""

from __future__ import annotations

from collections.abc import Mapping

REGION = "us-east-1"
ACCESS_KEY = "LOCALDEVELOPMENT"


def region(environment: Mapping[str, str]) -> str:
    return environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or REGION


def aws_variables(environment: Mapping[str, str], table_url: str, queue_url: str) -> dict[str, str]:
    """What is set in the developer's environment stays only for Bedrock, which is asked for real answers."""
    where = region(environment)
    variables = {
        "AWS_ENDPOINT_URL": table_url,
        "AWS_ENDPOINT_URL_DYNAMODB": table_url,
        "AWS_ENDPOINT_URL_SQS": queue_url,
        "AWS_REGION": where,
        "AWS_DEFAULT_REGION": where,
    }
    if uses_bedrock(environment):
        bedrock = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
        address = f"https://bedrock-runtime.{where}.amazonaws.com"
        return variables | {bedrock: environment.get(bedrock) or address}
    return variables | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def without_own_credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The developer's environment without what would win over the local credentials."""
    if uses_bedrock(environment):
        return dict(environment)
    own = (
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    )
    return {name: value for name, value in environment.items() if name not in own}


def access_key(environment: Mapping[str, str]) -> str:
    """The key that `@connections` asks for; empty admits any signature (a Bedrock user's own)."""
    return "" if uses_bedrock(environment) else ACCESS_KEY


def uses_bedrock(environment: Mapping[str, str]) -> bool:
    return environment.get("FORGE_LLM", "").startswith("bedrock:")
