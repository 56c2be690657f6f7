"""What readers are told on the public pages, in the newsletter's language; the page itself is pages/public.html.

Pure: a page is made of what is handed in, and nothing on it tells whether an address is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from digest.model import Newsletter
from digest.translation import Translator, text_direction, translator

_MOST_CONTACTS = 12  # a page that lists more senders than this helps nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A sender to write to: the way out that needs no link."""

    address: str
    href: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A newsletter that the reader gets, with a button that leaves it; the button posts `value`."""

    value: str
    title: str
    language: str = ""
    label: str = ""  # of the button, as a screen reader says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one page says; every text is text, never markup."""

    language: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    title: str = ""  # the newsletter's
    title_language: str = ""
    button: str = ""  # none: the page asks nothing
    choices: tuple[Choice, ...] = ()  # each has its own button; none: the page has one
    contacts_lead: str = ""
    contacts: tuple[Contact, ...] = ()

    @property
    def direction(self) -> str:
        """Which way its language is written."""
        return text_direction(self.language)


_ASSETS = files("digest.web") / "pages"
_TEMPLATE = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(
    (_ASSETS / "public.html").read_text(encoding="utf-8")
)
STYLE = (_ASSETS / "public.css").read_text(encoding="utf-8")


def html_of(page: Page) -> str:
    """Give the HTML of a page: no script, no request to anywhere, one style sheet of ours inside it."""
    return _TEMPLATE.render(page=page, style=Markup(STYLE))  # noqa: S704 - our own file


def confirm(newsletter: Newsletter | None, title: str) -> Page:
    """Ask once: a scanner follows the link, a reader presses the button."""
    voice = _voice_of(newsletter)
    return Page(
        language=voice.language,
        title=title,
        title_language=newsletter.language if newsletter else "",
        heading=voice.gettext("Unsubscribe from %(title)s?") % {"title": title},
        paragraphs=(voice.gettext("Nothing has changed yet. Press the button, and no more mail will come."),),
        button=voice.gettext("Unsubscribe"),
        contacts_lead=voice.gettext("Trouble with this page? Write to us, and we will take you off the list:"),
        contacts=_contacts([newsletter], subject="unsubscribe"),
    )


def done(newsletter: Newsletter | None, title: str) -> Page:
    """Say that it is done, what may still come, and how to return."""
    voice = _voice_of(newsletter)
    return Page(
        language=voice.language,
        title=title,
        title_language=newsletter.language if newsletter else "",
        heading=voice.gettext("You are unsubscribed"),
        paragraphs=(
            voice.gettext("%(title)s will send you no more mail.") % {"title": title},
            voice.gettext("If a copy was just on its way to you, it may still arrive."),
        ),
        contacts_lead=voice.gettext("Changed your mind? Write to us from the address that got the newsletter:"),
        contacts=_contacts([newsletter], subject="subscribe"),
    )


def preferences(
    newsletter: Newsletter | None, *, gets: Sequence[Choice], left: str, ended: Sequence[Newsletter]
) -> Page:
    """Say what the reader gets, each with a button that leaves it, and how to get what they do not.

    `newsletter` is the one whose mail had the link; `left` the title of one that was left just now.
    """
    voice = _voice_of(newsletter)
    paragraphs: list[str] = []
    if left:
        paragraphs += (
            voice.gettext("%(title)s will send you no more mail.") % {"title": left},
            voice.gettext("If a copy was just on its way to you, it may still arrive."),
        )
    if gets:
        paragraphs.append(voice.gettext("These come to the address that the mail with this link was sent to:"))
    elif not left:
        paragraphs.append(
            voice.gettext("No newsletter of ours comes to the address that the mail with this link was sent to.")
        )
    heading = voice.gettext("You are unsubscribed") if left else voice.gettext("Your newsletters")
    label = voice.gettext("Unsubscribe from %(title)s")
    return Page(
        language=voice.language,
        heading=heading,
        paragraphs=tuple(paragraphs),
        button=voice.gettext("Unsubscribe") if gets else "",
        choices=tuple(replace(choice, label=label % {"title": choice.title}) for choice in gets),
        contacts_lead=voice.gettext(
            "This page subscribes nobody, for mail gets forwarded. To sign up again, write to us from your own address:"
        ),
        contacts=_contacts(ended or [newsletter], subject="subscribe", titled=True),
    )


