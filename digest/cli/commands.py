"""How the list of commands reads: in the order of a newsletter's day, each on one line; examples can be copied."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

# A command's line is the first sentence of its help; at 80 columns it has about 60 letters, and tests hold it to them.
SECTIONS = {
    "To begin": ("demo", "init"),
    "Articles": ("collect", "articles", "keypoints", "stories"),
    "Editions": ("build", "preview", "check", "edit", "approve", "skip", "diff"),
    "Readers": ("subscribers",),
    "Sending": ("send", "run", "worker", "pause", "resume", "cancel"),
    "What became of it": ("status", "why", "report", "reconcile"),
    "Upkeep": ("dkim", "arm", "db"),
}


class Commands(TyperGroup):
    """A group of commands that leaves examples unbroken."""

    def __init__(self, **attributes: Any) -> None:
        """Take what Typer gives a group."""
        super().__init__(**attributes)
        for command in self.commands.values():
            if command.help:  # \b: click leaves the paragraph after it as it is, where it would break at a hyphen
                command.help = command.help.replace("\n\nExample: ", "\n\n\b\nExample: ")


class AllCommands(Commands):
    """The whole program's, under headings."""

    def format_commands(
        self, ctx: Any, formatter: Any
    ) -> None:  # of click, which Typer has inside it and keeps to itself
        """Write the commands section by section, their names in one column."""
        width = max(map(len, self.commands))
        limit = formatter.width - 4 - width
        for heading, names in SECTIONS.items():
            with formatter.section(heading):
                shown = ((name, command) for name in names if (command := self.get_command(ctx, name)) is not None)
                formatter.write_dl([(name.ljust(width), command.get_short_help_str(limit)) for name, command in shown])
