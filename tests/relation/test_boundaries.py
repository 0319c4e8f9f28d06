"""What the relation may import and what it costs to import it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import syncra._relation as relation

FOLDER = Path(relation.__file__).parent
ALLOWED = ("syncra._relation", "syncra._annotations", "syncra._stand_ins")


def test_the_relation_knows_nothing_of_tasks() -> None:
    """No module of the relation imports anything else of the package, in functions neither."""
    modules = [*FOLDER.glob("*.py"), *(FOLDER.parent / f"{name}.py" for name in ("_annotations", "_stand_ins"))]
    imported = {
        node.module or ""
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    assert not [name for name in imported if name.startswith("syncra") and not name.startswith(ALLOWED)]


def test_importing_the_relation_imports_no_library() -> None:
    """Neither pydantic nor numpy nor typing_extensions is needed, nor the large table of members."""
    code = f"""
import sys, types
package = types.ModuleType("syncra")
package.__path__ = [{str(FOLDER.parent)!r}]
sys.modules["syncra"] = package
import syncra._relation
print([name for name in sys.modules if name.split(".")[0] in
    ("pydantic", "pydantic_core", "numpy", "typing_extensions", "asyncio") or name.endswith("_stub_members")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_surface_is_exact() -> None:
    """What other parts may use is what `__all__` says."""
    public = {name for name in vars(relation) if not name.startswith("_") and name != "annotations"}
    assert public == set(relation.__all__)
