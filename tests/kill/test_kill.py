"""C-04: what was acknowledged survives `kill -9` with requests in flight, and the trail tells the same story.

KAGIBAN_KILL_SEEDS (default `1 2`) are the houses, KAGIBAN_KILL_CYCLES (20) the kills of each. A seed says the same plan again."""

import os

import pytest

from killing import plan
from killing.house import House

SEEDS = [int(seed) for seed in os.environ.get("KAGIBAN_KILL_SEEDS", "1 2").split()]
CYCLES = int(os.environ.get("KAGIBAN_KILL_CYCLES", "20"))
MANY = 10


@pytest.mark.parametrize("seed", SEEDS)
def test_c04_nothing_acknowledged_is_lost(folder, seed):
    house = House(folder, seed)
    try:
        wrong = house.live(CYCLES)
    finally:
        house.server.kill()
    assert wrong == [], f"KAGIBAN_KILL_SEEDS={seed} says this plan again"
    totals = house.totals
    assert totals.cycles == CYCLES
    assert totals.writes >= plan.WRITES_MIN * CYCLES
    if CYCLES >= MANY:
        # The harness did what it is for: every step was taken, kills came with requests in flight, and some of those were done.
        assert plan.WEIGHTS.keys() - NAMED_OTHERWISE <= totals.operations.keys()
        assert totals.in_flight >= CYCLES and 0 < totals.in_flight_done < totals.in_flight and totals.conflicts > 0


# Steps that are calls of another name.
NAMED_OTHERWISE = {"ContestedAlias", "ContestedUser", "SharedDescription", "DescribeShared"}


def test_a_seed_says_the_same_plan_again():
    for cycle in range(3):
        assert plan.Plan(7).kill(cycle) == plan.Plan(7).kill(cycle)
        for client in range(plan.CLIENTS):
            ones, others = plan.Plan(7).steps(cycle, client), plan.Plan(7).steps(cycle, client)
            assert [next(ones) for _ in range(100)] == [next(others) for _ in range(100)]
    assert next(plan.Plan(7).steps(0, 0)) != next(plan.Plan(8).steps(0, 0))
