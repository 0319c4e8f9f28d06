"""What a pool and a worker say to each other; the number of a message means what its kind says.

A pool may send a second call before the first is answered, so that a worker that is done need not be woken. The calls
of a worker are numbered, and it does not begin call n + 1 if it could not simply answer call n with RETURNED: the pool
may want something else then. After such an answer the pool leaves a number out, which tells the worker that it knows.
The number of a call that was taken back is given to the next one, as that waits behind the same call.
"""

from __future__ import annotations

from typing import Final

PREPARE: Final = 1
"""To a worker, first: a `Preparation`."""
DEFINE: Final = 2
"""To a worker: a function; the number is what calls will call it. It is not looked at before it is called."""
FORGET: Final = 3
"""To a worker: all functions defined so far are done with."""
CALL: Final = 4
"""To a worker: arguments for the function with this number. Exactly one of the answers below follows, unless the pool
takes the call back unread. Answers come in the order of the calls, but NOT_BEGUN, which comes as soon as it can."""

ROOM: Final = 5
"""To a worker, before a CALL that is large, so that the pool copies it over: sizes and writabilities of its parts."""
TAKEN: Final = 6
"""To a worker: the pool has copied the result."""
RESEND: Final = 7
"""To a worker: it cannot copy them; send them, now and from now on."""

READY: Final = 11
"""From a worker, once, after PREPARE and before any answer; the number is its process id."""
RETURNED: Final = 12
"""The call's value."""
RAISED: Final = 13
"""The call's exception, as `_failure.pack` makes it; also for a value that does not pickle."""
UNREADABLE: Final = 14
"""The arguments did not unpickle; the exception why. The function was not called."""
UNDEFINED: Final = 15
"""The function was not found or did not unpickle; the exception why. Nothing was called."""
SCRIPT_FAILED: Final = 16
"""The caller's script could not be imported; the exception why. Nothing was called."""
PLACED: Final = 17
"""The addresses of the memory for ROOM, in its order; the CALL may follow."""
RETURNED_HERE: Final = 18
"""The call's value, held until TAKEN or RESEND: its pickle (empty: it is the first of the parts), and address, size and
writability of each part that is large."""
NOT_BEGUN: Final = 19
"""The call was not begun, as the one before it came to something else than RETURNED."""
