"""The pipe between pool and worker, with both ends in one process."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncra._workers._wire import INLINE_LIMIT, Body, Channel


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Channel]]:
    raw, other = socket.socketpair()
    channel = Channel(other, other)
    yield raw, channel
    channel.forget()
    raw.close()


BODIES = st.builds(
    lambda size, buffers: Body(
        b"p" * size,
        [pickle.PickleBuffer(bytes([index % 256]) * length) for index, length in enumerate(buffers)],
    ),
    st.integers(0, 2 * INLINE_LIMIT),
    st.lists(st.integers(0, 3 * INLINE_LIMIT), max_size=4),
)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1), BODIES, st.integers(0, 2**64 - 1)), max_size=3)
)
def test_messages_arrive_whole_and_in_order(messages: list[tuple[int, int, Body, int]]) -> None:
    """Three messages of any size are sent before the first is read, and each comes out as it was."""
    left, right = socket.socketpair()
    sender, receiver = Channel(left, left), Channel(right, right)
    for message in messages:
        sender.send(*message)
    for kind, number, body, call in messages:
        received = receiver.receive(wait=False)
        assert received is not None
        assert received[:3] == (kind, number, call)
        assert bytes(received.body.pickled) == body.pickled
        assert [bytes(part) for part in received.body.buffers] == [bytes(part) for part in body.buffers]
    assert receiver.receive(wait=False) is None
    sender.close()
    receiver.close()


def test_a_message_in_pieces_is_waited_for(ends: tuple[socket.socket, Channel]) -> None:
    """Byte by byte, nothing is given before all is there."""
    raw, channel = ends
    left, right = socket.socketpair()
    whole = Channel(left, left)
    whole.send(3, 4, Body(b"content", []), 5)
    content = right.recv(100)
    whole.close()
    right.close()
    for position in range(len(content)):
        assert channel.receive(wait=False) is None
        raw.send(content[position : position + 1])
    assert channel.receive(wait=False) == (3, 4, 5, Body(b"content", []))


@pytest.mark.parametrize("count", [0, 1, 16, 20])
def test_an_end_in_the_middle_of_a_message_is_an_end(ends: tuple[socket.socket, Channel], count: int) -> None:
    """Half a message is none; both ways of asking say that the other end is gone."""
    raw, channel = ends
    raw.send((b"\x07\x00\x00\x00\x01\x00\x00\x00\x00" + bytes(8) + b"content")[:count])
    raw.close()
    for wait in (False, True):
        with pytest.raises(EOFError):
            channel.receive(wait=wait)


def test_descriptors_of_unread_messages_are_closed() -> None:
    """A large message that nobody took leaves no descriptor behind."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    left, right = socket.socketpair()
    sender, receiver = Channel(left, left), Channel(right, right)
    sender.send(1, 1, Body(b"x" * 10 * INLINE_LIMIT, []))
    sender.send(1, 1, Body(b"x" * 10 * INLINE_LIMIT, []))
    assert receiver.receive(wait=True) is not None
    receiver.close()
    sender.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