def a_test_copy(voice: Translator) -> Page:
    """Tell whoever tries the unsubscribe link of a test copy why nothing happens."""
    return _a_test_copy(voice, voice.gettext("In the mail that subscribers get, this link takes them off the list."))


def a_test_copys_preferences(voice: Translator) -> Page:
    """Tell whoever tries the preferences link of a test copy why nobody's are here."""
    return _a_test_copy(voice, voice.gettext("In the mail that subscribers get, this link shows what else they get."))


def _a_test_copy(voice: Translator, promise: str) -> Page:
    return Page(
        language=voice.language,
        heading=voice.gettext("This was a test copy"),
        paragraphs=(
            voice.gettext("It was sent to no subscriber, so there is nothing to unsubscribe from."),
            promise,
        ),
    )


def bad_link(voice: Translator, newsletters: Iterable[Newsletter]) -> Page:
    """Tell how to get out without the link; the same whatever is wrong with it."""
    return Page(
        language=voice.language,
        heading=voice.gettext("This link does not work"),
        paragraphs=(
            voice.gettext(
                "It was cut short, or it is not one of ours. Open the link in the newsletter again; if you copied it, "
                "copy all of it."
            ),
        ),
        contacts_lead=voice.gettext("Or write to us, and we will take you off the list:"),
        contacts=_contacts(newsletters, subject="unsubscribe", titled=True),
    )


def no_token(voice: Translator, newsletters: Iterable[Newsletter]) -> Page:
    """Explain where the real link is, to whoever reads an edition in the browser."""
    return Page(
        language=voice.language,
        heading=voice.gettext("To unsubscribe, open the link in your own mail"),
        paragraphs=(
            voice.gettext(
                "Every mail carries a link that belongs to its reader alone. The edition in the browser is the same "
                "for all, so its link leads here."
            ),
        ),
        contacts_lead=voice.gettext("No mail at hand? Write to us, and we will take you off the list:"),
        contacts=_contacts(newsletters, subject="unsubscribe", titled=True),
    )


def no_preferences(voice: Translator, newsletters: Iterable[Newsletter]) -> Page:
    """Explain where the real link is, as `no_token` does."""
    heading = voice.gettext("To see your newsletters, open the link in your own mail")
    return replace(no_token(voice, newsletters), heading=heading)


def not_found(voice: Translator) -> Page:
    """Answer for every address that leads nowhere."""
    return Page(
        language=voice.language,
        heading=voice.gettext("There is no such page"),
        paragraphs=(voice.gettext("The address is mistyped, or the edition has not gone out yet."),),
    )


def unavailable(voice: Translator, newsletters: Iterable[Newsletter]) -> Page:
    """Say that nothing was done, and what else there is to do."""
    return Page(
        language=voice.language,
        heading=voice.gettext("That did not work just now"),
        paragraphs=(voice.gettext("Nothing was changed. Please try again in a minute."),),
        contacts_lead=voice.gettext("Or write to us, and we will take you off the list:"),
        contacts=_contacts(newsletters, subject="unsubscribe", titled=True),
    )


def voice_for(accepted: str, newsletters: Sequence[Newsletter]) -> Translator:
    """Choose among the newsletters' languages the one that the browser likes best; else that of the first.

    `accepted` is the Accept-Language header (RFC 9110 12.5.4).
    """
    spoken = {newsletter.language: translator(newsletter.language) for newsletter in newsletters}
    for _, language in sorted(_wishes(accepted), key=lambda wish: -wish[0]):
        if language in spoken:
            return spoken[language]
    return next(iter(spoken.values()), translator("en"))


def _wishes(accepted: str) -> list[tuple[float, str]]:
    """Read `ru-RU,ru;q=0.9,en;q=0.8` as languages with their weights."""
    wishes: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        wishes.append((weight, tag.strip().partition("-")[0].lower()))
    return wishes


def _voice_of(newsletter: Newsletter | None) -> Translator:
    return translator(newsletter.language if newsletter else "en")


def _contacts(newsletters: Iterable[Newsletter | None], *, subject: str, titled: bool = False) -> tuple[Contact, ...]:
    contacts = []
    for newsletter in newsletters:
        if newsletter is not None:
            address = newsletter.sender.reply_to or newsletter.sender.address
            href = f"mailto:{quote(address, safe='@')}?subject={subject}%20{quote(newsletter.id)}"
            contacts.append(Contact(address=address, href=href, title=newsletter.title if titled else ""))
    return tuple(contacts[:_MOST_CONTACTS])
