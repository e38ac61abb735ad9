"""Runs the suites one after the other, measures each against ci/budget.toml, and ends with the runners' closing lines.

    python3 ci/suites.py test     what `make test` and CI run
    python3 ci/suites.py prove    the long form

A suite that fails does not keep the later ones from running, unless they need what it makes. Exit 0 means that every
suite passed and that all together stayed within the total.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "target/suites"
PYTHON = ROOT / ".venv-tests/bin/python"
NEXTEST = shutil.which("cargo-nextest") is not None
KILLS_PROVE = "100"
PYTEST_CLOSING = r"^=*\s?\d+ (passed|failed|skipped|error).* in [\d.:]+|^FAILED |^ERROR "


@dataclasses.dataclass
class Suite:
    name: str
    command: list[str]
    needs: tuple[str, ...] = ()
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    # Lines that are printed once more at the very end: the runner's own summary.
    closing: str = r"^$"


def suites(form: str) -> list[Suite]:
    unit_runner = ["cargo", "nextest", "run", "--cargo-profile", "ci", "--workspace", "--exclude", "bench", "--no-fail-fast"]
    if not NEXTEST:
        unit_runner = ["cargo", "test", "--profile", "ci", "--workspace", "--exclude", "bench", "--no-fail-fast"]

    # A pipe for a terminal: without this pytest's lines would come in one lump at the end.
    def pytest(folder: str, *more: str) -> list[str]:
        return [str(PYTHON), "-u", "-m", "pytest", "-c", f"tests/{folder}/pytest.ini", f"tests/{folder}", "-q", *more]

    kills = {"KAGIBAN_KILLS": KILLS_PROVE} if form == "prove" else {}
    listed = [
        Suite("format", ["cargo", "fmt", "--all", "--check"]),
        Suite("clients", ["sh", "ci/clients.sh"]),
        Suite("build", ["cargo", "build", "--profile", "ci", "-p", "kagiban", "-p", "fill"]),
        Suite("units", unit_runner, closing=r"^\s*Summary \[|^test result:|^\s*error: test run failed"),
        Suite(
            "conformance",
            pytest("conformance"),
            ("clients", "build"),
            kills,
            closing=PYTEST_CLOSING,
        ),
        # Both print what they counted.
        Suite("kill", pytest("kill", "-s"), ("clients", "build"), closing=rf"{PYTEST_CLOSING}|^\.*seed \d+: "),
        Suite("leak", pytest("leak", "-s"), ("clients", "build"), closing=PYTEST_CLOSING),
        # It prints what it tried.
        Suite("model", pytest("model", "-s"), ("clients", "build"), closing=PYTEST_CLOSING),
    ]
    if form == "prove":
        prove = [str(PYTHON), "-u", "tests/kill/prove.py"]
        listed.append(Suite("kill-prove", prove, ("kill",), closing=r"^\d+ cycles passed"))
        # Plain python: it needs no client.
        seeds = [sys.executable, "-u", "tests/sim/prove.py"]
        listed.append(Suite("sim-prove", seeds, closing=r"^\d+ seeds, |^seed \d+ fails"))
        requests = [sys.executable, "-u", "tests/oracle/prove.py"]
        listed.append(Suite("oracle-prove", requests, closing=r"^\d+ requests, |^seed \d+ fails"))
        mutants = [sys.executable, "-u", "tests/oracle/mutants.py"]
        listed.append(Suite("oracle-mutants", mutants, closing=r"^\d+ mutants, |^lost: "))
        listed.append(Suite("instructions", ["make", "bench-instructions"], closing=r"^\w+ +\d+ instructions"))
        fuzz = [sys.executable, "-u", "ci/fuzz.py", "prove"]
        listed.append(Suite("fuzz", fuzz, closing=r"^fuzz \w+: |^not fuzzed: |^\d+ targets, "))
        begun = [sys.executable, "-u", "ci/new_op.py"]
        listed.append(Suite("new-op", begun, ("clients",), closing=r"^one file, two lines"))
        listed.insert(0, Suite("lint", ["make", "lint"]))
    return listed


def main() -> int:
    form = sys.argv[1] if len(sys.argv) > 1 else "test"
    if form not in ("test", "prove"):
        print(__doc__, file=sys.stderr)
        return 2
    budget = tomllib.loads((ROOT / "ci/budget.toml").read_text())
    LOGS.mkdir(parents=True, exist_ok=True)
    rows, closing, failed = [], [], set()
    for suite in suites(form):
        missing = [name for name in suite.needs if name in failed]
        if missing:
            rows.append((suite.name, 0.0, f"not run: {', '.join(missing)} failed"))
            failed.add(suite.name)
            continue
        seconds, code, lines = run(suite)
        rows.append((suite.name, seconds, "ok" if code == 0 else f"FAILED (exit {code})"))
        closing += [f"{suite.name}: {line.strip()}" for line in lines if re.search(suite.closing, line)]
        if code != 0:
            failed.add(suite.name)
    spent = sum(seconds for _, seconds, _ in rows)
    print("\n" + table(rows, budget, spent))
    print("\n".join(closing), flush=True)
    # The long form has no budget; it is meant to be long.
    late = form == "test" and spent > budget["total"]
    if late:
        print(f"over the budget: {spent:.0f} s of {budget['total']} s", flush=True)
    return 1 if failed or late else 0


def run(suite: Suite) -> tuple[float, int, list[str]]:
    """Runs one suite. Its output is passed on as it comes, and kept in target/suites. Returns seconds, exit status and lines."""
    print(f"\n--- {suite.name}: {' '.join(suite.command)}", flush=True)
    begin, lines = time.monotonic(), []
    plain = {"CARGO_TERM_COLOR": "never", "NEXTEST_HIDE_PROGRESS_BAR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with (LOGS / f"{suite.name}.log").open("w") as log:
        process = subprocess.Popen(
            suite.command,
            cwd=ROOT,
            env=os.environ | plain | suite.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            log.write(line)
            lines.append(line)
        code = process.wait()
    return time.monotonic() - begin, code, lines


def table(rows: list[tuple[str, float, str]], budget: dict, spent: float) -> str:
    lines = [f"{'suite':<14}{'seconds':>8}{'budget':>8}  outcome"]
    for name, seconds, outcome in rows:
        allowed = budget["suite"].get(name, {}).get("seconds")
        over = " (over its figure)" if allowed and seconds > allowed else ""
        lines.append(f"{name:<14}{seconds:>8.0f}{allowed or '-':>8}  {outcome}{over}")
    lines.append(f"{'together':<14}{spent:>8.0f}{budget['total']:>8}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
