"""Runs each fuzz target for some seconds, from its committed corpus: a crash, a second for one input or 64 MiB is a failure.

    python3 ci/fuzz.py [SECONDS] [TARGET ...]     60 seconds and all targets, unless told otherwise

It needs what builds libFuzzer: the sources of libfuzzer-sys and a C++ compiler. The coverage that guides it is one of LLVM's own
passes, so that any compiler of Rust will do. Where the tools are wanting it says so and ends with 0: the corpora are replayed by the
tests of the crates all the same. What it finds is kept in fuzz/artifacts, what it learns in fuzz/target/learned.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
SECONDS = 60
TIMEOUT_SECONDS = 1
MEMORY_MIB_MAX = 64
INPUT_BYTES_MAX = 4096
# What cargo-fuzz asks of the compiler, but for the sanitizer: the house has no `unsafe` that one could look at.
COVERAGE = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Ccodegen-units=1",
]


def main() -> int:
    arguments = sys.argv[1:]
    seconds = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else SECONDS
    known = [target["name"] for target in tomllib.loads((FUZZ / "Cargo.toml").read_text())["bin"]]
    strange = [name for name in arguments if name not in known]
    if strange:
        print(f"no such target: {', '.join(strange)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++")):
        print("not fuzzed: libFuzzer is built by a C++ compiler, and there is none")
        return 0
    host = re.search(r"^host: (.+)$", output(["rustc", "-vV"]), re.M).group(1)
    targets = arguments or known
    if not build(targets, host):
        return 1
    failed = [target for target in targets if not fuzz(FUZZ / "target" / host / "release" / target, target, seconds)]
    print(f"{len(targets)} targets, {seconds} s each: " + (f"FAILED: {', '.join(failed)}" if failed else "nothing found"))
    return 1 if failed else 0


def build(targets: list[str], host: str) -> bool:
    # The versions of the house, and libFuzzer beside them. With `--target`, build scripts go without the coverage.
    shutil.copy(ROOT / "Cargo.lock", FUZZ / "Cargo.lock")
    command = ["cargo", "build", "--release", "--target", host, *(f"--bin={target}" for target in targets)]
    environment = os.environ | {"CARGO_ENCODED_RUSTFLAGS": "\x1f".join(COVERAGE), "CARGO_TARGET_DIR": str(FUZZ / "target")}
    return subprocess.run(command, cwd=FUZZ, env=environment, check=False).returncode == 0


def fuzz(program: pathlib.Path, target: str, seconds: int) -> bool:
    learned, artifacts = FUZZ / "target/learned" / target, FUZZ / "artifacts" / target
    learned.mkdir(parents=True, exist_ok=True)
    artifacts.mkdir(parents=True, exist_ok=True)
    limits = [f"-timeout={TIMEOUT_SECONDS}", f"-max_len={INPUT_BYTES_MAX}", f"-artifact_prefix={artifacts}/"]
    # libFuzzer counts the whole process. What it has after an empty input is its own.
    own = re.findall(r"rss: (\d+)Mb", output([str(program), "-runs=1", *limits]))
    memory = MEMORY_MIB_MAX + int(own[-1])
    options = [*limits, f"-rss_limit_mb={memory}", f"-max_total_time={seconds}", "-print_final_stats=1", "-verbosity=1"]
    done = subprocess.run(
        [str(program), str(learned), str(FUZZ / "corpus" / target), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        print("\n".join(done.stdout.splitlines()[-60:]))
    runs = re.findall(r"stat::number_of_executed_units:\s+(\d+)", done.stdout)
    covered = re.findall(r"cov: (\d+)", done.stdout)
    counts = f"{runs[-1] if runs else '?'} inputs, {covered[-1] if covered else '?'} places reached, {memory} MiB allowed"
    print(f"fuzz {target}: {'ok' if done.returncode == 0 else 'FAILED'}: {counts}", flush=True)
    return done.returncode == 0


def output(command: list[str]) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
