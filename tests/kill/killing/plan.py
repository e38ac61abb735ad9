"""What will be tried, out of a seed: the steps of each client, and when the kill comes. The same seed says the same again."""

import collections.abc
import dataclasses
import random

CLIENTS = 8
WRITES_MIN = 50
WRITES_MAX = 160
# Milliseconds that pass between the write that is waited for and the kill: a commit takes 1 to 10.
PAUSE_MS_MAX = 12
# One restart in so many is killed as well, before it serves anybody.
START_KILLED_ONE_IN = 6
START_SECONDS_MAX = 0.12

# How often each step comes. What has nothing to work on becomes a CreateKey or a CreateUser.
WEIGHTS = {
    "CreateKey": 8,
    "TagResource": 8,
    "UntagResource": 3,
    "CreateAlias": 6,
    "UpdateAlias": 3,
    "DeleteAlias": 2,
    "ContestedAlias": 4,
    "UpdateKeyDescription": 8,
    "SharedDescription": 5,
    "PutKeyPolicy": 6,
    "DisableKey": 3,
    "EnableKey": 3,
    "ScheduleKeyDeletion": 2,
    "CancelKeyDeletion": 2,
    "Encrypt": 8,
    "GenerateDataKey": 4,
    "Decrypt": 6,
    "DescribeKey": 5,
    "DescribeShared": 5,
    "CreateUser": 5,
    "ContestedUser": 3,
    "DeleteUser": 1,
    "PutUserPolicy": 6,
    "DeleteUserPolicy": 2,
    "GetUserPolicy": 3,
    "CreateAccessKey": 4,
    "UpdateAccessKey": 3,
    "DeleteAccessKey": 2,
}


@dataclasses.dataclass(frozen=True)
class Step:
    what: str
    # Unique in the house; texts that are written contain it.
    mark: str
    # Which of the things at hand: a number that is taken modulo their count.
    pick: int


@dataclasses.dataclass(frozen=True)
class Kill:
    """After so many acknowledged writes, and then some milliseconds."""

    writes: int
    pause: float
    # Seconds after which the next start is killed too, if it is.
    start: float | None


class Plan:
    def __init__(self, seed: int):
        self.seed = seed

    def kill(self, cycle: int) -> Kill:
        dice = random.Random(f"{self.seed}/{cycle}/kill")
        start = dice.uniform(0, START_SECONDS_MAX) if dice.randrange(START_KILLED_ONE_IN) == 0 else None
        return Kill(dice.randint(WRITES_MIN, WRITES_MAX), dice.uniform(0, PAUSE_MS_MAX) / 1000, start)

    def steps(self, cycle: int, client: int) -> collections.abc.Iterator[Step]:
        dice = random.Random(f"{self.seed}/{cycle}/{client}")
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        number = 0
        while True:
            yield Step(dice.choices(names, weights)[0], f"{cycle}x{client}x{number}", dice.randrange(1 << 30))
            number += 1
