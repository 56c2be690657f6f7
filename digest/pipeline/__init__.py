"""The imperative shell: collect -> build -> preview -> send, each one function over the rooms.

It owns the order and the tasks.  The clock, the settings and the store are handed in; what a step did comes back
as a value, for a command, the scheduler or a page to show.
"""

from typing import TYPE_CHECKING

from digest.lazily import lazily

# ruff: noqa: TC004 - they are there when they are asked for

if TYPE_CHECKING:
    from digest.pipeline.approval import (
        HELD,
        approve,
        at_its_slot,
        lay_on_desk,
        past_its_grace,
        skip,
        tell_editors,
        unskip,
    )
    from digest.pipeline.armed import guard_of, note_change, require_armed, require_same_secret
    from digest.pipeline.build import build, draft
    from digest.pipeline.collect import Collected, collect
    from digest.pipeline.compare import Comparison, compare
    from digest.pipeline.condense import condense_file, condense_lines, point_document, reading_note
    from digest.pipeline.deadline import after_deadline, closed, deadline_of, overdue, overdue_editions
    from digest.pipeline.demo import demo
    from digest.pipeline.desk import on_desk, take_back, text_to_edit
    from digest.pipeline.endpoint import rewriter_of
    from digest.pipeline.explain import explain
    from digest.pipeline.group import group_lines
    from digest.pipeline.halt import cancel, pause, resume, ways_on
    from digest.pipeline.missing import missing, still_to_set
    from digest.pipeline.move import copy_site
    from digest.pipeline.pairs import partners_first, partners_of
    from digest.pipeline.part import Mail, mail_of, send_part
    from digest.pipeline.past import Dropped, drop_ledgers
    from digest.pipeline.preview import Preview, preview, write_preview
    from digest.pipeline.send import Due, Sent, Started, send, send_copy, start, who_is_due
    from digest.pipeline.share import PART, Share, share_out
    from digest.pipeline.signing import DkimKeyFile, dkim_domain, make_dkim_key, signer_of
    from digest.pipeline.sites import make_site
    from digest.pipeline.slots import (
        due_slot,
        is_left_behind,
        named_slot,
        passed_over,
        slot_coming,
        slot_meant,
        slot_past,
        slot_to_send,
        unfinished,
    )
    from digest.pipeline.status import Status, counts, status
    from digest.pipeline.subscribe import read_list_file, subscribe, synchronise, unsubscribe
    from digest.pipeline.verify import Verified, verify

__all__ = [
    "HELD",
    "PART",
    "Collected",
    "Comparison",
    "DkimKeyFile",
    "Dropped",
    "Due",
    "Mail",
    "Preview",
    "Sent",
    "Share",
    "Started",
    "Status",
    "Verified",
    "after_deadline",
    "approve",
    "at_its_slot",
    "build",
    "cancel",
    "closed",
    "collect",
    "compare",
    "condense_file",
    "condense_lines",
    "copy_site",
    "counts",
    "deadline_of",
    "demo",
    "dkim_domain",
    "draft",
    "drop_ledgers",
    "due_slot",
    "explain",
    "group_lines",
    "guard_of",
    "is_left_behind",
    "lay_on_desk",
    "mail_of",
    "make_dkim_key",
    "make_site",
    "missing",
    "named_slot",
    "note_change",
    "on_desk",
    "overdue",
    "overdue_editions",
    "partners_first",
    "partners_of",
    "passed_over",
    "past_its_grace",
    "pause",
    "point_document",
    "preview",
    "read_list_file",
    "reading_note",
    "require_armed",
    "require_same_secret",
    "resume",
    "rewriter_of",
    "send",
    "send_copy",
    "send_part",
    "share_out",
    "signer_of",
    "skip",
    "slot_coming",
    "slot_meant",
    "slot_past",
    "slot_to_send",
    "start",
    "status",
    "still_to_set",
    "subscribe",
    "synchronise",
    "take_back",
    "tell_editors",
    "text_to_edit",
    "unfinished",
    "unskip",
    "unsubscribe",
    "verify",
    "ways_on",
    "who_is_due",
    "write_preview",
]

lazily(
    __name__,
    {
        "approval": "HELD approve at_its_slot lay_on_desk past_its_grace skip tell_editors unskip",
        "armed": "guard_of note_change require_armed require_same_secret",
        "build": "build draft",
        "collect": "Collected collect",
        "compare": "Comparison compare",
        "condense": "condense_file condense_lines point_document reading_note",
        "deadline": "after_deadline closed deadline_of overdue overdue_editions",
        "demo": "demo",
        "desk": "on_desk take_back text_to_edit",
        "explain": "explain",
        "group": "group_lines",
        "halt": "cancel pause resume ways_on",
        "missing": "missing still_to_set",
        "move": "copy_site",
        "pairs": "partners_first partners_of",
        "part": "Mail mail_of send_part",
        "past": "Dropped drop_ledgers",
        "preview": "Preview preview write_preview",
        "endpoint": "rewriter_of",
        "send": "Due Sent Started send send_copy start who_is_due",
        "share": "PART Share share_out",
        "signing": "DkimKeyFile dkim_domain make_dkim_key signer_of",
        "sites": "make_site",
        "slots": (
            "due_slot is_left_behind named_slot passed_over slot_coming slot_meant slot_past slot_to_send unfinished"
        ),
        "status": "Status counts status",
        "subscribe": "read_list_file subscribe synchronise unsubscribe",
        "verify": "Verified verify",
    },
)
