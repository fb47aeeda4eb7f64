"""Run a script in a process that has already imported PyTorch, timm and the rest.

    python scripts/warm_start.py scripts/train.py --data ...

Importing them takes longer than training one of the demo's runs does. The first call starts a
server that imports them once; each call has it fork a child, which gets this process's folder,
environment and standard streams and runs the script as if it had been started here. Signals go
on to the child, its exit status comes back, and it dies with this process. The server ends when
it has had nothing to do for half a minute. Nothing of this project is imported beforehand, so an
edit takes effect at once. For the CPU: a run on a GPU takes too long for this to matter.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

PRELOADED = (
    *("filelock", "jsonschema", "numpy", "pandas", "safetensors", "sklearn.metrics"),
    *("timm", "torch", "torchvision", "tqdm", "yaml"),
)
IDLE_SECONDS = 30
START_SECONDS = 120
STREAMS = (0, 1, 2)


def socket_path() -> Path:
    """One server per user and Python environment, in a folder that only the user can enter."""
    folder = Path(tempfile.gettempdir()) / f"transfer-warm-start-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        sys.exit(f"error: {folder} is open to others; remove it")
    environment = f"{sys.executable}:{sys.version}:{Path(__file__).stat().st_mtime_ns}"
    return folder / f"{hashlib.sha256(environment.encode()).hexdigest()[:12]}.sock"


def run_child(connection: socket.socket, request: dict, streams: list[int]) -> None:
    """Become the requested script; never returns."""
    for target, stream in zip(STREAMS, streams, strict=True):
        os.dup2(stream, target)
        os.close(stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["arguments"]
    sys.path[0] = str(Path(sys.argv[0]).resolve().parent)

    def die_with_caller() -> None:
        connection.recv(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die_with_caller, daemon=True).start()
    status = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status & 0xFF)


def serve(path: Path) -> None:
    """Import everything, then fork a child for each caller until there are none for a while."""
    for name in PRELOADED:
        importlib.import_module(name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    temporary = path.with_suffix(f".{os.getpid()}")
    listener.bind(str(temporary))
    listener.listen(64)
    # Callers may connect from the moment that the name is there.
    temporary.rename(path)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    children: dict[int, socket.socket] = {}
    last = time.monotonic()
    while children or time.monotonic() - last < IDLE_SECONDS:
        if selector.select(timeout=0.02):
            last = time.monotonic()
            connection, _ = listener.accept()
            message, streams = b"", []
            # A caller that dies at once leaves nothing, or half a request.
            with contextlib.suppress(OSError):
                message, streams, _, _ = socket.recv_fds(connection, 1 << 20, len(STREAMS))
            if len(streams) < len(STREAMS):
                connection.close()
                continue
            child = os.fork()
            if child == 0:
                listener.close()
                run_child(connection, json.loads(message), streams)
            for stream in streams:
                os.close(stream)
            with contextlib.suppress(OSError):
                connection.sendall(f"{child}\n".encode())
            children[child] = connection
        for child in list(children):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                connection = children.pop(child)
                # The caller may be gone, and the child died with it.
                with contextlib.suppress(OSError):
                    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
                connection.close()
                last = time.monotonic()
    path.unlink(missing_ok=True)


def connect(path: Path) -> socket.socket:
    """A connection to the server, which is started if there is none."""
    deadline = time.monotonic() + START_SECONDS
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = None
        while time.monotonic() < deadline:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
            if server is None:
                path.unlink(missing_ok=True)
                server = subprocess.Popen(
                    [sys.executable, __file__, "--serve", str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                )
            elif server.poll() is not None:
                break
            time.sleep(0.05)
    sys.exit("error: the process that imports PyTorch beforehand did not start")


def main() -> None:
    """Hand the script to the server and wait for it."""
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
        return
    # What follows the script is the script's own.
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("script", help="the script to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its arguments")
    parser.parse_args()
    connection = connect(socket_path())
    request = {
        "arguments": sys.argv[1:],
        "folder": str(Path.cwd()),
        "environment": dict(os.environ),
    }
    socket.send_fds(connection, [json.dumps(request).encode()], list(STREAMS))
    with connection.makefile("r") as answers:
        child = int(answers.readline() or 0)
        if not child:
            sys.exit("error: the process that imports PyTorch beforehand died")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os.kill(child, number))
        status = answers.readline()
    if not status:
        sys.exit("error: the process that imports PyTorch beforehand died")
    code = int(status)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
