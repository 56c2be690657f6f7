"""A pure function in this process, or in one of its own that ends with it and takes along what it needed.

    here("digest.pipeline.cook:cook", given)     imported when it is called, and from then on at hand
    apart("digest.pipeline.cook:cook", given)    the same value, a quarter of a second later

Building and drawing an edition takes numpy, tables of languages and a template engine, once a day.  Where that would
stay for as long as a million messages take, or hold up the loop that answers readers, it is done apart.
"""

from __future__ import annotations

import copyreg
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import Any

from digest.errors import DigestError

Run = Callable[..., Any]  # `here` or `apart`

# Told where to look, as this process was: its own start might find another digest, or none.
_START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from digest.pipeline.apart import answer
answer()
"""


def here(function: str, /, *values: Any, **named: Any) -> Any:
    """Call `function`, written as `module:name`."""
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)(*values, **named)


def apart(function: str, /, *values: Any, **named: Any) -> Any:
    """Call `function` in a process of its own; its DigestError is raised here, anything else is a bug's traceback."""
    asked = pickle.dumps(sys.path) + pickle.dumps((function, values, named))
    # A session of its own: Ctrl-C is this process's matter, which finishes what it is at.
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", _START], input=asked, stdout=subprocess.PIPE, start_new_session=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{function} ended with {done.returncode}; what it said stands above")
    succeeded, value = pickle.loads(done.stdout)  # noqa: S301 - our own process wrote it
    if not succeeded:
        raise value
    return value


def answer() -> None:
    """Be the process apart: read a call from stdin, and write what came of it to what was stdout."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # for whatever else is printed
        function, values, named = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process wrote it
        try:
            found = (True, here(function, *values, **named))
        except DigestError as error:
            found = (False, error)
        pickle.dump(found, out)


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


# A newsletter's settings are some, and pickle knows none: their type is no name that it could look up.
copyreg.pickle(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))
