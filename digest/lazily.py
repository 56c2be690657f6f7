"""Names of a package that are imported when they are first asked for, and then stay.

A process that sends a million letters holds the letter, not the kitchen: what builds and draws an edition (numpy, the
templates, the languages' tables) is a third of all memory, and a mail that is fixed needs none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType


def lazily(package: str, homes: Mapping[str, str]) -> None:
    """Let `package` give the names of `homes`, whose keys are its modules and whose values their names, one by one.

    Say them to type checkers as well, in a block under TYPE_CHECKING; tests/test_lazily.py compares the two.
    """
    module = sys.modules[package]
    names = {name: home for home, listed in homes.items() for name in listed.split()}
    module.__dict__["_homes"] = names
    module.__class__ = _Package


class _Package(ModuleType):
    """A package in which a function may bear the name of the module that it is from, as `build` in build.py.

    Importing a module makes it an attribute of its package (PEP 562 alone cannot help that); here the function stays.
    """

    _homes: Mapping[str, str]

    def __getattr__(self, name: str) -> object:
        home = self._homes.get(name)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        self.__dict__[name] = value = getattr(import_module(f"{self.__name__}.{home}"), name)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self._homes or not isinstance(value, ModuleType):
            super().__setattr__(name, value)
