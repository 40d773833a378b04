"""What people say to us that is no command and no question about the product: thanks, a greeting, an angry line.

Said to a colleague these get a short, friendly word and nothing else; so they do here. A line is chatter only as a
whole: a question that begins with "thanks" is a question.
"""

import re
from dataclasses import dataclass

from core.chat.card import Button, Card, Reply
from core.commands.answers.offers import feedback, offered, unsure
from core.commands.call import Call
from core.commands.refusals import SHOWABLE
from core.commands.registry import EVERYDAY, Match, Miss
from core.commands.rights import permitted

MINE = Button("What waits for me", "mine")
ASK = Button("Ask a question", "ask", form=True)
HELP = Button("What I can do", "help")
LESS = Button("Less often", "less often")


@dataclass(frozen=True, slots=True)
class Chatter:
    """One kind of it: the whole lines that are it, and what is answered. pending: it may be an answer, where somebody
    was asked something."""

    line: re.Pattern[str]
    said: str
    buttons: tuple[Button, ...] = ()
    pending: bool = False


def _whole(*lines: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(lines)})")


_ALL = r"(?: (?:there|all|everybody|everyone|team|folks|guys|steward|bot|you|again))*"
_THANKS = (
    r"(?:many |so many |a thousand )?"
    r"(?:thanks|thank you|thx|thanx|ty|cheers|much appreciated|danke|merci|gracias)"
)
_FOR = r" for (?!example)(?:(?!but).){1,40}"
_GLAD = r"(?:ok|okay|great|perfect|super|cool|will do|got it|nice|awesome)"
_DAY = r"(?:weekend|day|evening|night|week|holidays?|vacation|year|birthday|christmas|one|friday)"
_DONE = r"(?:that|it|is|are) (?:is )?(?:done|fixed|ready|fine|ok|good)(?: now| already| again)?"
KINDS = (
    Chatter(
        _whole(
            rf"{_THANKS}{_ALL}(?: (?:so much|very much|a lot|a bunch|a million|anyway))*(?:{_FOR})?",
            rf"{_GLAD} {_THANKS}.{{0,20}}",
        ),
        "You are welcome.",
    ),
    Chatter(
        _whole(
            rf"(?:hi|hello|hey|hiya|howdy|greetings|moin|hallo|servus|bonjour|hola|morning){_ALL}",
            rf"good (?:morning|day|afternoon|evening){_ALL}",
        ),
        "Hello. Ask me anything about the product, in your own words.",
        (MINE, HELP),
    ),
    Chatter(
        _whole(
            r"(?:i (?:wish|hope) you )?(?:all )?(?:(?:have|had) (?:a|an) )?(?:very )?"
            r"(?:nice|great|good|lovely|happy|wonderful)(?: (?:new|long|rest of the))* "
            rf"{_DAY}{_ALL}",
            r"(?:bye|goodbye|good bye|ciao|see you|see ya|until|enjoy)(?: .{1,40})?",
            r"merry christmas.{0,20}",
            r"welcome(?: back)?.{0,20}",
        ),
        "Thank you, and the same to you.",
    ),
    Chatter(
        _whole(
            r"(?:you are|you re|youre|u r) "
            r"(?:so |very )?(?:the best|great|awesome|amazing|brilliant|helpful).{0,20}",
            rf"(?:good|nice|great|well|amazing|excellent|lovely) (?:bot|job|work|one|done|answer){_ALL}",
            r"i love (?:you|this|it)",
            r"that (?:is|was) (?:great|helpful|perfect|nice|very helpful)",
        ),
        "Thank you, that is good to hear.",
    ),
    Chatter(
        _whole(
            r"(?:i am |i m |im |we are |oh |so )*sorry.{0,40}",
            r"my bad",
            r"apologies",
            r"excuse me",
            r"w?h?oops",
        ),
        "Nothing to be sorry about. `undo` takes back what you changed last.",
    ),
    Chatter(
        _whole(
            r"how are you(?: doing)?(?: today)?",
            r"how (?:is|s) it going",
            r"what ?s up",
            r"sup",
            r"how do you do",
        ),
        "Well, thank you. What can I look up for you?",
        (ASK, HELP),
    ),
    Chatter(
        _whole(
            r"(?:who|what) are you",
            r"are you (?:a |an )?(?:bot|human|robot|ai|real|there|alive|machine)(?: \w+)?",
            r"what(?: is| ?s) your name",
            r"who (?:made|built) you",
        ),
        "I am Steward, the team's product assistant: I keep the backlog, and answer from what is written down.",
        (ASK, HELP),
    ),
    Chatter(
        _whole(
            r"(?:can|could|will|would) (?:you|someone|somebody|anybody) (?:please )?help(?: me| us)?(?: please)?",
            r"what (?:can|do) (?:you|i|we) (?:do|say|ask)(?: here| for me| you)?",
            r"how does (?:this|it) work",
            r"how (?:do|can) (?:i|we) use (?:you|this|it)(?: bot)?",
            r"how do you work",
            r"i need (?:some )?help",
            r"i am lost",
            r"help me out",
        ),
        "Gladly. Ask me about the product in your own words, or see what I can do.",
        (ASK, MINE, HELP),
    ),
    Chatter(
        _whole(
            r"(?:(?:can|could|would|will) you )?(?:please )?"
            r"(?:stop|shut up|be quiet|go away|leave me alone|unsubscribe)"
            r"(?: it| that| this| (?:messaging|writing|writing to|spamming)(?: me| us)?)?(?: please| now)?",
        ),
        "You can hear less from me, or nothing unasked at all.",
        (LESS, Button("Nothing unasked", "mute all")),
    ),
    Chatter(
        _whole(r"(?:test|testing|ping|anybody there|hello world)(?: \d+)*", r"[?!. ]*\?[?!. ]*"),
        "I am here. What would you like to know?",
        (ASK, HELP),
    ),
    Chatter(_whole(r"(?:ha){2,}|lol|rofl|he(?:he)+|[:;]-?\)|:d"), "Good to see you in good spirits."),
    Chatter(
        _whole(
            r"(?:(?:ok|okay|k|okey|alright|all right|great|cool|nice|perfect|awesome|super|fine|wow|got it|i see"
            rf"|understood|noted|will do|makes sense|sounds good|good|{_DONE}|looks good(?: to me)?|lgtm|agreed"
            r"|exactly|no problem|no worries|never ?mind|👌|👍|🙏|🎉|✅|❤|😀|🙂|😊|🚀) ?)+",
        ),
        "Good.",
        pending=True,
    ),
    Chatter(
        _whole(
            r"(?:yes|no|yep|yeah|nope|nah|sure|right|correct|wrong|maybe|true|false)(?: please| thanks| of course)?",
        ),
        "Nothing that I asked you is open just now.",
        (MINE, HELP),
        pending=True,
    ),
)

