"""What a check promises besides its answer: it touches nothing, bears everything, and stays small."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import tracemalloc
from collections import abc
from typing import Annotated, Any, ForwardRef, TypeVar, Union

import pydantic
import pytest
from pydantic import AfterValidator, BeforeValidator, Field, SkipValidation

from syncra._annotations import resolve
from syncra._values import ValueCheck, value_check
from tests.values import _user_types as user

SEEN: list[object] = []


def upper(value: str) -> str:
    SEEN.append(value)
    return value.upper()


class Hostile:
    """Raises at whatever is asked of it."""

    def __getattribute__(self, name: str) -> object:
        raise OSError(name)

    def __eq__(self, other: object) -> bool:
        raise OSError

    __hash__ = None  # type: ignore[assignment]  # as hostile as can be

    def __len__(self) -> int:
        raise OSError

    def __iter__(self) -> abc.Iterator[object]:
        raise OSError

    def __repr__(self) -> str:
        raise OSError


class HostileList(list[object]):
    def __len__(self) -> int:
        raise OSError

    def __iter__(self) -> abc.Iterator[object]:
        raise OSError


class _Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        raise OSError

    __hash__ = None  # type: ignore[assignment]  # a metaclass that forgot it


class Unhashable(metaclass=_Unhashable): ...


class _Refusing(type):
    def __instancecheck__(cls, instance: object) -> bool:
        raise OSError

    def __subclasscheck__(cls, subclass: type) -> bool:
        raise OSError


class Refusing(metaclass=_Refusing): ...


class Endless(abc.Sequence[int]):
    """Has a length, and an item at every index."""

    def __getitem__(self, index: Any) -> Any:  # both forms of a sequence's
        return index

    def __len__(self) -> int:
        return 3


HINTS = [
    int,
    list[int],
    dict[str, int],
    tuple[int, str],
    set[int],
    abc.Sequence[int],
    abc.Iterable[int],
    user.Film,
    user.Point,
    user.Closer,
    user.Named,
    user.Animal,
    type[user.Animal],
    abc.Callable[[int], int],
    user.Score,
    int | list[int],
    user.Person,
    user.Envelope[int],
    Refusing,
    type[Refusing],
    list[Refusing],
]


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_a_hostile_value_is_a_fault_and_no_error(hint: object) -> None:
    """A value that raises at whatever is asked of it is refused, alone and as a part of another."""
    check = value_check(hint)
    assert check.faults(Hostile())
    for value in (
        [Hostile()],
        {"title": Hostile()},
        {"a": Hostile()},
        (Hostile(), Hostile()),
        HostileList([1]),
    ):
        assert check.faults(value)


def test_a_part_that_raises_is_named_by_its_path() -> None:
    """What a hostile item raises is told with the place of the item."""
    faults = value_check(list[list[int]]).faults([[1], HostileList()])
    assert faults == "[1]: HostileList object could not be checked: OSError was raised"


def test_a_class_whose_metaclass_takes_the_hash_is_checked_by_isinstance() -> None:
    """Classes that can't be hashed or compared are hints like others."""
    check = value_check(list[Unhashable])
    assert check.faults([Unhashable()]) is None
    assert check.faults([1]) == "[0]: int 1 is not Unhashable"
    assert value_check(Unhashable | None).faults(Unhashable()) is None


def test_lazy_values_are_not_used_up() -> None:
    """Iterators, generators and containers of them give all their items after the check."""
    numbers, words = iter([1, 2]), (word for word in "ab")
    hint = Annotated[abc.Iterator[Any], AfterValidator(list)]
    for wanted in (abc.Iterable[int], abc.Iterator[int], hint, abc.Iterable[int] | None):
        assert value_check(wanted).faults(numbers) is None
    assert value_check(list[hint]).faults([numbers, words]) is None
    assert value_check(dict[str, abc.Iterable[int]]).faults({"a": words}) is None
    assert (list(numbers), list(words)) == ([1, 2], ["a", "b"])
    assert value_check(hint).limits[-1] == "what is demanded of an iterator, which looking could use up"


