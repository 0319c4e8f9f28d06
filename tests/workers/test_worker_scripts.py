"""Whole programs: how they start, what is `__main__` in them, and what is left when they end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PATH = os.pathsep.join([str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
ENVIRONMENT = {**os.environ, "PYTHONPATH": PATH}
SECONDS = 60

SQUARES = """
import threading
from pool_driving import events_of
from syncra._workers import WorkerPool

class Point:
    def __init__(self, x):
        self.x = x

def square(point):
    return Point(point.x ** 2)

def main():
    with WorkerPool(2) as pool:
        events = events_of(pool, *[(square, (Point(n),)) for n in range(4)])
        print([event.value.x for event in events], all(type(event.value) is Point for event in events))
"""
GUARDED = SQUARES + "\nif __name__ == '__main__':\n    main()\n"
UNGUARDED = SQUARES + "\nmain()\n"
OTHERS_FUNCTIONS = (
    SQUARES + "\nimport math\nwith WorkerPool(1) as pool:\n    print(events_of(pool, (math.sqrt, (4,)))[0].value)\n"
)
EXPECTED = "[0, 1, 4, 9] True"


def run(arguments: list[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=ENVIRONMENT,
        check=False,
    )


def script(folder: Path, text: str) -> str:
    path = folder / "script.py"
    path.write_text(text)
    return str(path)


def test_functions_and_classes_of_a_script_travel_by_reference(tmp_path: Path) -> None:
    """They come back as the classes of the script, also if the worker imported it."""
    done = run([script(tmp_path, GUARDED)])
    assert (done.stdout.strip(), done.stderr) == (EXPECTED, "")


@pytest.mark.parametrize("text", [GUARDED, UNGUARDED])
def test_programs_without_a_file_work(text: str) -> None:
    """Standard input and `-c`: functions and classes travel by value, and no guard is needed."""
    for done in (run(["-"], text), run(["-c", text])):
        assert (done.stdout.strip(), done.stderr) == (EXPECTED, "")


def test_a_missing_guard_is_explained_once(tmp_path: Path) -> None:
    """The program ends with one error that says what to write; no process starts further ones."""
    done = run([script(tmp_path, UNGUARDED)])
    assert done.returncode == 1
    assert done.stdout == ""
    assert "WorkerStartError" in done.stderr.splitlines()[-6]
    assert done.stderr.count("Traceback") == 1
    assert "if __name__ == '__main__':" in done.stderr


def test_a_script_whose_functions_are_not_called_is_not_imported(tmp_path: Path) -> None:
    """Without a guard, functions of other modules are called all the same."""
    done = run([script(tmp_path, OTHERS_FUNCTIONS)])
    assert (done.stdout.strip(), done.stderr) == ("2.0", "")


def test_a_script_that_fails_on_import_is_told_once(tmp_path: Path) -> None:
    """With its own error and traceback."""
    text = SQUARES + "\nif __name__ != '__main__':\n    raise OSError('only in a worker')\nmain()\n"
    done = run([script(tmp_path, text)])
    assert done.returncode == 1
    assert "could not import the script: OSError: only in a worker" in done.stderr


def test_without_cloudpickle_a_lambda_is_explained(tmp_path: Path) -> None:
    """The error names the function and what to install; nothing else is harmed."""
    text = (
        "import sys\nsys.modules['cloudpickle'] = None\n"
        + SQUARES
        + """
if __name__ == "__main__":
    with WorkerPool(1) as pool:
        refused, fine = events_of(pool, (lambda: 1, ()), (square, (Point(3),)))
        print(type(refused).__name__, refused.what, refused.error)
        print(fine.value.x)
"""
    )
    done = run([script(tmp_path, text)])
    assert done.stderr == ""
    assert "Unsendable function" in done.stdout
    assert "<lambda>" in done.stdout
    assert "pip install cloudpickle" in done.stdout
    assert done.stdout.splitlines()[-1] == "9"


def test_without_a_file_and_without_cloudpickle_only_names_of_the_program_are_refused() -> None:
    """Its functions and classes are, with the reason; text that reads `__main__` is not."""
    text = (
        "import sys, math\nsys.modules['cloudpickle'] = None\n"
        + SQUARES
        + """