_ANGRY = re.compile(
    r"\b(?:stupid|dumb|idiot\w*|useless|crap\w*|shit\w*|bullshit|sucks?|damn\w*|wtf|fuck\w*|garbage|rubbish|worthless|moron"
    r"|hate (?:you|this|it)|(?:nothing|everything) (?:ever |always |is )*(?:works|broken))\b",
    re.IGNORECASE,
)
# said of nothing but us or the day: "the export is awful" is feedback
_AWFUL = re.compile(
    r"(?:(?:this|that|it) is (?:so |really |just )?(?:awful|terrible|horrible|annoying|bad)|not good)[.!…]*", re.I
)
_TIDY = re.compile(r"(?<![:;])[\s,.!…’'\"“”]+|<?@\w+>?|\bsteward\b", re.IGNORECASE)
_SHORTCODES = {
    ":+1:": "👍",
    ":thumbsup:": "👍",
    ":pray:": "🙏",
    ":tada:": "🎉",
    ":ok_hand:": "👌",
    ":smile:": "😀",
    ":slightly_smiling_face:": "🙂",
}
LONGEST = 120  # characters of a line that may be chatter


def plain(text: str) -> str:
    """A line in small letters, without signs and names."""
    for code, sign in _SHORTCODES.items():
        text = text.replace(code, sign)
    return " ".join(_TIDY.sub(" ", text.lower()).replace("\ufe0f", "").split())


def chatter(text: str) -> Chatter | None:
    """What kind of chatter a line is; None where it may be more."""
    if len(text) > LONGEST:
        return None
    said = plain(text).removesuffix("?").strip() if text.strip("?!. ") else text.strip()
    return next((kind for kind in KINDS if kind.line.fullmatch(said)), None) if said else None


def angry(text: str) -> bool:
    return len(text) <= SHOWABLE and bool(_ANGRY.search(text) or _AWFUL.fullmatch(text.strip()))


def soothed(call: Call, text: str) -> Reply:
    """To an angry line: no defence, no lecture, and a way for it to reach somebody."""
    said = "I am sorry that this is annoying. Tell me what went wrong, and it reaches the people who can change it."
    pass_on = (Button("Pass it on", feedback(text)),) if len(text) <= SHOWABLE and call.found_product else ()
    return Reply(ok=True, card=Card(said, buttons=permitted(call, (*pass_on, HELP, LESS))))


def is_talk(text: str, found: Match | Miss) -> bool:
    """Whether a line that names no command is to be talked back to at all. What begins with a command's verb, or is
    nearly one, is rather mistyped."""
    if chatter(text) is not None or angry(text):
        return True
    if isinstance(found, Match):
        return False
    first = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    verbs = {command.path[-1] for command in found.near}
    return " " not in found.typed and first not in EVERYDAY and first not in verbs


def reply(call: Call, text: str, found: Match | Miss) -> Reply | None:
    if (kind := chatter(text)) is not None:
        return Reply(ok=True, card=Card(kind.said, buttons=permitted(call, kind.buttons)))
    if angry(text):
        return soothed(call, text)
    if isinstance(found, Match):
        return None
    return offered(call, text) or (None if found.near else unsure(call, text))