def test_a_coroutine_is_awaitable_and_not_awaited() -> None:
    """A coroutine fits Awaitable and Coroutine, and can still be awaited."""

    async def answer() -> int:
        return 42

    waiting = answer()
    assert value_check(abc.Awaitable[str]).faults(waiting) is None
    assert value_check(abc.Coroutine[Any, Any, str]).faults(waiting) is None
    assert asyncio.run(waiting) == 42


def test_a_sequence_without_an_end_is_read_to_its_length() -> None:
    """A sequence whose items never end is looked at as far as it is long."""
    assert value_check(abc.Sequence[int]).faults(Endless()) is None
    assert value_check(abc.Sequence[str]).faults(Endless()) == (
        "[0]: int 0 is not str; [1]: int 1 is not str; [2]: int 2 is not str"
    )


def test_a_range_of_any_length_is_checked_at_once() -> None:
    """The items of a range are ints, however many."""
    assert value_check(abc.Sequence[int]).faults(range(10**18)) is None
    assert value_check(abc.Sequence[str]).faults(range(10**18))


def test_validators_run_for_acceptance_only() -> None:
    """A validator that transforms is run on the value, and what it gives is dropped."""
    SEEN.clear()
    check = value_check(Annotated[str, AfterValidator(upper)])
    assert check.faults("abc") is None
    assert SEEN == ["abc"]
    assert check.limits == ("what AfterValidator makes of the value: it is run, and its result dropped",)


def test_a_validator_that_refuses_is_heard() -> None:
    """What a validator raises is a fault: ValueError by its message, anything else by its name."""

    def odd(value: int) -> int:
        if value % 2 == 0:
            raise ValueError("it is even")
        return 1 // (value - 1)

    check = value_check(Annotated[int, AfterValidator(odd)])
    assert check.faults(3) is None
    assert check.faults(2) == "Value error, it is even"
    assert check.faults(1) == "ZeroDivisionError: integer division or modulo by zero"


def test_constraints_hold_for_the_value_that_is_passed_on() -> None:
    """A constraint is held against the value itself, not against what a validator before it makes of it."""
    check = value_check(Annotated[int, BeforeValidator(abs), Field(gt=0)])
    assert check.faults(3) is None
    assert check.faults(-3) == "Input should be greater than 0"


def test_skip_validation_accepts_and_says_so() -> None:
    """SkipValidation is what it says."""
    check = value_check(SkipValidation[int])
    assert (check.faults("a"), check.limits) == (None, ("everything, as SkipValidation says",))


def test_metadata_of_users_is_told_the_true_type() -> None:
    """A hook of a user's own metadata gets the annotated class, and its refusal counts."""

    class Tame:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: object, handler: Any) -> Any:  # pydantic's own signature
            from pydantic_core import core_schema

            assert source is user.Animal
            return core_schema.no_info_after_validator_function(cls.refuse_dogs, handler(source))

        @staticmethod
        def refuse_dogs(value: object) -> object:
            if isinstance(value, user.Dog):
                raise ValueError("dogs stay outside")
            return value

    check = value_check(Annotated[user.Animal, Tame])
    assert check.faults(user.Animal()) is None
    assert check.faults(user.Dog()) == "Value error, dogs stay outside"
    assert check.faults(1) == "int 1 is not Animal"


def test_a_value_that_contains_itself_is_a_fault() -> None:
    """A cycle in a value of a recursive type ends in a fault, not in an error or a hang."""
    tree: dict[str, object] = {"value": 1}
    tree["children"] = [tree, tree]
    faults = value_check(user.Tree).faults(tree)
    assert faults is not None
    assert "it contains itself or is nested too deep to be checked" in faults


def test_an_alias_of_strings_is_looked_at_to_any_depth() -> None:
    """A name that stands inside of itself is checked there too, and travels to other processes."""
    json: Any = ForwardRef("Json")
    hint = resolve("Json", {"Json": Union[None, str, list[json], dict[str, json]]})
    for check in (value_check(hint), pickle.loads(pickle.dumps(value_check(hint)))):
        assert check.limits == ()
        assert check.faults({"a": [None, {"b": ["c"]}]}) is None
        assert str(check.faults({"a": [None, {"b": [1]}]})).startswith("['a'][1]['b'][0]: int 1 is not ")


