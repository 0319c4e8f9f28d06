# What syncra uses of PyYAML, which ships no types.
from typing import Any

class YAMLError(Exception): ...
class SafeLoader: ...

class Mark:
    line: int

class Node:
    id: str
    value: Any
    start_mark: Mark

def safe_load(stream: str) -> Any: ...
def compose(stream: str, Loader: type[SafeLoader] = ...) -> Node | None: ...
