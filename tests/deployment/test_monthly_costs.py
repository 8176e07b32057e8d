"""What an installation costs: the figures of the program and of the guide, and the limits."""

from __future__ import annotations

import pytest

from deploy import monthly_costs, parameters
from deploy.worst_day import worst_day
from tests.deployment.conftest import Account
from tests.template import ROOT, resources

UP = ("up", "--region", "eu-west-1", "--llm", "offline", "--who", "everybody")


def monthly(**values: str) -> float:
    given = parameters.defaults(ROOT) | parameters.SMALL | values
    return sum(line.dollars for line in monthly_costs.idle(given))


@pytest.mark.slow
def test_a_small_installation_costs_what_was_promised() -> None:
    assert monthly() <= 18
    assert monthly(WorkerSpot="true") <= 13
    assert monthly(WorkerCountMin="0") <= 4
    assert monthly(WorkerCpu="1024", WorkerMemory="2048") > 30


@pytest.mark.slow
def test_the_operations_guide_says_the_same_prices() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    table = guide.split("| | small (`make deploy`) |")[1].split("\n\n")[0].splitlines()[2:]
    small, defaults = parameters.defaults(ROOT) | parameters.SMALL, parameters.defaults(ROOT)
    columns = [monthly_costs.idle(each) for each in (small, small | {"WorkerSpot": "true"}, defaults)]
    rows = [[f"${line.dollars:.2f}" for line in lines] for lines in zip(*columns, strict=True)]
    totals = [f"**${sum(line.dollars for line in lines):.2f}**" for lines in columns]
    assert [[cell.strip() for cell in row.split("|")[2:-1]] for row in table] == [*rows, totals]
    assert f"${monthly_costs.thousand_answers():.2f}" in guide
    assert f"about ${monthly():.0f} a month" in (ROOT / "README.md").read_text()


def test_the_operations_guide_says_what_the_worst_day_costs_with_the_defaults() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    lines = worst_day(parameters.defaults(ROOT) | {"ForgeLlm": "anthropic:claude-sonnet-4-5"})
    total = sum(line.dollars for line in lines)
    rows = [f"| {line.what} | {line.dollars:.2f} |" for line in lines] + [f"| **in all** | **{total:.2f}** |"]
    assert "\n".join(rows) in guide


@pytest.mark.slow
def test_each_line_of_the_worst_day_is_bound_by_a_parameter() -> None:
    """What the daily limits of a day do not hold, others do; none of them is off."""
    before = worst_day(parameters.defaults(ROOT) | {"ForgeLlm": "anthropic:claude-sonnet-4-5"})
    named = ("DeploymentRequestsPerDay", "DeploymentStreamsPerDay", "DeploymentTokensPerDay")
    halved = {
        name: str(int(parameters.defaults(ROOT)[name]) // 2)
        for name in (*named, "ApiRequestsPerSecond", "WorkerCountMax")
    }
    after = worst_day(parameters.defaults(ROOT) | halved | {"ForgeLlm": "anthropic:claude-sonnet-4-5"})
    assert [line.dollars for line in after] == pytest.approx([line.dollars / 2 for line in before])
    assert all(line.dollars > 0 for line in before)


def test_the_price_of_alarms_is_that_of_the_templates() -> None:
    measured = 0
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        stats = [each for each in alarm["Properties"].get("Metrics", []) if "MetricStat" in each]
        measured += len(stats) or 1
    for policy in resources("AWS::ApplicationAutoScaling::ScalingPolicy").values():
        tracking = policy["Properties"].get("TargetTrackingScalingPolicyConfiguration")
        if tracking:  # two alarms each, above and below
            metrics = tracking.get("CustomizedMetricSpecification", {"Metrics": []})["Metrics"]
            measured += 2 * (len([each for each in metrics if "MetricStat" in each]) or 1)
    assert measured == monthly_costs.ALARM_METRICS


def test_what_it_costs_can_be_asked_without_an_account(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.run(*UP, "--costs-only") == 0
    assert "in all while nobody asks" in capsys.readouterr().out
    assert account.state()["calls"] == []
