"""The words that several commands take alike."""

from typing import Annotated

import typer

NewsletterArgument = Annotated[str, typer.Argument(help="Its id in digest.toml.")]
SlotOption = Annotated[
    str | None, typer.Option("--slot", help="When it is due, on the newsletter's clock: 2022-01-28T09:00.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
