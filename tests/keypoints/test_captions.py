"""The caption of a picture is no sentence of the story; what somebody says is."""

from __future__ import annotations

import pytest

from digest.keypoints.captions import captions

STORY = "The council closed the old bridge on Monday after two cables snapped."
PICTURED = "Jane Roe (pictured) signed the order."
CAPTION = "Rusty: The old bridge has been closed to traffic since Monday."


def test_a_labelled_caption_is_found_where_the_article_has_pictures() -> None:
    """The label tells the caption, the mention of a picture that labels are captions' here."""
    assert captions([STORY, CAPTION, PICTURED], f"{STORY} {CAPTION} {PICTURED}") == {1}
    assert captions([STORY, CAPTION], f"{STORY} Scroll down for video. {CAPTION}") == {1}
    assert captions([STORY, CAPTION], f"{STORY} {CAPTION}") == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "She added: The bridge is old.",
        "Her note read: I shall resign.",
        "There is just one catch: It is closed.",
        STORY,
    ],
)
def test_words_that_lead_in_are_no_label(sentence: str) -> None:
    """What somebody said or wrote, and what the author announces, is story."""
    assert captions([sentence, PICTURED], f"{sentence} {PICTURED}") == set()


def test_a_speaker_is_no_caption() -> None:
    """In an interview the same label comes again."""
    interview = ["Roe: It was my bridge.", "Roe: It still is.", PICTURED]
    assert captions(interview, " ".join(interview)) == set()
