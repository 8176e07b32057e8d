"""The signer of frames and calls signs as botocore does."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any, cast
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from forge.aws.sigv4 import CONTENT_TYPE, Frozen, RequestSigner, host_of
from tests.unlisted import tried

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=90)
CREDENTIALS = st.builds(Credentials, KEYS, KEYS, st.none() | KEYS)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda name: name not in {".", ".."}
)
ENDPOINTS = st.builds(
    lambda scheme, host, port, stage: f"{scheme}://{host}{port}/{quote(stage, safe='')}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a1b2.execute-api.eu-central-1.amazonaws.com", "127.0.0.1", "LocalHost", "[::1]"]),
    st.sampled_from(["", ":80", ":443", ":8443", ":3001"]),
    NAMES,
)
ANY_MOMENT = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
FIELDS: list[dict[str, str]] = [
    {},
    {"X-Amz-Target": "DynamoDB_20120810.UpdateItem"},
    {"X-Amzn-Query-Mode": "true", "X-Amz-Target": "AmazonSQS.ReceiveMessage"},
]
# Frames share moments and credentials in all combinations, as a signer keeps what those of one second have in common.
MOMENTS = (
    st.sampled_from([datetime(2026, 11, 27, 4, 30, second, tzinfo=UTC) for second in (0, 1)]) | ANY_MOMENT
)
KNOWN = st.sampled_from([Credentials("one", "secret"), Credentials("two", "hidden", "token")]) | CREDENTIALS
FRAMES = st.tuples(NAMES, st.binary(max_size=60), KNOWN, MOMENTS)


def as_botocore(
    method: str,
    url: str,
    region: str,
    body: bytes,
    credentials: Credentials,
    at: datetime,
    fields: dict[str, str],
) -> dict[str, str]:
    """`add_auth` with a moment of our choice."""
    request: Any = AWSRequest(method, url, data=body, headers={"Content-Type": CONTENT_TYPE, **fields})
    signer: Any = SigV4Auth(credentials, "execute-api", region)
    request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers)


@pytest.mark.slow
@given(ENDPOINTS, st.sampled_from(["us-east-1", "eu-central-1"]), st.lists(FRAMES, min_size=1, max_size=6))
def test_each_of_many_frames_is_signed_as_botocore_signs_it(
    endpoint: str, region: str, frames: list[tuple[str, bytes, Credentials, datetime]]
) -> None:
    """One signer for all of them: the key that it keeps is not used for another day or other credentials."""
    moments: list[float] = []
    signer = RequestSigner(endpoint, region, "execute-api", lambda: moments[-1])
    for (name, body, credentials, at), fields, method in product(frames, FIELDS, ("POST", "DELETE")):
        tried("signed frames", (method, endpoint, region, name, body, at, fields))
        moments.append(at.timestamp())
        path = f"{endpoint[endpoint.index('/', 8) :]}/@connections/{quote(name, safe='')}"
        url = endpoint[: endpoint.index("/", 8)] + path
        frozen = cast("Frozen", credentials.get_frozen_credentials())
        theirs = as_botocore(method, url, region, body, credentials, at, fields)
        assert signer.headers(path, body, frozen, fields, method) == theirs
    assert signer.host == host_of(endpoint)