with WorkerPool(1) as pool:
    calls = (str.upper, ("__main__",)), (id, (Point(1),)), (square, ()), (math.sqrt, ("__main__",))
    events = events_of(pool, *calls)
    print(events[0].value, type(events[3].error).__name__)
    print(events[1].error, events[2].error, sep="\\n")
"""
    )
    done = run(["-"], text)
    assert done.stderr == ""
    first, argument, function = done.stdout.splitlines()
    assert first == "__MAIN__ TypeError"
    assert argument.startswith("argument 0 cannot")
    assert "Point is defined in `__main__`" in argument
    assert function.startswith("function cannot")
    assert "square" in function
    assert "pip install cloudpickle" in argument
    assert "pip install cloudpickle" in function


def test_a_function_with_other_code_in_the_worker_travels_by_value(tmp_path: Path) -> None:
    """A module that changed on disk after its import: the worker runs what the caller has."""
    (tmp_path / "changing.py").write_text("def answer():\n    return 'old'\n")
    text = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
sys.dont_write_bytecode = True
import changing
from pathlib import Path
Path(changing.__file__).write_text("def answer():\\n    return 'new, and not wanted'\\n")
from pool_driving import event_of
from syncra._workers import WorkerPool
with WorkerPool(1) as pool:
    print(event_of(pool, changing.answer))
    print(event_of(pool, changing.answer))
"""
    done = run([script(tmp_path, text)])
    assert done.stderr == ""
    assert done.stdout.count("value='old'") == 2


BUSY = """
import os, sys, signal
import called_functions as functions
from pool_driving import events_on
from syncra._workers import FunctionRef, WorkerPool

if __name__ == "__main__":
    with WorkerPool(3, start_method=sys.argv[1]) as pool, pool.lease() as lease:
        events = events_on(lease, *[(functions.process_id, ())] * 30)
        assert lease.start(1, FunctionRef(functions.spin)) and lease.start(2, FunctionRef(functions.hang))
        print(*{event.value for event in events}, flush=True)
        os.kill(os.getpid(), int(sys.argv[2])) if sys.argv[2] != "0" else os._exit(1)
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, 0])
def test_no_worker_outlives_its_caller(tmp_path: Path, method: str, number: int) -> None:
    """Two seconds after its end no worker is left, neither idle nor busy in C code, however it ended."""
    path = script(tmp_path, BUSY)
    with subprocess.Popen(
        [sys.executable, path, method, str(int(number))], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as caller:
        assert caller.stdout is not None
        workers = [int(word) for word in caller.stdout.readline().split()]
        assert workers
        caller.wait(SECONDS)
    for worker in workers:
        assert is_gone_within(worker, 2.0)


def test_a_caller_that_ignores_its_children_is_served(tmp_path: Path) -> None:
    """SIGCHLD ignored and signals blocked, as a daemon's parent may leave them, do not reach the workers."""
    text = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGALRM])
import called_functions as functions
from pool_driving import events_of
from syncra._workers import WorkerPool
with WorkerPool(1) as pool:
    print(*events_of(pool, (functions.kill_self, (signal.SIGTERM,)), (functions.add, (1,))), sep="\\n")
"""
    done = run([script(tmp_path, text)])
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "Died(token=0, exit_code=None, signal=15)",
        "Returned(token=1, value=2)",
    ]


INTERRUPTED = """
import called_functions as functions
from pool_driving import events_on
from syncra._workers import FunctionRef, WorkerPool

if __name__ == "__main__":
    with WorkerPool(2) as pool, pool.lease() as lease:
        events = events_on(lease, (functions.process_id, ()))
        assert lease.start(1, FunctionRef(functions.hang))
        print(events[0].value, flush=True)
        lease.wait()
"""


def test_one_interrupt_of_the_whole_group_gives_one_traceback(tmp_path: Path) -> None:
    """Ctrl-C reaches the caller; workers ignore it, print nothing, and are gone with the pool."""
    with subprocess.Popen(
        [sys.executable, script(tmp_path, INTERRUPTED)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as caller:
        assert caller.stdout is not None
        worker = int(caller.stdout.readline())
        os.killpg(caller.pid, signal.SIGINT)
        _, errors = caller.communicate(timeout=SECONDS)
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert is_gone_within(worker, 0.0)


def is_gone_within(process: int, seconds: float) -> bool:
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