def test_faults_are_few_and_short() -> None:
    """Of a million bad items five are told, in a text of bounded length and with little memory."""
    bad: list[object] = ["x" * 1000] * 1_000_000
    check = value_check(list[int])
    tracemalloc.start()
    faults = check.faults(bad)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert faults is not None
    assert faults.count("is not int") == 5
    assert faults.endswith("... and 95 or more others")
    assert len(faults) < 1000
    assert peak < 200_000


def test_faults_are_counted_while_they_are_few() -> None:
    """Up to a hundred faults are counted exactly."""
    assert str(value_check(list[int]).faults(["a"] * 7)).endswith("; ... and 2 more")


def test_secrets_of_users_objects_are_not_told() -> None:
    """Only plain builtin values are shown; of an object of a class only the name of the class is."""
    faults = value_check(int).faults(pydantic.SecretStr("hunter2"))
    assert faults == "SecretStr object is not int"


def test_the_reason_names_the_path() -> None:
    """A fault deep inside is told with the keys, indices and fields that lead to it."""
    hint = dict[str, list[user.Point | user.Film]]
    assert value_check(hint).faults({"a": [user.Point(1, 2), {"title": 3}]}) == "['a'][1]['title']: int 3 is not str"


def test_a_check_is_made_once_per_hint() -> None:
    """Equal hints share one check; hints that can't be hashed are read anew."""
    assert value_check(list[int]) is value_check(list[int])
    unhashable = Annotated[int, []]
    assert value_check(unhashable).faults("a") == "str 'a' is not int"
    assert value_check(True) is not value_check(1)


def test_a_check_travels_by_its_hint() -> None:
    """A check is pickled as its hint, also after pydantic has built validators for it."""
    check = value_check(user.Score)
    assert check.faults(3) is None
    copy = pickle.loads(pickle.dumps(check))
    assert isinstance(copy, ValueCheck)
    assert copy.faults(101) == "Input should be less than or equal to 100"


def test_pydantic_is_imported_for_metadata_only() -> None:
    """Plain hints import no pydantic; metadata of pydantic's kind does, at the first value."""
    program = (
        "import sys, annotated_types, typing; from syncra._values import value_check\n"
        "assert value_check(dict[str, list[int | None]]).faults({'a': [1, None]}) is None\n"
        "check = value_check(typing.Annotated[int, annotated_types.Gt(0)])\n"
        "assert 'pydantic' not in sys.modules\n"
        "assert check.faults(0) and 'pydantic' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


T = TypeVar("T")


@pytest.mark.parametrize(
    ("hint", "limits"),
    [
        (int, ()),
        (dict[str, list[int | None]], ()),
        (Any, ()),
        (user.Animal, ()),
        (user.Film, ()),
        (abc.Callable[[int], int], ("the signature of a callable",)),
        (abc.Callable[..., Any], ()),
        (list[abc.Callable[[int], int]], ("the signature of a callable",)),
        (abc.Iterator[int], ("the items of an iterator",)),
        (abc.Iterator[Any], ()),
        (abc.Iterable[int], ("the items of an iterable that is no sequence, set or mapping",)),
        (abc.Awaitable[int], ("what an awaitable gives",)),
        (user.Box[int], ("the type arguments of Box[int]",)),
        (user.UserId, ("that a value was made by UserId()",)),
        (T, ("what the type variable T stands for",)),
        (type[user.Box[Any]], ()),
        (user.Closer, ("the signatures of the methods of Closer",)),
        (user.Named, ()),
        (
            type[user.Closer],
            ("the signatures of the methods of Closer", "which class it is, for type[Closer]"),
        ),
        ("Missing", ("'Missing', which does not resolve",)),
        (list["Missing"], ("'Missing', which does not resolve",)),  # type: ignore[name-defined]  # noqa: F821
        (3, ("3, which is not a type of values",)),
    ],
    ids=str,
)
def test_what_stays_unchecked_is_said(hint: object, limits: tuple[str, ...]) -> None:
    """The limits of a check name what of its hint no value is asked about, once each."""
    assert value_check(hint).limits == limits
