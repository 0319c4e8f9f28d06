"""Run by another interpreter: answer the pairs of a file with newer syntax and print what is not as expected.

The relation is imported without the rest of the package, whose dependencies that interpreter may not have.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path

ROOT = Path(__file__).parents[3]
package = types.ModuleType("syncra")
package.__path__ = [str(ROOT / "syncra")]
sys.modules["syncra"] = package
sys.path.insert(0, str(ROOT))

from syncra._relation import assignable  # noqa: E402 - the package is set up above

defined = types.ModuleType("defined")
sys.modules["defined"] = defined
exec(compile(Path(sys.argv[1]).read_text(), sys.argv[1], "exec"), vars(defined))
wrong = []
for source, target, expected in vars(defined)["PAIRS"]:
    answer = assignable(source, target)
    if answer.fit.value != expected:
        wrong.append(f"{source} => {target}: {answer.fit.value}, not {expected} ({answer.reason})")
print("\n".join(wrong) or f"{len(vars(defined)['PAIRS'])} as expected")
sys.exit(bool(wrong))
