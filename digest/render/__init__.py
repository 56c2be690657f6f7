"""Edition -> mail body: one HTML part and one text part that say the same, rendered once for all subscribers.

What differs between subscribers is left as a slot (see `digest.model.slot`).  Headers, images and sending are not here.
"""

from typing import TYPE_CHECKING

from digest.lazily import lazily

# ruff: noqa: TC004 - they are there when they are asked for

if TYPE_CHECKING:
    from digest.render.fit import is_shortened
    from digest.render.mail import render_edition
    from digest.render.view import Picture

__all__ = ["Picture", "is_shortened", "render_edition"]

lazily(__name__, {"fit": "is_shortened", "mail": "render_edition", "view": "Picture"})
