"""A short item opens with its news, and not with the hour at which it happened.

The items are written for this test, in the manner of a newspaper's column of briefs: the first sentence tells what
happened, the others have the numbers.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.keypoints import condense
from digest.model import Article
from digest.sources.text import split_blocks

BRIEFS = {
    "traffic": (
        "The A12 has been closed in both directions near Oldtown after a lorry carrying milk overturned. The "
        "crash happened at about 6:40 a.m. on Tuesday, and three people were taken to hospital with minor "
        "injuries. Highways staff said the road would stay shut until at least 2 p.m. while the surface is "
        "repaired. Drivers are being sent along the B1022, where queues of five miles were reported by 9 a.m. The "
        "cause is being looked into."
    ),
    "court": (
        "A former school treasurer has been jailed for four years for stealing from pupils' trips. Ann Poe, 58, "
        "of Mill Lane, Newtown, admitted fraud at Oldtown Crown Court on Friday. The court heard that she moved "
        "£212,000 into her own account between 2016 and 2021. Judge Lee Coe said she had shown no remorse. A "
        "hearing on 14 March will decide how much she must repay."
    ),
    "weather": (
        "Forecasters have warned of flooding across the north of the island as a second storm in a week arrives. "
        "Up to 60 mm of rain could fall between 3 p.m. on Wednesday and 6 a.m. on Thursday, the weather service "
        "said. Winds of 110 km/h are expected on the coast. Ferries to Exampleton were cancelled, and some "
        "schools will open late."
    ),
    "sport": (
        "Oldtown United have sacked their manager after a run of nine matches without a win. John Doe, 47, was "
        "told on Sunday morning, less than 12 hours after a 4-0 defeat by Newtown Rovers. He had been in charge "
        "for 14 months. Assistant coach Jane Roe takes the team for Tuesday's cup match, which kicks off at 7:45 "
        "p.m. The club are 19th of 20 teams."
    ),
    "council": (
        "Councillors in Newtown have voted to charge visitors for the use of the town's beaches from next summer. "
        "The plan was passed by 23 votes to 21 at a meeting that began at 6 p.m. on Monday and ended after "
        "midnight. Day tickets will cost €3, and residents go free. Hotel owners had asked for a delay of a year. "
        "The opposition has called for a referendum."
    ),
    "fire": (
        "Two firefighters were hurt when the roof of a burning warehouse fell in on the edge of Exampleton. Crews "
        "were called to Dock Road at 11:52 p.m. on Saturday and had the blaze under control by 4:30 a.m. About 80 "
        "people left their homes. The warehouse stored paint, its owner, Roe & Sons, said. Police want to hear "
        "from anyone who was near by."
    ),
    "company": (
        "The furniture maker Acme is to shut its last factory in the country and move the work abroad. Some 340 "
        "people will lose their jobs by the end of June, the company told staff at 10 a.m. on Thursday. Unions "
        "called the decision a betrayal. Acme lost 18 million euros last year and has been making chairs in "
        "Newtown since 1921."
    ),
    "missing": (
        "Police have found the body of a man in the search for a hiker who vanished in the Stony Hills. Lee Low, "
        "34, was last seen leaving a hostel at 7:15 a.m. on 2 October. More than 60 volunteers took part in the "
        "search. His family has been told, though a formal identification has yet to take place. The death is not "
        "being treated as suspicious."
    ),
    "election": (
        "Jane Roe has won the by-election in Exampleton East, taking the seat from the Liberals for the first "
        "time. The result was declared at 2:20 a.m. on Friday. Roe had 11,204 votes, 512 more than John Poe, the "
        "Liberal candidate. Turnout was 38 percent. The vote was called after the death of Ann Coe, who had held "
        "the seat for 21 years."
    ),
    "culture": (
        "A painting that hung for decades in a village school has turned out to be the work of a Dutch master. It "
        "will be shown at the National Gallery from 10 a.m. to 6 p.m. daily between 3 May and 30 September. "
        "Experts put its worth at 4 million pounds. The school in Newtown, which has 62 pupils, plans to sell it "
        "to pay for a new roof."
    ),
    "health": (
        "The health ministry has recalled a cough syrup for children after finding it contained too much alcohol. "
        "Parents are told not to use bottles with the batch numbers 4411 to 4419, sold since 12 January. Nobody "
        "is known to have fallen ill. A hotline is open from 8 a.m. to 8 p.m. The maker, Poe Pharma, apologised "
        "and said it would refund buyers."
    ),
    "rail": (
        "Train drivers will strike for two days next week in a dispute over night shifts. No trains will run "
        "between Oldtown and Newtown from 4 a.m. on Monday until 4 a.m. on Wednesday, the operator said. Buses "
        "will replace one service in three. Talks broke down on Thursday when the union turned down a rise of 4.5 "
        "percent."
    ),
    "school short": (
        "A primary school in Newtown was evacuated after workmen dug up a bomb from the last war. Some 210 pupils "
        "were led to a church hall at 9:25 a.m. The army made it safe at about 1 p.m. Classes go on as usual on "
        "Wednesday."
    ),
    "animal": (
        "A wolf has been seen in the Exampleton forest for the first time in more than a century. A walker filmed "
        "the animal at 5:50 a.m. on 11 April near Mill Lake, 3 km from the nearest village. Rangers confirmed it "
        "from the tracks. Farmers, who keep some 9,000 sheep in the area, called for fences to be paid for by the "
        "state."
    ),
}


def an_item(text: str) -> Article:
    return Article(
        id="0" * 16,
        url="",
        title="",
        published=datetime(2022, 1, 1, tzinfo=UTC),
        language="en",
        source="",
        text=text,
        blocks=split_blocks(text),
    )


@pytest.mark.parametrize("most", [None, 1, 3])
@pytest.mark.parametrize("text", BRIEFS.values(), ids=BRIEFS.keys())
def test_a_brief_opens_with_its_news(text: str, most: int | None) -> None:
    """45 to 80 words: the first point is the first sentence, however many numbers the others have."""
    points = condense(an_item(text), max_points=most)
    assert text.startswith(points[0].text)


def test_a_brief_whose_first_sentence_needs_another_opens_with_the_next_that_does_not() -> None:
    """What leans on something that the reader does not have is no news."""
    text = BRIEFS["fire"].replace("Two firefighters were hurt when", "This was not expected: they were hurt when")
    assert not condense(an_item(text), max_points=1)[0].text.startswith("This")
