"""Values: whether a value is a value of a hint, and a value made one.

A hint is read once (`_reading`, with `_classes`, `_members`, `_scope`) into a tree of checks (`_checks`, `_files`), and
the tree looks at values. Only the metadata of Annotated (`_refined`) and conversion (`_parsing`) are pydantic's, which
is imported when the first value meets such a hint: pydantic's strict mode decides whether it would take a value, which
is another question than whether the value is of the type, and it copies what it looks at.
"""

from syncra._values._parsing import ParseFault, parser
from syncra._values._value_check import ValueCheck, value_check

__all__ = ["ParseFault", "ValueCheck", "parser", "value_check"]
