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


def test_several_captions_tell_each_other() -> None:
    """Labels that nobody speaks under, over sentences about what the article opens with, need no word of a picture."""
    story = ["Mayor Jane Roe closed the Old Bridge on Monday.", "Lorries go by the motorway until May."]
    labelled = [
        "Rusty: The Old Bridge has been closed since Monday.",
        "Out of town: Jane Roe signed the order in Oldtown.",
    ]
    article = [*story, *labelled]
    assert captions(article, " ".join(article)) == {2, 3}
    assert captions(article[:3], " ".join(article[:3])) == set()


def test_the_items_of_a_review_are_no_captions() -> None:
    """Each tells its own news, and none of what the first sentences are about."""
    review = [
        "Here is what happened in Oldtown today, and what comes tomorrow.",
        "Traffic: Lorries may not cross the river until May.",
        "Court: A baker was fined for bread that weighed too little.",
        "Sport: Oldtown United lost to Newtown Rovers in the last minute.",
    ]
    assert captions(review, " ".join(review)) == set()
