"""Runs begun in odd places, and tasks from odd ones: whole programs, with warnings as errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.programs import ran, ran_as

_TASKS = """
import asyncio, atexit, os, sys, threading
from syncra import *

@task
def one() -> int:
    return 1

@task
async def two(value: int = depends(one)) -> int:
    await asyncio.sleep(0)
    return value + 1

@task
def three(value: int = depends(two)) -> int:
    return value + 1

plan = Graph.of(three).compile()
"""
_STRATEGIES = ["Sequential()", "Threads(3)", "Asyncio()", "Asyncio(offload=True)", "Processes(2)"]
every_strategy = pytest.mark.parametrize("strategy", _STRATEGIES)
_EIGHT_THREADS = """
found = []
with eval(sys.argv[1]) as strategy:
    threads = [threading.Thread(target=lambda: found.append(plan.run(strategy=strategy)[three])) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
print(found == [3] * 8)
"""
_AT_EXIT = """
atexit.register(lambda: print(plan.run(strategy=eval(sys.argv[1]))[three] == 3, flush=True))
"""
_SYNC_AT_EXIT = """
atexit.register(lambda: print(Graph.of(one).compile().run(strategy=eval(sys.argv[1]))[one], flush=True))
"""
_IN_DEL = """
class Last:
    def __del__(self):
        print(plan.run(strategy=eval(sys.argv[1]))[three] == 3, flush=True)
last = Last()
del last
"""
_IN_CALLBACK = """
import concurrent.futures
with concurrent.futures.ThreadPoolExecutor(1) as executor:
    done = executor.submit(int)
    done.add_done_callback(lambda _: print(plan.run(strategy=eval(sys.argv[1]))[three] == 3, flush=True))
"""
_IN_HANDLER = """
import signal
signal.signal(signal.SIGUSR1, lambda *_: print(plan.run(strategy=eval(sys.argv[1]))[three] == 3, flush=True))

@task
def signals(value: int = depends(three)) -> int:
    signal.raise_signal(signal.SIGUSR1)
    return value

Graph.of(signals).compile().run(strategy=Sequential())
"""
_IN_LOOP = """
sync = Graph.of(one).compile()

async def main():
    strategy = eval(sys.argv[1])
    print(sync.run(strategy=strategy)[one] == 1 and (await plan.arun(strategy=strategy))[three] == 3)
    assert asyncio.all_tasks() == {asyncio.current_task()}

asyncio.run(main())
"""
_AFTER_FORK = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer versions of Python warn of what is done here
with eval(sys.argv[1]) as strategy:
    plan.run(strategy=strategy)
    child = os.fork()
    if not child:
        try:
            with eval(sys.argv[1]) as own:
                os._exit(plan.run(strategy=own)[three])
        finally:
            os._exit(100)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(code == 3 and plan.run(strategy=strategy)[three] == 3)
"""
_EXECUTED = """
code = "def four(value):\\n    return value + 1"
names = {"__name__": "a_notebook"}
exec(compile(code, "<cell 1>", "exec"), names)
late = task(dependencies=three)(names["four"])
print(Graph.of(late).compile().run(strategy=eval(sys.argv[1]))[late] == 4)
"""
_ODD_FUNCTIONS = """
import functools

class Callable:
    def __call__(self, value: int) -> int:
        return value + 1

def outer(step):
    def add(value: int) -> int:
        return value + step
    return add

def add(left: int, right: int) -> int:
    return left + right

nodes = [
    task(name="closure", dependencies=three)(outer(1)),
    task(name="lambda", dependencies=three)(lambda value: value + 1),
    task(name="partial", dependencies=three)(functools.partial(add, 1)),
    task(name="object", dependencies=three)(Callable()),
]
results = Graph.of(*nodes).compile().run(strategy=eval(sys.argv[1]))
print([results[node] for node in nodes] == [4] * 4)
"""


@pytest.mark.parametrize(
    "where",
    [_EIGHT_THREADS, _IN_DEL, _IN_CALLBACK, _IN_HANDLER, _IN_LOOP, _EXECUTED, _ODD_FUNCTIONS],
    ids=["eight threads", "__del__", "callback", "signal handler", "loop", "executed code", "odd functions"],
)
@every_strategy
def test_a_run_works_wherever_it_is_begun(strategy: str, where: str) -> None:
    """From many threads, finalizers, callbacks, handlers and loops, and with functions of any origin."""
    ended = ran(_TASKS + where, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "True\n", "")


@pytest.mark.parametrize("strategy", ["Sequential()", "Asyncio()", "Processes(1)"])
def test_a_run_at_exit_needs_no_new_thread(strategy: str) -> None:
    """In an `atexit` function strategies work that start no thread; newer interpreters refuse to start one there."""
    ended = ran(_TASKS + _AT_EXIT, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "True\n", "")


@pytest.mark.parametrize("strategy", ["Threads(1)", "Threads(3)"])
def test_threads_that_cannot_be_had_at_exit_are_done_without(strategy: str) -> None:
    """In an `atexit` function sync tasks run on the caller's thread, where no other one can be started."""
    ended = ran(_TASKS + _SYNC_AT_EXIT, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "1\n", "")


@every_strategy
def test_a_fork_beside_a_kept_strategy_harms_neither(strategy: str) -> None:
    """A child forked from a process with open workers runs plans on a strategy of its own, and leaves the parent's."""
    ended = ran(_TASKS + _AFTER_FORK, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "True\n", "")


_INHERITED = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # newer versions of Python warn of what is done here
with eval(sys.argv[1]) as strategy:
    plan.run(strategy=strategy)
    child = os.fork()
    if not child:
        try:
            for _ in range(2):
                found = plan.run(strategy=strategy)[three]
        except RuntimeError as error:
            found = str(error)
        os.write(1, f"{found}\\n".encode())
        strategy.__exit__(None, None, None)
        sys.exit()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(code == 0 and plan.run(strategy=strategy)[three] == 3)
"""


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("Sequential()", "3"),
        ("Threads(3)", "3"),
        ("Asyncio()", "3"),
        ("Asyncio(offload=True)", "3"),
        ("Processes(2)", "the worker pool belongs to the process that this one was forked from"),
    ],
)
def test_a_forked_child_may_use_what_it_inherited(strategy: str, told: str) -> None:
    """Threads are the parent's, and begin anew in the child; worker processes are not the child's, which is told so."""
    ended = ran(_TASKS + _INHERITED, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, f"{told}\nTrue\n", "")


_LEFT_IN_CHILD = """
import gc, warnings
warnings.simplefilter("ignore", DeprecationWarning)
strategy = eval(sys.argv[1])
strategy.__enter__()
plan.run(strategy=strategy)
child = os.fork()
if not child:
    del strategy
    gc.collect()
    sys.exit()
os.waitpid(child, 0)
strategy.__exit__(None, None, None)
"""


@every_strategy
def test_a_forked_child_warns_of_nothing_that_is_its_parents(strategy: str) -> None:
    """A kept strategy that ends with a child, which leaves as programs do, is not the child's to close."""
    ended = ran(_TASKS + _LEFT_IN_CHILD, strategy)
    assert (ended.code, ended.errors) == (0, "")


_LEFT_OPEN = """
with Processes(2) as strategy:
    plan.run(strategy=strategy)
    os._exit(0)
"""


def test_a_pool_whose_process_leaves_at_once_ends_silently() -> None:
    """A process that does not close its pool, as `os._exit` does not, leaves no process and no warning of one."""
    ended = ran(_TASKS + _LEFT_OPEN)
    assert (ended.code, ended.errors) == (0, "")


_GUARDLESS = _TASKS + "print(plan.run(strategy=Processes(2))[three], flush=True)\n"


def test_a_program_without_a_file_needs_no_guard() -> None:
    """Standard input and `-c` work on processes with tasks of their own."""
    assert ran(_GUARDLESS).out == "3\n"
    ended = ran_as(["-"], _GUARDLESS)
    assert (ended.code, ended.out, ended.errors) == (0, "3\n", "")


def test_a_script_without_a_guard_is_told_once_what_to_write(tmp_path: Path) -> None:
    """One traceback, which ends in a WorkerStartError with the line that is missing; no process starts others."""
    script = tmp_path / "script.py"
    script.write_text(_GUARDLESS)
    ended = ran_as([str(script)])
    assert (ended.code, ended.out) == (1, "")
    assert ended.errors.count("Traceback") == 1
    assert "syncra.errors.WorkerStartError" in ended.errors
    assert "if __name__ == '__main__':" in ended.errors


def test_a_script_with_a_guard_runs(tmp_path: Path) -> None:
    """Tasks of a script are found in its workers by their names."""
    script = tmp_path / "script.py"
    script.write_text(_TASKS + "if __name__ == '__main__':\n    print(plan.run(strategy=Processes(2))[three])\n")
    ended = ran_as([str(script)])
    assert (ended.code, ended.out, ended.errors) == (0, "3\n", "")


_WITHOUT_THREADS = (
    _TASKS
    + """
import resource
plan.run(strategy=Sequential())
threading.stack_size(2**30)
with open("/proc/self/statm") as memory:
    size = int(memory.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 2**29, size + 2**29))
sync = Graph.of(one).compile()
many = Graph.of(*[task(name=f"t{n}")(lambda: 1) for n in range(50)]).compile()
try:
    print(len(eval(sys.argv[2]).run(strategy=eval(sys.argv[1]))))
except RuntimeError as error:
    print(error)
"""
)


@pytest.mark.parametrize(
    ("strategy", "which", "told"),
    [
        ("Threads(4)", "many", "50"),
        ("Threads(4)", "plan", "can't start new thread"),  # its coroutine needs a loop
        ("Asyncio(offload=True)", "many", "can't start new thread"),
        ("Asyncio()", "plan", "3"),
        ("Sequential()", "many", "50"),
    ],
)
def test_a_system_that_gives_no_threads_is_met(strategy: str, which: str, told: str) -> None:
    """Threads goes on in the caller's thread; where there is none to fall back on, the error says what is missing."""
    ended = ran(_WITHOUT_THREADS, strategy, which)
    assert (ended.code, ended.out, ended.errors) == (0, f"{told}\n", "")


_NO_DESCRIPTORS = (
    _TASKS
    + """
import resource
strategy = eval(sys.argv[1])
plan.run(strategy=strategy)  # what a run imports needs descriptors as well
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
said = []
for spared in range(4):  # so that each of the descriptors that a run needs is the first one that is missing
    held = []
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    for each in held[:spared]:
        os.close(each)
    try:
        plan.run(strategy=strategy)
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
    for each in held[spared:]:
        os.close(each)
print(plan.run(strategy=strategy)[three], len(said) > 1, all("Too many open files" in each for each in said))
"""
)


@every_strategy
def test_a_shortage_of_descriptors_is_told_and_passes(strategy: str) -> None:
    """The run that has none for its loop or its workers says so, leaves nothing half made, and the next one works."""
    ended = ran(_NO_DESCRIPTORS, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "3 True True\n", "")


_OUTPUT = """
from tests.faults import worker_tasks as tasks
from syncra import *
plan = Graph.of(tasks.closes_output, tasks.writes_much, tasks.one).compile()
results = plan.run(strategy=Processes(1), on_error="continue")
print(results[tasks.closes_output], tasks.one.name in results)
"""


def test_a_worker_whose_output_is_closed_goes_on() -> None:
    """What a task does to the standard output of its worker is that worker's; the caller's is as it was."""
    ended = ran(_OUTPUT)
    assert (ended.code, ended.out.splitlines()[-1], ended.errors) == (0, "1 True", "")


_CLOCK = (
    _TASKS
    + """
import time

def jumping() -> float:
    jumping.now += 86_400.0 if int(jumping.now) % 2 else -86_399.0
    return jumping.now
jumping.now = 1e9
time.time = jumping

calls = []

@task(timeout=20.0, retries=Retry(2, delay=0.01))
def timed(value: int = depends(three)) -> int:
    calls.append(1)
    if len(calls) < 3:
        raise ValueError
    return value

strategy = eval(sys.argv[1])
print(Graph.of(timed).compile().run(strategy=strategy)[timed])
"""
)


@pytest.mark.parametrize("strategy", _STRATEGIES[:-1])
def test_a_wall_clock_that_jumps_changes_nothing(strategy: str) -> None:
    """Time limits and pauses go by a clock that only grows."""
    ended = ran(_CLOCK, strategy)
    assert (ended.code, ended.out, ended.errors) == (0, "3\n", "")
