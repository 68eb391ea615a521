"""Private database servers: in a folder of their own, on a socket in it, as an unprivileged user, as long as a test.

Nothing of the machine's own servers or their settings is used. A server ends with its `close`, and with this process
however that ends.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

SECONDS_TO_START = 60
SECONDS_TO_END = 20
# Of Linux: a signal to this process when its parent ends (prctl's PR_SET_PDEATHSIG).
SIGNAL_AT_PARENTS_END = 1
UNPRIVILEGED = "nobody"


class Server:
    """A server in a temporary folder."""

    def __init__(self, end_signal):
        # In /tmp, since the path of a socket has at most 107 bytes and the other user must be let in.
        self.folder = Path(tempfile.mkdtemp(prefix="snowscrape-", dir="/tmp"))
        self._end_signal = end_signal
        self._process = None
        if _is_root():
            shutil.chown(self.folder, UNPRIVILEGED)

    @property
    def log(self):
        return self.folder / "log"

    def run(self, *command):
        """Runs a program that makes what the server needs."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        # In a group of its own: what it starts in its turn must not outlive it where this process is told to end.
        with subprocess.Popen(command, **pipes, text=True, start_new_session=True, **self._as_user()) as process:
            try:
                said, _ = process.communicate()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        if process.returncode:
            raise RuntimeError(f"{command[0]} failed: {said.strip()[-500:]}")

    def start(self, command, connects):
        """Starts the server and waits until it can be connected to."""
        library = ctypes.CDLL(None)
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: library.prctl(SIGNAL_AT_PARENTS_END, self._end_signal),
                **self._as_user(),
            )
        last = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                return connects()
            except Exception as error:
                if self._process.poll() is not None or time.monotonic() > last:
                    said = self.log.read_text("utf-8", "replace").strip()
                    raise RuntimeError(f"{command[0]} did not start: {error}\n{said[-1000:]}") from error
                time.sleep(0.02)

    def close(self):
        """Ends the server and removes its folder."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(self._end_signal)
            try:
                self._process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _as_user(self):
        """PostgreSQL and MariaDB refuse to run as root."""
        settings = {"cwd": self.folder, "env": {**os.environ, "HOME": str(self.folder), "LC_ALL": "C"}}
        return {**settings, "user": UNPRIVILEGED, "group": "nogroup", "extra_groups": []} if _is_root() else settings


def postgres(connects):
    """Starts a PostgreSQL server; `connects` is called with the folder of its socket until it raises nothing."""
    server = Server(signal.SIGINT)
    try:
        data = str(server.folder / "data")
        programs = _postgres_programs()
        # Neither its locale nor a sync to the disk is what is tested here.
        initdb = ["--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        server.run(programs / "initdb", "--pgdata", data, *initdb)
        command = [programs / "postgres", "-D", data, "-k", str(server.folder), "-c", "listen_addresses="]
        for setting in ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off"):
            command += ["-c", setting]
        return server, server.start(command, lambda: connects(server.folder))
    except BaseException:
        server.close()
        raise


def mariadb(connects):
    """Starts a MariaDB server; `connects` is called with its socket until it raises nothing."""
    server = Server(signal.SIGTERM)
    try:
        data, socket = str(server.folder / "data"), server.folder / "socket"
        # Two servers that start at once take each other's files in the common folder for their own.
        own = [f"--datadir={data}", f"--tmpdir={server.folder}"]
        install = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        server.run(_program("mariadb-install-db"), "--no-defaults", *own, *install)
        # With the defaults of MariaDB itself, which are stricter for a file than Debian's: latin1, for one.
        command = [_program("mariadbd"), "--no-defaults", *own, f"--socket={socket}", "--skip-networking"]
        command += [f"--pid-file={server.folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"]
        return server, server.start(command, lambda: connects(socket))
    except BaseException:
        server.close()
        raise


def _is_root():
    return os.geteuid() == 0


def _program(name):
    # Debian keeps servers in a folder that only root searches.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise FileNotFoundError(f"{name} is missing: README.md says which packages have it")
    return found


def _postgres_programs():
    """The folder of the newest PostgreSQL's programs, which Debian keeps off the path."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: float(folder.parent.name))
    return Path(_program("initdb")).parent
