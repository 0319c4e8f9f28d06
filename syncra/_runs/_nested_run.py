"""The state machine of a run some of whose steps are graphs themselves.

It is the machine of `_fan_out_run`, with runs inside. A step whose function is a Routine is not called: a run of that
program begins, and what that one has to give is given as a job of this one. So all workers of the outer run do the
inner steps too, and none of them ever waits for another step.
"""

from __future__ import annotations

from collections import deque
from heapq import heappush
from typing import Any

from syncra._programs._steps import Job, Step
from syncra._runs._begin import begin
from syncra._runs._ended import Ended
from syncra._runs._fan import Fan
from syncra._runs._fan_out_run import FanOutRun
from syncra._runs._inner import CutOff, InnerCall, InnerJob
from syncra._runs._item import Item
from syncra._runs._run import DONE, RUNNING, WAITING

__all__ = ["NestedRun"]


class NestedRun(FanOutRun):
    """The state of one run with runs inside; arguments and attributes are those of Run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: as Run declares them
        super().__init__(*args, **kwargs)
        self._calls: dict[InnerCall, None] = {}
        self._rests: dict[int, InnerCall] = {}
        self._listed: dict[int, deque[InnerCall]] = {index: deque() for index in self._shapes.routines}
        self._inner_ready = 0
        # Steps of routines whose rank stands among the ready ones for their items and for their calls under way.
        self._offered: set[int] = set()

    # ------------------------------------------------------------------ giving jobs

    @property
    def ready(self) -> int:
        """How many jobs `take` would give now, as far as that is known."""
        listed = super().ready
        if not listed:
            return 0
        fans = (self._fans.get(index) for index in self._offered)
        return listed + self._inner_ready + sum(-1 if fan is None else fan.available - 1 for fan in fans)

    def _next_job(self, step: Step) -> Job | None:
        if step.index not in self._listed:
            return super()._next_job(step)
        self._offered.add(step.index)
        given: InnerJob | None = None
        while given is None and (call := self._call_with_job(step)) is not None:
            job = call.run.take()
            if job is not None:
                given = InnerJob(next(self._tokens), job, call)
                self._running += 1
            self._look_at(call)
        self._offered.discard(step.index)
        fan = self._fans.get(step.index)
        if self._listed_call(step) is not None or (fan is not None and fan.may_give):
            self._offer_step(step)
        self._spread()
        return given

    def _has_job(self, step: Step) -> bool:
        if step.index not in self._listed:
            return super()._has_job(step)
        self._offered.add(step.index)
        has_one = self._call_with_job(step) is not None
        if not has_one:
            self._offered.discard(step.index)
        return has_one

    def _call_with_job(self, step: Step) -> InnerCall | None:
        """A call that has a job to give: one under way, or else one that begins now; None: there is none."""
        while not self.stopping:
            call = self._listed_call(step)
            if call is not None:
                self._look_at(call)
                if call.ready:
                    return call
                continue
            caller = self._next_caller(step)
            if caller is None:
                return None
            self._begin_call(caller)
        return None

    def _listed_call(self, step: Step) -> InnerCall | None:
        """The first of its calls under way that had a job to give when it was looked at last."""
        listed = self._listed[step.index]
        while listed and not listed[0].ready:
            listed.popleft().is_listed = False
        return listed[0] if listed else None

    def _next_caller(self, step: Step) -> Job | None:
        """The step, or its next item, for which a call has to begin; None: there is none now."""
        if self._state[step.index] == DONE:
            return None
        if step.places:
            return self._drawn(step)
        if self._state[step.index] != WAITING:
            return None
        self._state[step.index] = RUNNING
        return step

    def _offer(self, fan: Fan) -> None:
        if fan.step.index not in self._listed:
            super()._offer(fan)
        elif fan.may_give:
            self._offer_step(fan.step)

    def _offer_step(self, step: Step) -> None:
        if step.index not in self._offered:
            self._offered.add(step.index)
            heappush(self._ready, self.program.counting.rank[step.index])

    # ------------------------------------------------------------------ jobs that end

    def succeed(self, step: Job, value: object) -> None:
        """The running job gave its value.

        Raises:
            ProtocolError: it is not running.
        """
        if not isinstance(step, InnerJob):
            super().succeed(step, value)
            return
        self._running -= 1
        step.call.run.succeed(step.job, value)
        if self.stopping and not step.call.run.finished:
            step.call.run.stop(CutOff())
        self._look_at(step.call)
        self._spread()

    def fail(self, step: Job, error: BaseException) -> None:
        """The running job raised: it is tried again if its policy allows it, or it has failed.

        Raises:
            ProtocolError: it is not running.
        """
        if not isinstance(step, InnerJob):
            super().fail(step, error)
            return
        self._running -= 1
        if self.stopping:
            step.call.run.stop(CutOff())
        step.call.run.fail(step.job, error)
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self.stop(error)
        self._look_at(step.call)
        self._spread()

    def wants(self, step: Job) -> bool:
        """Whether a running job that the driver has not begun is to be begun: its own run may have failed meanwhile."""
        if not isinstance(step, InnerJob):
            return super().wants(step)
        return not self.stopping and step.call.run.wants(step.job)

    def cancelled(self, step: Job) -> None:
        """The running job was cancelled by the driver, because the run, or the one inside that it is of, is stopping.

        Raises:
            ProtocolError: it is not running, or nothing is stopping.
        """
        if not isinstance(step, InnerJob):
            super().cancelled(step)
            return
        if self.stopping:
            step.call.run.stop(CutOff())
        step.call.run.cancelled(step.job)
        self._running -= 1
        self._look_at(step.call)
        self._spread()

    def end(self) -> Ended:
        """What the finished run came to. The run forgets it.

        Raises:
            ProtocolError: the driver has left before the run was over, or stopped it without an exception to raise.
        """
        if self.stopping:
            for call in tuple(self._calls):
                call.run.stop(CutOff())
                self._close(call)
        self._calls, self._listed = {}, {}
        return super().end()

    # ------------------------------------------------------------------ calls

    def _begin_call(self, caller: Job) -> None:
        """Begin the run of a routine for a step or an item."""
        routine = self._shapes.routines[caller.index]
        try:
            arguments, _ = caller.shape.arguments(caller.arguments(self.values))
        except BaseException as error:  # noqa: BLE001 - told to the run, which decides whether it goes on
            self._running += 1
            self.fail(caller, error)
            return
        given, goes_on = routine.given(arguments), routine.goes_on
        run = begin(routine.program, given, goes_on=goes_on, strategy=self._strategy, clock=self._clock)
        call = InnerCall(caller, run, routine.result)
        self._calls[call] = None
        self._look_at(call)

    def _look_at(self, call: InnerCall) -> None:
        """Close a call that has ended; note what another one has to give, now or later."""
        if call.run.finished:
            self._close(call)
            return
        ready = call.run.ready
        self._inner_ready += ready - call.ready
        call.ready = ready
        if ready and not call.is_listed:
            call.is_listed = True
            self._listed[call.caller.index].append(call)
            self._offer_step(self.program.steps[call.caller.index])
        delay = None if ready or call.rests_as is not None else call.run.delay()
        if delay is not None:
            call.rests_as = next(self._tokens)
            self._rests[call.rests_as] = call
            heappush(self._delayed, (self._clock() + delay, call.rests_as))
        if call.run.stopping and not self.stopping:
            self._foresee(call)

    def _foresee(self, call: InnerCall) -> None:
        """The call will have failed when what it runs has ended: where that stops the run, that can stop too."""
        caller = call.caller
        error = call.run.stopped_by()
        retry = caller.policy.retry
        if error is None or (retry is not None and retry.allows(error, len(self._attempts_of(caller)) + 1)):
            return
        if not (isinstance(caller, Item) and caller.fan.node.keeps_outcomes):
            self._look_behind(caller.index, [error])

    def _close(self, call: InnerCall) -> None:
        """The call has ended, and what it was made for ends with it."""
        self._forget(call)
        value, error = call.end()
        self._running += 1  # the caller, up to here
        if error is None:
            try:
                value = call.caller.shape.accepted(value)
            except Exception as refused:  # noqa: BLE001 - told to the run, which decides whether it goes on
                error = refused
        if error is None:
            self.succeed(call.caller, value)
        elif isinstance(error, CutOff):
            self.cancelled(call.caller)
        else:
            self.fail(call.caller, error)

    def _forget(self, call: InnerCall) -> None:
        del self._calls[call]
        call.is_closed = True
        index = call.caller.index
        is_listed = self.program.counting.rank[index] in self._ready
        if call.ready and call.caller is self.program.steps[index] and is_listed:
            # What it had to give is gone: left there, its rank would bring another attempt before its time.
            self._unlist(index)
            self._offered.discard(index)
        self._inner_ready -= call.ready
        call.ready = 0
        if call.rests_as is not None:
            del self._rests[call.rests_as]
            self._undelay((call.rests_as,))

    def _rested(self, key: int) -> None:
        call = self._rests.pop(key, None)
        if call is None:
            super()._rested(key)
        else:
            call.rests_as = None
            self._look_at(call)
