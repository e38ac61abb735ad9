"""The real binary as a process: started on a free port, in folders of its own, with a log that is kept on failure."""

import configparser
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
REGION = "ap-northeast-1"
ACCOUNT = "111122223333"
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 15


def binary() -> pathlib.Path:
    """The program under test: KAGIBAN_BIN, or what `cargo build --profile ci -p kagiban` makes."""
    path = pathlib.Path(os.environ.get("KAGIBAN_BIN", ROOT / "target/ci/kagiban"))
    if not path.is_file():
        raise FileNotFoundError(f"no program at {path}: run `cargo build --profile ci -p kagiban`, or set KAGIBAN_BIN")
    return path


def clean_environment(home: pathlib.Path) -> dict[str, str]:
    """The environment of a child: nothing of the caller's AWS or Kagiban settings, and no home but the test's."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KAGIBAN_", "XDG_"))}
    return kept | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "RUST_BACKTRACE": "1"}


class NotStarted(Exception):
    """The program ended, or did not answer /health in time."""

    def __init__(self, code: int | None, output: str):
        super().__init__(f"the server did not come up (exit {code}):\n{output[-4000:]}")
        self.code, self.output = code, output


class Server:
    """One `kagiban serve` on `folder/data`. A restart keeps the folder; `copy` makes a house of the same disk."""

    def __init__(
        self, folder: pathlib.Path, *, flags: tuple[str, ...] = (), scheme: str = "http", cafile: str | None = None
    ):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        self.home = self.folder / "home"
        self.home.mkdir(exist_ok=True)
        self.credentials_file = self.folder / "credentials"
        self.log = self.folder / "server.log"
        self.flags = flags
        self.scheme, self.cafile = scheme, cafile
        self.process: subprocess.Popen | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return clean_environment(self.home)

    def command(self) -> list[str]:
        return [
            str(binary()),
            "serve",
            "--data-dir",
            str(self.data),
            "--listen",
            f"127.0.0.1:{self.port}",
            "--credentials-file",
            str(self.credentials_file),
            "--account-id",
            ACCOUNT,
            "--region",
            REGION,
            *self.flags,
        ]

    def start(self) -> "Server":
        """Starts on a free port and waits for /health. A port that another process took meanwhile is tried again."""
        for attempt in range(3):
            self.port = free_port()
            begin = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self.environment,
                    cwd=self.folder,
                )
            try:
                self.wait_ready(begin)
                return self
            except NotStarted as error:
                self.kill()
                if attempt == 2 or "in use" not in error.output.lower():
                    raise
        raise AssertionError("unreachable")

    def wait_ready(self, begin: int) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            code = self.process.poll()
            if code is not None:
                raise NotStarted(code, self.output(begin))
            if self.health() == 200:
                return
            time.sleep(0.03)
        raise NotStarted(None, self.output(begin))

    def health(self) -> int | None:
        """The status of an unsigned GET /health; None when nobody listens."""
        import ssl

        context = ssl.create_default_context(cafile=self.cafile) if self.cafile else None
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5, context=context) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def output(self, begin: int = 0) -> str:
        return self.log.read_bytes()[begin:].decode(errors="replace") if self.log.exists() else ""

    def stop(self) -> int:
        """SIGTERM; the exit status. Fails when the process does not end by itself."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """SIGKILL: no shutdown of any kind."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def restart(self) -> "Server":
        assert self.stop() == 0, f"an orderly stop ends with 0:\n{self.output()[-2000:]}"
        return self.start()

    def credentials(self) -> tuple[str, str]:
        """The administrator's key pair, out of the shared-credentials file that the first start wrote."""
        profile = configparser.ConfigParser()
        assert profile.read(self.credentials_file), f"{self.credentials_file} was not written"
        return profile["default"]["aws_access_key_id"], profile["default"]["aws_secret_access_key"]

    def run(self, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess:
        """Another command of the same program, in the same environment."""
        return subprocess.run(
            [str(binary()), *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def verify(self, *flags: str) -> subprocess.CompletedProcess:
        return self.run("trail", "verify", "--data-dir", str(self.data), *self.root_flags(), *flags)

    def root_flags(self) -> tuple[str, ...]:
        at = self.flags.index("--root-key-file") if "--root-key-file" in self.flags else None
        return () if at is None else self.flags[at : at + 2]

    def root_files(self) -> list[pathlib.Path]:
        """The root key files in the user's configuration folder."""
        return sorted((self.home / "config" / "kagiban" / "roots").glob("*.key"))

    def copy(self, folder: pathlib.Path, *, home: bool = False, flags: tuple[str, ...] | None = None) -> "Server":
        """A house on a copy of this one's disk; with `home`, of its configuration folder too."""
        other = Server(folder, flags=self.flags if flags is None else flags)
        shutil.copytree(self.data, other.data)
        if home:
            shutil.copytree(self.home, other.home, dirs_exist_ok=True)
        return other


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
