"""The plan, as users hold it: a graph compiled for some targets, to be run as often as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from syncra._edges import SettledNodes
from syncra._frozen import Frozen
from syncra._nodes._node import Binding, Node
from syncra._programs._compiler import Validation, compile_program
from syncra._programs._program import Program
from syncra._results import Results
from syncra._runs._begin import begin
from syncra._runs._bindings import start_values
from syncra._runs._run import Run
from syncra._strategies._interface import AsyncStrategy, Strategy
from syncra.errors import OptionError, RunningLoopError

__all__ = ["ErrorMode", "Plan", "check_options"]

ErrorMode: TypeAlias = Literal["raise", "continue"]


class Plan(Frozen):
    """A graph compiled for a set of targets: steps in order, arguments as slots, checks placed.

    Frozen and re-entrant: the same plan may run in many threads and loops at once. Made by `Graph.compile`.

    Attributes:
        nodes: every node that a run involves, in topological order.
        targets: those whose values are kept.
        is_async: it has async tasks; without a strategy it runs under Asyncio.
    """

    __slots__ = ("__weakref__", "_program", "_types")

    _program: Program
    _types: tuple[object, ...]

    def __init__(self, program: Program, types: Sequence[object]) -> None:
        self._define(_program=program, _types=tuple(types))

    @classmethod
    def of(cls, settled: SettledNodes, targets: Sequence[Node[Any]], validate: Validation, name: str | None) -> Plan:
        """The plan of settled nodes; `Graph.compile` documents it."""
        program = compile_program(settled, targets, validate, name)
        return cls(program, [settled[step.node].result_type for step in program.steps])

    @property
    def nodes(self) -> tuple[Node[Any], ...]:
        return tuple(step.node for step in self._program.steps)

    @property
    def targets(self) -> tuple[Node[Any], ...]:
        return self._program.kept

    @property
    def is_async(self) -> bool:
        return self._program.is_async

    def run(self, *bindings: Binding, strategy: Strategy | None = None, on_error: ErrorMode = "raise") -> Results:
        """Run the plan and block until it has ended; nothing of the run goes on after that.

        Args:
            bindings: values for inputs, `node.bind(value)`; a bound task is not run.
            strategy: where and when steps run; Sequential(), or Asyncio() where the plan has async tasks, if left out.
            on_error: "raise" stops at the first failure and raises the task's own exception, with a note that names the
                task; "continue" runs all that does not need a failed task, and the results tell what failed.

        Raises:
            BindingError: the values do not fit; nothing has run.
            RunningLoopError: the plan has async tasks, and this thread runs an event loop: `await plan.arun(...)`.
            OptionError: `on_error` or `strategy` is something else.
            Exception: whatever the first failing task raised.
        """
        run, driver = self._begin(bindings, strategy, on_error)
        if self.is_async and _loop_is_running():
            raise RunningLoopError(
                f"{self._program.describe()} has async tasks, and an event loop is running here already:"
                " write `await graph(...)` or `await plan.arun(...)`; for one node, `await Graph.of(node)(...)`"
            )
        driver.execute(run)
        return _finished(run)

    async def arun(
        self, *bindings: Binding, strategy: Strategy | None = None, on_error: ErrorMode = "raise"
    ) -> Results:
        """Run the plan without blocking the event loop; the twin of `run`, in arguments, results and errors.

        Under Asyncio, and without a strategy, coroutines run on the caller's own loop. Any other strategy drives the
        run from a thread of its own. Cancelling it stops the run, and waits for what can't be cancelled.
        """
        run, driver = self._begin(bindings, strategy if strategy is not None else _default(is_async=True), on_error)
        if isinstance(driver, AsyncStrategy):
            await driver.aexecute(run)
        else:
            from syncra._strategies._beside_loop import drive_from_thread

            await drive_from_thread(driver, run)
        return _finished(run)

    def _begin(self, bindings: Sequence[Binding], strategy: Strategy | None, on_error: str) -> tuple[Run, Strategy]:
        check_options(strategy, on_error)
        if strategy is None:
            strategy = _default(is_async=self.is_async)
        given, unneeded = start_values(self._program, bindings, self._types)
        goes_on, name = on_error == "continue", type(strategy).__name__
        return begin(self._program, given, unneeded=unneeded, goes_on=goes_on, strategy=name), strategy

    def __reduce__(self) -> tuple[type[Plan], tuple[Program, tuple[object, ...]]]:
        return Plan, (self._program, self._types)

    def __repr__(self) -> str:
        return f"<Plan of {self._program.describe()}: {len(self._program.steps)} steps>"


def check_options(strategy: object, on_error: str) -> None:
    """Pass if a plan can be run with these.

    Raises:
        OptionError: one of them makes no sense.
    """
    if on_error not in ("raise", "continue"):
        raise OptionError(f"on_error must be 'raise' or 'continue', not {on_error!r:.100}")
    if isinstance(strategy, type):
        raise OptionError(f"strategy must be an object, not a class: write {strategy.__name__}()")
    # isinstance of a protocol takes 10 us
    if strategy is not None and not callable(getattr(strategy, "execute", None)):
        raise OptionError(f"strategy must be a Strategy such as Threads(), not {strategy!r:.100}")


def _default(*, is_async: bool) -> Strategy:
    """The strategy of a run that names none; only that one is imported."""
    if is_async:
        from syncra._strategies._asyncio import Asyncio

        return Asyncio()
    from syncra._strategies._sequential import Sequential

    return Sequential()


def _finished(run: Run) -> Results:
    ended = run.end()
    error = ended.error
    if error is None:
        return Results(ended)
    del ended
    try:
        raise error
    finally:
        del error  # or the exception and this frame, which its traceback holds, would keep each other alive


def _loop_is_running() -> bool:
    import sys

    if "asyncio" not in sys.modules:  # nobody can be running a loop of a module that nobody has imported
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
