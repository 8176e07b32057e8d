"""Each deployed alarm fires once, and its subscribers are notified.

MiniStack has no metric math, so the alarms over expressions are not deployed (`adaptations.py`); tests/architecture
evaluates their expressions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deployed.conftest import Deployed
from tests.template import resources

pytestmark = [
    pytest.mark.deployed,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

ARN = "QueueArn"


@pytest.fixture
def heard(deployed: Deployed) -> Any:
    """The names of alarms that a subscriber of the topic has been told of, in batches."""
    sqs, account = deployed.account.client("sqs"), deployed.account
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[ARN])["Attributes"][ARN]
    topic = deployed.installation.outputs["AlarmTopicArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def batches() -> Iterator[set[str]]:
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5).get(
            "Messages"
        ):
            told = [json.loads(json.loads(each["Body"])["Message"]) for each in found]
            yield {each["AlarmName"] for each in told if each["NewStateValue"] == "ALARM"}
            for each in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

    return batches


def set_off(cloudwatch: Any, alarm: dict[str, Any]) -> None:
    if alarm["TreatMissingData"] == "breaching":
        # MiniStack does not look at metrics that are missing.
        reason = "nothing has been heard"
        cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason=reason)
        return
    point = {"MetricName": alarm["MetricName"], "Value": alarm["Threshold"] + 1}
    dimensions = alarm.get("Dimensions", [])
    cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[point | {"Dimensions": dimensions}])


async def test_each_alarm_is_heard_by_who_has_subscribed(deployed: Deployed, heard: Any) -> None:
    cloudwatch = deployed.account.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    ours = {deployed.installation.resources.get(name) for name in resources("AWS::CloudWatch::Alarm")} - {
        None
    }
    assert {each["AlarmName"] for each in alarms} == ours
    for alarm in alarms:
        assert (
            alarm["ComparisonOperator"] == "GreaterThanThreshold" or alarm["TreatMissingData"] == "breaching"
        )
        set_off(cloudwatch, alarm)
    assert set().union(*heard()) == ours
