"""How a loop over numbers is compiled, where numpy would go over them a dozen times.

Nothing is reordered or fused: it rounds as numpy does, and adds up in the order written. What is
compiled is kept for the next process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Compile a loop when it is first called: the process that does waits a second."""
    return _compiled(loop, signature=None)


def compiled_for(signature: str) -> Callable[[Loop], Loop]:
    """Compile a loop when its module is first imported, for arguments of just these types.

    For loops that are called where nobody expects to wait.
    """
    return partial(_compiled, signature=signature)


def _compiled(loop: Loop, *, signature: str | None) -> Loop:
    return cast("Loop", numba.njit(signature, cache=True, error_model="numpy")(loop))
