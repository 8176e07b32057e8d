"""`make bench-attacks` compares another person's answers during an attack with those without one, over the whole
local stack.

Attackers and people call from addresses of their own, as through a distribution, so that each is charged separately;
the user of this computer would not be charged. Quiet and attacked rounds alternate, and a quiet round begins when the
processes are idle again. The attackers' answers do not count: a refusal is as good as an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from bench.attackers import ATTACKS, BEGUN, Target
from bench.figures import Figure, percentile, table
from bench.people import Person, people, with_pauses
from bench.processes import cpu_seconds
from local_dev.stack_process import RunningStack, running_stack

RATIO_BUDGET = 1.2
NICENESS = 10
"""The attacker's priority: low enough to use only free processors, or a tenth of a busy one."""
PAUSE_SECONDS = 2.0
"""Average time between two messages of a person, which is the rate that a session may keep up."""
MESSAGES = 5
PERSONS = 6
ROUNDS = 5
QUICK_ROUNDS = 2
ATTACK_SECONDS = 2.0
"""How long an attack runs before anything is measured."""
ATTACKER_ENDS_SECONDS = 20
IDLE_SHARE = 0.15
"""Share of one processor, for all processes together."""
IDLE_PATIENCE = 15


@dataclass
class Round:
    """The times of another person's answers, in milliseconds."""

    quiet: list[float] = field(default_factory=list[float])
    """Without an attack."""
    attacked: list[float] = field(default_factory=list[float])
    """During the attack."""
    errors: int = 0
    """The number of that person's requests that failed."""

    @property
    def ratio(self) -> float:
        return percentile(self.attacked, 50) / percentile(self.quiet, 50)


async def measured(
    rounds: int, names: Sequence[str] = tuple(ATTACKS), addresses: int = 1, niceness: int = NICENESS
) -> dict[str, list[Figure]]:
    """Each attack has a stack of its own, so that one attack does not influence the next."""
    found: dict[str, list[Figure]] = {}
    for name in names:
        secret = secrets.token_urlsafe(32)
        async with running_stack({"FORGE_LLM": "offline", "FORGE_EDGE_SECRET": secret}) as stack:
            target = Target(stack.base_url, stack.ws_url, secret)
            arguments = [name, stack.base_url, stack.ws_url, str(addresses), str(niceness)]
            callers = [target.called_from(f"198.18.{number}.1") for number in range(PERSONS)]
            async with people(stack, PERSONS, "time", None, callers) as somebody:
                done = [await _round(stack, somebody, secret, arguments) for _ in range(rounds)]
        found[f"Hole {name}"] = _figures(done)
    return found


async def _round(
    stack: RunningStack, somebody: Sequence[Person], secret: str, arguments: Sequence[str]
) -> Round:
    done = Round()
    await _idle(stack)
    done.quiet, errors = await _answers(somebody)
    async with _attack(secret, arguments):
        await asyncio.sleep(ATTACK_SECONDS)
        done.attacked, more = await _answers(somebody)
    done.errors = errors + more
    return done


@asynccontextmanager
async def _attack(secret: str, arguments: Sequence[str]) -> AsyncGenerator[None]:
    """Print the answers that the attacker got to the error output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.attackers", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "FORGE_EDGE_SECRET": secret},
    )
    try:
        assert process.stdout is not None
        assert (await process.stdout.readline()).strip() == BEGUN.encode()
        yield
        with suppress(TimeoutError):
            answered, _ = await asyncio.wait_for(process.communicate(b""), ATTACKER_ENDS_SECONDS)
            print(f"{arguments[0]}: {_counted(json.loads(answered))}", file=sys.stderr, flush=True)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _counted(answered: Mapping[str, int]) -> str:
    return ", ".join(f"{number} × {status}" for status, number in answered.items()) or "nothing was answered"


async def _answers(somebody: Sequence[Person]) -> tuple[list[float], int]:
    await asyncio.gather(*(with_pauses(each, MESSAGES, PAUSE_SECONDS) for each in somebody))
    answers = [value for each in somebody for value in each.answers]
    errors = sum(len(each.errors) for each in somebody)
    for each in somebody:
        each.answers.clear()
        each.errors.clear()
    return answers, errors


async def _idle(stack: RunningStack) -> None:
    """Wait until the processes have been idle for a second, or until it is clear that some work does not end."""
    for _ in range(IDLE_PATIENCE):
        before = sum(cpu_seconds(stack).values())
        await asyncio.sleep(1)
        if sum(cpu_seconds(stack).values()) - before < IDLE_SHARE:
            return


def _figures(done: Sequence[Round]) -> list[Figure]:
    quiet = [value for each in done for value in each.quiet]
    attacked = [value for each in done for value in each.attacked]
    ratios = [each.ratio for each in done]
    return [
        Figure("whole answer, p50, quiet", percentile(quiet, 50), "ms"),
        Figure("whole answer, p50, attacked", percentile(attacked, 50), "ms"),
        Figure("whole answer, p95, quiet", percentile(quiet, 95), "ms"),
        Figure("whole answer, p95, attacked", percentile(attacked, 95), "ms"),
        Figure("answers that did not come", float(sum(each.errors for each in done)), "", 0),
        Figure("ratio of the medians, smallest of a round", min(ratios), ""),
        Figure("ratio of the medians, largest of a round", max(ratios), ""),
        Figure("ratio of the medians", statistics.median(ratios), "", RATIO_BUDGET),
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.attacks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--quick", action="store_true", help="two rounds of each attack (six minutes)")
    parser.add_argument("--addresses", type=int, default=1, help="how many an attacker calls from")
    parser.add_argument("--nice", type=int, default=NICENESS, help="how far an attacker yields to all others")
    parser.add_argument("attacks", nargs="*", help="numbers of holes, such as 3; all without one")
    options = parser.parse_args(arguments)
    wanted: list[str] = options.attacks
    names = [name for name in ATTACKS if not wanted or name.split()[0] in wanted]
    if not options.json:
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before this began\n", flush=True)
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    results = asyncio.run(measured(rounds, names, options.addresses, options.nice))
    if options.json:
        print(json.dumps({title: [figure.as_json() for figure in each] for title, each in results.items()}))
    else:
        print("\n".join(table(title, figures) for title, figures in results.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
