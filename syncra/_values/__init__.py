"""Values: whether a value is a value of a hint, and a value made one.

    hint --_reading, _generics, _classes--> checks --value--> faults

A hint is read once into a tree of checks (`_checks`, `_containers`, `_members`, `_files`, `_refined`), and
the tree looks at values. Only the metadata of Annotated (`_refined`) and conversion (`_parsing`) are
pydantic's, which is imported when the first value meets such a hint. Its strict mode decides whether pydantic
would take a value; that is another question than whether the value is of the type, and it copies.
"""

from syncra._values._parsing import ParseFault, parser
from syncra._values._value_check import ValueCheck, value_check

__all__ = ["ParseFault", "ValueCheck", "parser", "value_check"]
