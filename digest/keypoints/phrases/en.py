"""English page furniture."""

from __future__ import annotations

from typing import Final

from digest.keypoints.phrases.table import Phrases

_AGENCY: Final = (
    r"(?:CNN(?:[ ](?:Business|Sport|Student News|Money|Español))?|AP|Reuters|REUTERS|AFP|UPI|DPA|dpa|ANSA|EFE"
    r"|PTI|ANI|IANS|CBS|NBC"
    r"|ABC|BBC|Bloomberg|Xinhua|TASS|Interfax(?:-Ukraine)?|Ukrinform|UNIAN|The Associated Press|Associated Press"
    r"|Financial Times|Kyodo|Yonhap|reuters|ap|afp|cnn|associated press)"
)
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_NAME: Final = r"[A-Z][\w'’.-]*(?:[ ](?:de|van|von|der|al|bin|[A-Z][\w'’.-]*)){1,3}"
_DASH: Final = r"(?:--?|[—–])"

PHRASES: Final = Phrases(
    datelines=(
        # KYIV, Ukraine (AP) —   (CNN)   Washington (CNN) --
        rf"(?:[\w'’.-]+(?:[, ]+[\w'’.-]+){{0,5}},?\s)?\({_AGENCY}\)\s?(?:{_DASH}\s*|(?=[\"“‘'A-Z]))",
        rf"(?:[\w'’.-]+(?:[, ]+[\w'’.-]+){{0,4}},?\s)\({_AGENCY}\)\s(?:{_DASH}\s*)?",
        # LONDON –   KYIV, Ukraine, Jan. 26 —   WASHINGTON, Jan 26 (Reuters) -
        (
            rf"[A-Z][A-Z.'’-]{{2,}}(?:[ ][A-Z][A-Z.'’-]+){{0,3}}(?:,[ ][A-Z][\w.]+(?:[ ][A-Z][\w.]+)?)?"
            rf"(?:,?[ ]{_MONTH}[ ]\d{{1,2}})?"
            rf"(?:[ ]\([\w ]{{2,30}}\))?\s?(?:--|[—–]|-(?=\s))\s*(?=[\"“‘'(]*[A-Z0-9])"
        ),
        # (The Daily)Jane Roe said: nobody else leaves out the blank
        r"\([A-Z][\w .&'’-]{1,30}\)(?=[\"“‘]?[A-Z])",
        # (WIRED) — nothing but an agency in brackets
        r"\([A-Z]{3,6}\)\s?(?:--?|[—–])?\s*(?=[\"“‘'A-Z])",
    ),
    bylines=(
        # By Jane Doe, CNN   By Jane Doe and John Roe, for The Paper   (a whole paragraph)
        (
            rf"(?:[Bb]y|BY|Written by|Story by|Text by)\s+{_NAME}(?:(?:,|[ ]and|,[ ]and|[ ]&)[ ]{_NAME}){{0,4}}"
            r"(?:(?:,|[ ]for(?:[ ]the)?|[ ]\||[ ][—–-]|[ ]in)[ ][A-Z][\w'’. ]{1,40})?\.?\s*$"
        ),
        # By Jane Doe Jan. 26, 2022 10:15 a.m. ET
        (
            rf"(?:[Bb]y|BY)\s+{_NAME}(?:(?:,|[ ]and)[ ]{_NAME}){{0,4}}\W{{1,3}}(?:(?:Published|Updated|Posted)\W+)?"
            rf"(?:{_MONTH}\s\d{{1,2}},?\s\d{{4}}|\d{{1,2}}\s{_MONTH}\s\d{{4}})[\w:., |]{{0,30}}$"
        ),
        r"[Bb]y\s+(?:[A-Z]{2,}[A-Z'’.-]*\s+){2,4}(?:Associated Press|AP|Reuters)?\s*$",
        # By. Jane Doe. and John Roe. PUBLISHED:. 08:53 EST, 11 June 2013. |. UPDATED:. …
        (
            r"By\.\s+(?:and\s+)?[A-Z][^.]{2,60}\.\s+(?:(?:and|,)\s+[A-Z][^.]{2,60}\.\s+)?"
            r"(?:(?:PUBLISHED|UPDATED|CREATED)\s*:\.?\s*[^.|]{4,40}?\d{4}\.?\s*(?:\|\.?\s*)?)*"
        ),
        (
            r"(?:(?:PUBLISHED|UPDATED|CREATED|Published|Updated|Posted|Last updated)\s*:\.?\s*[^.|]{4,40}?\d{4}"
            r"(?:[ ,]+\d{1,2}:\d\d(?:\s?[AaPp]\.?[Mm]\.?)?(?:\s[A-Z]{2,4})?)?\.?\s*(?:\|\.?\s*)?)+"
        ),
        # Last updated at 4:09 PM on 18th November 2011.
        r"(?:[Ll]ast updated|[Uu]pdated|[Pp]ublished) at \d{1,2}:\d\d[^.|]{4,40}?\d{4}\.?\s*",
    ),
    blocks=(
        r"videos? of (?:the )?day",
        r"(?:show|load|view|see) (?:more|all)(?: (?:news|stories|articles|posts|comments))?",
        (
            r"(?:share|share (?:this|on)\b.{0,40}|print|e-?mail|comments?(?: \(\d+\))?|leave a comment|advertisement"
            r"|sponsored"
            r"|promoted|ad|related(?: (?:articles|stories|news|topics))?|more (?:on this|stories|news)|most (?:read"
            r"|popular)"
            r"|trending(?: now)?|recommended(?: for you)?|latest news|breaking news|live|watch live|(?:tag"
            r"|topic)s?\s*:.{0,60})"
        ),
        (
            r"(?:photo|image|picture|illustration|credit|photo credit|source|file photo|image copyright"
            r"|image caption)s?\s*[:/©].{2,100}"
        ),
        r"©.{2,80}|copyright\s*(?:©|\(c\)|\d{4}).{2,120}",
        r"https?://\S+|www\.\S+",
        r"(?-i:FILE)(?: (?-i:PHOTO))?\s?[-–—:].{2,300}",
        r"[-–—]+\s*(?:with|by)?\s*(?:AFP|AP|Reuters|dpa|agencies|staff)(?:[ ,/&].{0,30})?",
        r"\d+ min(?:ute)?s?(?: read)?|\d+ (?:shares|comments|views)",
        (
            rf"(?:(?:published|updated|posted)\W+(?:(?:on"
            rf"|at)\s)?(?:\d{{1,2}}:\d\d\s?[ap]\.?m\.?\s?(?:[a-z]{{2,4}}\s)?)?)?"
            rf"(?:{_MONTH}\s\d{{1,2}}|\d{{1,2}}\s{_MONTH}),?\s\d{{4}}(?:\s?(?:[/|,]|at)\s?[\w: .]{{2,20}}){{0,3}}"
        ),
        # Home > News > Local   Home | News | Sport
        r"(?-i:[A-ZА-ЯЁІЇЄҐ])\w*(?: \w+){0,2}(?: [|>/] (?-i:[A-ZА-ЯЁІЇЄҐ])\w+(?: \w+){0,2}){2,9}",
        r"more (?:to follow|follows|details (?:to come|soon))|loading|(?:the )?comments are closed",
        (
            r"(?:article|story) continues (?:below|after)\b.{0,30}|scroll to continue(?: reading)?"
            r"|skip to (?:main )?content"
        ),
    ),
    cuts=(
        ("READ MORE", r"READ MORE\s*:\s*.{5,150}?(?:(?=READ MORE)|[.?!](?=\s|$)|$)"),
        ("Scroll down", r"\bScroll down for (?:more )?(?:video|photos|pictures)s?\.?(?:\s|$)"),
        ("VIDEO", r"\bVIDEO\s*:\s[^.!?\n]{3,90}(?:[.!?]|$)"),
        ("PHOTO", r"\bPHOTOS?\s*:\s[^.!?\n]{3,90}(?:[.!?]|$)"),
        ("WATCH", r"\bWATCH\s*:\s[^.!?\n]{3,90}(?:[.!?]|$)"),
        ("AFP", r"\s[–—-]\s(?:AFP|AFP/.{2,20})\.?$"),
        ("Reuters", r"\s[–—-]\sReuters\.?$"),
        (
            "toggle caption",
            r"(?:enlarge|hide) (?:this image|caption) toggle caption .{2,60}?/(?:ap|getty images|afp|reuters|npr)\b",
        ),
        ("ing by ", r"\((?:Reporting|Writing|Editing|Additional reporting|Compiling) by\b[^()]{2,300}\)"),
    ),
    read_also=(
        (
            r"(?:read also|also read|read more|see also|see more|more|related(?: (?:article|story|stories))?"
            r"|don['’]t miss|must read"
            r"|recommended)\s*[:|]\s*"
        ),
        r"(?:read also|also read|READ MORE)\b\s*(?=$|[«\"“(‘']*(?-i:[A-ZА-ЯЁІЇЄҐ0-9]))",
    ),
    links_below=(
        r"(?:read|see|watch) (?:also|more|next|this next)|also (?:read|see|in the news|on this site)",
        (
            r"(?:related|similar|recommended|popular|top|latest|more|other|recent|trending"
            r"|most (?:read|popular|viewed|shared))"
            r"(?: (?:articles|stories|news|topics|content|coverage|links|posts|reading|headlines|videos?))?"
            r"(?: (?:for you|now|today|on this(?: story| topic)?|from .{2,30}))?"
        ),
        r"you (?:may|might) (?:also )?(?:like|be interested in|enjoy)|editors?['’]?s? (?:picks?|choice)",
        r"up next|don['’]t miss|what to read next",
    ),
    sentences=(
        r"follow @+\w+",
        (
            r"follow (?:us|me|him|her|them|[\w@.]+(?: \w+){0,2}) (?:on|at|via) (?:twitter|facebook|instagram|x\b"
            r"|telegram|google|youtube|tiktok|linkedin|social)"
        ),
        r"(?:like|join|find|watch|follow) us on\b",
        (
            r"(?:please )?(?:sign up|subscribe|register)\b(?=.{0,80}\b(?:newsletter|e-?mails?|alerts?|briefing"
            r"|updates|channel|inbox|here|now|free)\b)"
        ),
        r"(?:sign up|subscribe|register now|learn more|join now|log in|sign in)\W*$",
        r"(?:click|tap|go|see|visit) (?:here|below)\b(?=.{0,120}$)(?=.{0,60}\b(?:to|for)\b)",
        r"get (?:the|our|all the) (?:latest|best|top|day's)\b.{0,80}\b(?:inbox|newsletter|e-?mail|app)\b",
        r"download (?:the|our)\b.{0,40}\bapp\b",
        r"\(?(?:additional )?(?:reporting|writing|editing) by (?-i:[A-Z])(?=\S*(?:\W+\w+){0,16}\W*$)",
        r"(?:edited|compiled|translated|produced|photographs?|photos) by (?-i:[A-Z])(?=\S*(?:\W+\w+){0,5}\W*$)",
        r"(?:©|\(c\)|copyright\s*(?:©|\(c\)|\d{4}))",
        r"all rights reserved\b",
        (
            r"(?:this (?:material|article|story)) (?:may not be|was (?:first|originally)|originally"
            r"|first)\b.{0,60}\b(?:published|appeared|rewritten|redistributed)\b"
        ),
        r"the opinions expressed in this (?:commentary|article|column)\b",
        r"(?:editor's note|note to editors)\s*:",
        (
            r"(?:share|send|tell|let) (?:us )?(?:your|this|know)\b.{0,80}\b(?:comments?|below|facebook|twitter"
            r"|ireport|story ideas)\b"
        ),
        r"(?:what do you think|join the (?:conversation|discussion)|leave (?:a|your) comment)\b",
        r"(?:photo|image|picture|source|credit|photo credit)s?\s?:\s.{2,80}$",
        r"would you like to (?:receive|wire|get)\b",
        r"(?:go to|visit|see|log on to|check out) (?:our |the )?(?:https?:|www\.|\w+\.(?:com|org|gov|net)\b)",
        r"thank you for (?:reading|subscribing|signing up|watching|using)\b",
        r"sorry,? (?:we are|comments are) (?:not (?:currently )?accepting comments|closed)\b",
        r"on this page you will find\b|please note that there may be a delay\b|for a chance to (?:be mentioned|win)\b",
        r"(?-i:Watch|WATCH|Listen|LISTEN)\s?:\s",
        r"watch .{0,60}\b(?:video|clip) (?:above|below)\W*$",
        r"read (?:the )?(?:full|whole|entire|original) (?:article|story|report)\W*$",
        r"\(?this (?:story|article) has not been edited\b",
        r"(?-i:[A-Z][\w. ]{1,30}['’]s [A-Z][\w.'’-]+ [A-Z])[^!?]{1,80}\breported from (?-i:[A-Z])[^!?]{2,120}$",
        r"(?:more|other) (?:ap|afp|cnn|reuters)\b.{0,40}(?:https?:|www\.|\w+\.com)",
        r"(?:https?://|www\.)\S+\W*$",
        r"(?-i:FILE)(?: (?-i:PHOTO))?\s?[-–—:]\s",
        (
            r"\(?(?:(?:ap|afp|epa|reuters) )?photos?\s?(?:by (?-i:[A-Z]\S+ ?[A-Z/])|/\s?\w|courtesy\b|credit\b)"
            r".{2,80}\)?\W*$"
        ),
        r"(?:already )?(?:a )?(?:subscriber|member|have an account)\?",
        (
            r"(?:this (?:article|story|content) is|these articles are) (?:only )?(?:for"
            r"|available to) (?:our )?subscribers\b"
        ),
        r"you have (?:\d+|one|two|three|no|reached)\b.{0,30}\b(?:free )?articles?\b",
        (
            r"by (?:signing up|subscribing|registering|clicking|continuing|using (?:this|our)|proceeding"
            r"|entering)\b.{0,90}"
            r"\b(?:agree|accept|consent|acknowledge)\b"
        ),
        r"thank(?:s| you) for (?:signing up|joining|registering|your subscription|reading)\b",
        r"join (?:our|us on|the) .{0,40}\b(?:channel|group|newsletter|whatsapp|telegram|viber|facebook|community)\b",
        (
            r"have your say\b|(?:do you have|got) (?:a |any )?(?:tip|story|news tip|information to share"
            r"|question)s?\b.{0,40}\?"
        ),
        (
            r"e-?mail (?:us|me|the author|tips|your|news)\b.{0,60}@|contact (?:us|the (?:author|reporter"
            r"|newsroom))\b.{0,80}@"
        ),
        (
            r"our standards\s?:|correction\s?:|clarification\s?:|an earlier version of this (?:article|story"
            r"|report|piece)\b"
        ),
        r"this (?:article|story|report|piece) (?:was|has been) (?:amended|corrected|updated|edited|published)\b",
        (
            r"this is a (?:developing|breaking)(?: news)? story\b"
            r"|this (?:breaking )?(?:news )?story (?:is developing|will be updated)\b"
        ),
        r"(?:please )?(?:check|refresh|come) back (?:for|later|soon|here)\b.{0,60}(?:updates?|more)\b",
        (
            r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies(?: (?:to|on|for|and (?:similar"
            r"|other))\b|\W*$)|(?:please )?enable (?:javascript|cookies)\b"
        ),
        r"your browser (?:does not|doesn['’]t|is not)\b|stay tuned\b|stay up[- ]to[- ]date with\b",
        (
            r"for (?:more|all the|the latest) (?:news|information|details|stories|updates"
            r"|on this)\b.{0,60}\b(?:visit|go to|follow|click|see)\b"
        ),
        (
            r"don['’]t miss (?:out on |any of )?(?:the|our) (?:latest|best|top)\b|(?:this|the) (?:material"
            r"|text) was prepared by\b"
        ),
        (
            r"if you (?:notice|find|spot|see|have found) (?:an?|any) (?:error|mistake|typo)s?\b"
            r".{0,40}\b(?:select|highlight|press|ctrl|let us know|tell us|report it|in (?:this|the) (?:text"
            r"|article|story))\b"
        ),
        r"(?:ftc|disclaimer|disclosure|advertisement)\s?:",
        r"ireport(?:ers?|\.com)?\s?:.{2,70}$|(?:send|share) (?:us )?(?:your )?(?:photos|videos|stories)\W*$",
        r"read (?:(?:the|our) )?(?:full|whole|entire|original|more|live)\b.{0,30}\b(?:here|below)\W*$",
        r"videos? (?:by|courtesy of) (?-i:[A-Z])(?=\S*(?:\W+\w+){0,5}\W*$)|transcript (?:provided|courtesy)\b",
        r"share (?:it|this)\b.{0,40}\b(?:friends?|facebook|twitter|below)\W*$",
        r"support (?:our|independent|quality|local) (?:journalism|journalists|newsroom|reporting)\b",
        (
            r"become a (?:member|subscriber|supporter|patron)\b.{0,25}$|for (?:confidential )?(?:support"
            r"|help),? (?:call|contact|text)\b"
        ),
        (
            r"you can (?:also )?(?:follow|read|listen|watch|find|subscribe|sign up)\b.{0,80}\b(?:twitter"
            r"|facebook|instagram|here"
            r"|podcast|telegram|newsletter|in (?:english|ukrainian|russian|spanish|arabic))\W*(?:@?\w+\W*){0,3}$"
        ),
        r"tell us (?:what|your|about)\b.{0,60}\b(?:comments?|below|e-?mail)\b|(?:the )?(?:views|opinions) expressed\b",
        (
            r"this (?:post|column|essay|interview) (?:originally |first )?(?:appeared|was (?:first "
            r"|originally )?published)\b"
        ),
        r"updated (?:with|to (?:add|include|reflect|correct))\b.{2,80}$",
        r"our (?:whatsapp|telegram|viber|facebook|youtube) (?:channel|page|group)\b.{0,60}$",
        r"all (?:the )?times (?:are )?(?:gmt|et|est|bst)\W*$",
    ),
    sentences_with=(
        ("sign up ", r"\bsign up (?:for|to) our\b"),
        ("cookies ", r"\bcookies (?:may|will|can) .{0,40}\byour\b"),
        ("contributed ", r"\bcontributed (?:reporting|writing|(?:additional )?(?:research|reporting))\b"),
        ("contributed ", r"\bcontributed (?:to|for) (?:this|the) (?:report|story|article|piece|dispatch)\b"),
    ),
    recaps=(
        (
            r"as (?:we (?:previously |earlier |already )?|(?:[\w.]+ ){0,3}?(?:previously |earlier "
            r"|already ))(?:reported|wrote)(?: earlier| before)?,"
        ),
        r"as (?:we |[\w. ]{2,30}? )?reported (?:earlier|before|previously),",
        r"(?:earlier|previously),? (?:it was|we) (?:reported|wrote)\b",
        r"we (?:remind|recall)\b(?: you)?(?:,| that\b)",
    ),
    closing_recaps=(
        # Jane Roe is a reporter at the Post: who wrote it; but not who was arrested
        (
            r"(?-i:[A-Z]\S+(?: [A-Z]\S+){1,3}) is (?:an? |the )?(?:[\w-]+ ){0,3}(?:reporter|writer"
            r"|correspondent|editor|columnist"
            r"|journalist|contributor|producer|intern|fellow)\b(?: (?:at|for|with|based|covering|on"
            r"|who covers|who writes)\b|\W*$)"
        ),
        r"(?-i:[A-Z]\S+(?: [A-Z]\S+){1,3}) is the author of (?-i:[“\"‘'A-Z])",
        r"(?-i:[A-Z]\S+(?: [A-Z]\S+){1,3}) (?:covers|writes about|reports on) .{3,60} (?:for|at) (?:the )?(?-i:[A-Z])",
    ),
    attributions=(
        (
            r"(?=.{2,90}$)[\w.«»“”\"'’ ]{2,60}? (?:reported|reports|announced|said|says|writes|wrote)"
            r" (?:this|so|about it)\W*"
        ),
        (
            r"(?:this|that|it) (?:was|is|has been) (?:announced|reported|stated|said|confirmed)(?: \w+ly)? (?:on \w+"
            r"|by|in)\b[^,:]{2,100}\W*"
        ),
        (
            r"(?=.{2,190}$)[\w. ]{2,60}? (?:said|announced|reported|stated|disclosed) (?:this|so) (?:on|in|at"
            r"|during|while|when)\b[^,:]{2,90}\W*"
        ),
    ),
    sign_up=(
        r"\b(?:newsletter|mailing list|e-?mail (?:digest|briefing|alerts?))\b",
        r"\b(?:sign up|subscribe)\b.{0,60}\b(?:inbox|e-?mail|free)\b",
        r"\b(?:straight|delivered|directly) to your (?:inbox|e-?mail)\b",
    ),
    sent_when=(
        (
            r"(?:sent |out |delivered )?(?:daily|weekly|monthly|every (?:day|morning|evening|week(?:day)?|monday"
            r"|tuesday|wednesday|thursday"
            r"|friday|saturday|sunday)|(?:on )?weekdays|mondays?|(?:from )?monday (?:to|through) friday)"
            r"(?:\b.{0,30}\b(?:\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m|p\.m)?|morning|evening|noon)\b.{0,15})?"
        ),
    ),
)
