"""What is mistyped is met with one plain sentence and a line that does work; nothing is half-written."""

import re

import pytest

from core.commands.command import Command
from core.commands.registry import REGISTRY, Match
from core.store.database import Database
from tests.core.commands.spoken import BEFORE, SPOKEN
from tests.core.commands.talk import APART, Talk, buttons, keys, lines, read, rows, title

COMMANDS = list(REGISTRY.commands.values())
ids = [command.name for command in COMMANDS]


# ---- verbs ----


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("backlog l", "backlog list"),
        ("Backlog LIS status=done", "backlog list status=done"),
        ("backlog sh APP-2", "backlog show APP-2"),
        ("/backlog list", "backlog list"),
        ("backlog\tlist", "backlog list"),
        ("  backlog   list  ", "backlog list"),
        ("team li", "team list"),
        ("product sh", "product show"),
    ],
)
def test_a_verb_that_reads_may_be_cut_to_an_unambiguous_start(staged: Talk, typed: str, meant: str) -> None:
    assert title(staged.say("ann", "#app", typed)) == title(staged.say("ann", "#app", meant))


@pytest.mark.parametrize(
    ("typed", "label", "told"),
    [
        ("backlog ad Pay by SEPA", "backlog add", "APP-9 added: Pay by SEPA"),
        ("backlog dnoe APP-1", "backlog done", "APP-1 Thing 1: done"),
        ("bakclog done APP-1", "backlog done", "APP-1 Thing 1: done"),
        ("unod", "undo", "Taken back: APP-7 assignee is nobody again"),
        ('backlog ad "Two  blanks" points=3', "backlog add", "APP-9 added: Two blanks · 3 pts"),
        ("add Pay by SEPA", "backlog add", "APP-9 added: Pay by SEPA"),
    ],
)
def test_a_verb_that_changes_is_never_guessed_but_offered(staged: Talk, typed: str, label: str, told: str) -> None:
    staged.refused("ann", "#app", typed)
    assert title(staged.press(staged.say("ann", "#app", typed), label)) == told


def test_pasted_lines_behind_a_mistyped_verb_are_not_lost(staged: Talk) -> None:
    reply = staged.say("ann", "#app", "backlog ad First thing to do\nSecond thing to do")
    assert title(staged.press(reply, "backlog add")) == "2 items · nothing has been added yet"
    assert "Second thing to do" in read(reply)


def test_text_too_long_for_a_button_is_given_back(staged: Talk) -> None:
    long = "word " * 2000
    reply = staged.say("ann", "#app", f"backlog ad {long}")
    assert long.strip() in read(reply)
    assert all(len(button.say) < 2000 for button in buttons(reply))


@pytest.mark.parametrize("typed", ["backlog s", "list", "backlog d"])
def test_an_ambiguous_word_is_answered_with_all_that_may_be_meant(staged: Talk, typed: str) -> None:
    staged.refused("ann", "#app", typed)
    reply = staged.say("ann", "#app", typed)
    assert len(buttons(reply)) > 1
    assert " or " in reply.refused


@pytest.mark.parametrize(
    ("typed", "next_"),
    [("xyzzy", "help"), ("backlog xyzzy", "help backlog"), ("12", "help"), ("#!", "help"), ("=", "help")],
)
def test_an_unknown_word_leads_to_help(staged: Talk, typed: str, next_: str) -> None:
    assert staged.refused("ann", "#app", typed).startswith("I do not know “")
    reply = staged.say("ann", "#app", typed)
    assert reply.try_ == next_
    staged.done("ann", "#app", reply.try_)


# ---- keys and values: the corrected line does work ----


@pytest.mark.parametrize(
    ("typed", "why", "corrected", "told"),
    [
        ("backlog edit APP-1 pionts=3", "Did you mean points=?", "backlog edit APP-1 points=3", "points 3"),
        ("backlog edit APP-1 --pionts=3", "Did you mean points=?", "backlog edit APP-1 points=3", "points 3"),
        ("backlog edit APP-1 —pionts 3", "Did you mean points=?", "backlog edit APP-1 points= 3", "points 3"),
        ("backlog edit APP-1 tpye=bug points=3", "Did you mean type=?", "backlog edit APP-1 type=bug points=3", "bug"),
        ("backlog add Pay lable=ui now", "Did you mean label=?", "backlog add Pay label=ui now", "Pay now · ui"),
        ("backlog list statsu=done", "Did you mean status=?", "backlog list status=done", "1 item"),
        ("backlog edit APP-1 points=many", "wants a number", "backlog edit APP-1 points=5", "points 5"),
        ("backlog edit APP-1 points=-3", "wants a number", "backlog edit APP-1 points=5", "points 5"),
        ("backlog edit APP-1 points=nan", "wants a number", "backlog edit APP-1 points=5", "points 5"),
        ("backlog add Pay points=1e99 label=ui", "wants a number", "backlog add Pay points=5 label=ui", "Pay · 5 pts"),
        ("backlog edit APP-1 type=buug", "type is one of story, bug,", "backlog edit APP-1 type=bug", "type bug"),
        ("backlog list status=dome", "status is one of new,", "backlog list status=done", "1 item"),
        ("backlog list label=ui,api", "one label here, not 2", "backlog list label=ui", "no item fits"),
        ("history since=someday", "such as 2026-12-24", "history since=yesterday", "latest changes"),
        ("goal add Pay due=next friday", "such as 2026-12-24", 'goal add Pay due="next friday"', "by 11 Dec"),
        ("goal add Pay due=in 2 weeks more", "such as", 'goal add Pay due="in 2 weeks" more', "Pay more · by 15 Dec"),
        ("backlog edit APP-1 due=in 2 weeks", "do not understand", 'backlog edit APP-1 due="in 2 weeks"', "15 Dec"),
        ("backlog add Pay due=someday", "such as 2026-12-24", "backlog add Pay due=friday", "Pay"),
        ("backlog add Pay epic=APP-1", "APP-1 is a story, not an epic.", "backlog edit APP-1 type=epic", "type epic"),
        ("backlog add Pay epic=APP-99", "APP-99 is not in Acme app.", "backlog list", "7 items"),
        ("backlog add Pay\nBuy epic=APP-1", "APP-1 is a story", "backlog edit APP-1 type=epic", "type epic"),
        ("backlog score APP-1 reach=many", "wants a number", "backlog score APP-1 reach=5", "RICE still wants impact="),
        ("backlog score APP-1 effort=0", "more than 0", "backlog score APP-1 effort=1", "effort 1"),
        ("backlog score APP-1 confidence=101", "at most 100", "backlog score APP-1 confidence=80", "confidence 80"),
        ("backlog rank by=ric", "by is one of rice, wsjf", "backlog rank by=rice", "By RICE"),
        ("backlog rank by=rice top=0", "whole number", "backlog rank by=rice top=5", "By RICE"),
        ("backlog rank by=rice top=1.5", "whole number", "backlog rank by=rice top=5", "By RICE"),
        (
            "feedback add Dear worth=lots",
            "an amount a year",
            "feedback add Dear worth=14k",
            "F-3 saved: Dear · ann, 14k",
        ),
        ("feedback add Dear kind=custmer", "kind is one of", "feedback add Dear kind=customer", "F-3 saved: Dear"),
        ("feedback add Dear custmer=Bank", "Did you mean customer=?", "feedback add Dear customer=Bank", "Dear · Bank"),
        ("feedback list theme=chess", "No theme is called “chess”", "feedback themes", "No two pieces"),
        ("feedback show F-9", "F-9 is not in Acme app.", "feedback list", "2 pieces"),
        ("feedback link F-1 APP-99", "APP-99 is not in Acme app.", "backlog list", "7 items"),
        ("decide vote D-1 yess", "“yess” is no option of D-1;", "decide vote D-1 yes", "ann votes for yes"),
        (
            "decide close D-1 choose=nno because=It is late",
            "“nno” is no option",
            'decide close D-1 choose=no because="It is late"',
            "no, because It is late",
        ),
        (
            "stakeholder add @bob interest=hgih",
            "one of high and low",
            "stakeholder add @bob interest=high",
            "bob is in",
        ),
        (
            "mute digest until=never",
            "such as 2026-12-24",
            "mute digest until=friday",
            "until the end of 4 Dec: digests",
        ),
        (
            "mute digest until=yesterday",
            "30 Nov is over",
            "mute digest until=friday",
            "until the end of 4 Dec: digests",
        ),
        ("backlog rank by=wsjf", "No open item has a WSJF score", "help backlog score", "risk="),
        ("backlog block APP-4 on=APP-3", "APP-3 waits for APP-4 already;", "backlog show APP-3", "APP-4 Thing 4"),
        ("backlog unblock APP-4 on=APP-3", "APP-4 does not wait for APP-3.", "backlog show APP-4", "APP-3 Thing 3"),
        ("backlog criteria APP-4 check 2", "1 criterion; there is no number 2", "backlog show APP-4", "Thing is there"),
        ("backlog criteria APP-1 check x", "Which criterion?", "backlog show APP-1", "APP-1 Thing 1"),
        (
            "backlog accept APP-4",
            "1 criterion is not checked.",
            "backlog criteria APP-4 check 1",
            "criterion 1 checked",
        ),
        ("backlog reject APP-1 because=No", "APP-1 is new; only", "backlog show APP-1", "APP-1 Thing 1"),
        ('backlog split APP-6 "A" "B"', "APP-6 is done and no longer open.", "backlog reopen APP-6", "open again"),
        ("team role @bob po until=never", "such as 2026-12-24", "team role @bob po until=friday", "until 4 Dec"),
        ("team role @bob po until=yesterday", "30 Nov is over", "team role @bob po until=friday", "until 4 Dec"),
        (
            "team hours me 9 to five tz=Asia/Kolkata",
            "Hours are a span such as 09:00-17:30, not “9 to five”.",
            "team hours me 09:00-17:30 tz=Asia/Kolkata",
            "ann works 09:00–17:30, Asia/Kolkata, holidays of Germany",
        ),
        (
            "team hours me 08:00-16:00 tz=Kolkata",
            "wants a time zone",
            "team hours me 08:00-16:00 tz=Asia/Kolkata",
            "ann",
        ),
        ("team hours me country=Bavaria", "DE-BY, not “Bavaria”", "team hours me country=DE", "holidays of Germany"),
        (
            "team away me 2026-12-31..2026-12-24",
            "Away wants days such as tomorrow",
            "team away me 2026-12-01..2026-12-01",
            "ann is away 1 Dec · 1 working day",
        ),
        (
            'digest new sprint at="every 5 minutes"',
            "more often than once a day",
            'digest new sprint at="every day 09:00"',
            "Sprint digest in #app: every day 09:00, Europe/Berlin · first on Wed 2 Dec 09:00",
        ),
        ("digest new sprint tz=Mars", "wants a time zone", "digest new sprint tz=Europe/Berlin", "first on"),
        (
            "digest new stakeholder draft=soon",
            "wants a time before",
            "digest new stakeholder draft=4h",
            "4 hours before",
        ),
        ("digest new sprint audience=public", "only the team reads", "digest new sprint audience=team", "first on"),
        ("digest new sprint empty=maybe", "empty is one of line and skip", "digest new sprint empty=line", "first on"),
        ("digest new stakeholders", "“stakeholders” is no digest", "digest new stakeholder", "first on"),
        ("digest new me", "“me” is no digest", "digest new personal", "Personal digest"),
        ("digest new weekly", "“weekly” is no digest", 'digest new sprint at="weekdays 09:00"', "first on"),
        ("team away me back", "ann is not away.", "team away me tomorrow", "ann is away 2 Dec"),
        ("team away me 2026-01-01", "1 Jan is over.", "team away me 2026-12-01..2026-12-01", "ann is away 1 Dec"),
        ("backlog add Pay assignee=zoe", "I do not know zoe", "backlog add Pay assignee=@zoe", "Pay · zoe"),
        ("setup tz=Madrid", "wants a time zone", "setup tz=Europe/Madrid", "is set up"),
        ("setup tz=Nowhere", "wants a time zone", "setup tz=Europe/Berlin", "is set up"),
        ("setup key=ZZZ", "keeps its key APP", "setup key=APP", "is set up"),
        ("product new More key=1", "2 to 10 letters and digits", "product new More key=APP2", "APP2-1"),
        ("product new More key=app", "APP is taken", "product new More key=APP2", "APP2-1"),
        ("product use AP", "There is no product AP; there is APP.", "product use APP", "#app is about Acme app"),
        ("product use", "Which product? There is APP.", "product use APP", "#app is about Acme app"),
        ("backlog show APP-1 again", "do not understand “again”", "backlog show APP-1", "APP-1 Thing 1"),
        ("backlog done APP-1 and more", "do not understand “and more”", "backlog done APP-1", "APP-1 Thing 1: done"),
        ("backlog list thing status=new", "do not understand “thing”", "backlog list status=new text=thing", "7 items"),
        ("backlog refine many", "A number from 1 to 50", "backlog refine 5", "Refining 1 of 5"),
        ("backlog refine 0", "A number from 1 to 50", "backlog refine 5", "Refining 1 of 5"),
        ("team ready of small", "takes list, add, drop, off and on", "team ready list", "Definition of ready"),
        ("team ready off smal", "“smal” is no rule; there are estimable", "team ready off small", "no longer asked"),
        ("team ready off", "Which rule? There are estimable", "team ready off valuable", "no longer asked"),
        ("team ready drop", "Which line? Say its number", "team ready list", "Definition of ready"),
        ("team done drop 1", "has no lines of your own", "team done list", "Definition of done"),
        ("team done off small", "takes list, add and drop", "team done list", "Definition of done"),
        ("team tag @bob", "Which words?", "team tag @ann marketing", "ann is tagged marketing"),
        ("link APP-1", "This is no thread.", "link APP-1 https://example.com/a-page", "linked to https://example.com"),
        ("link APP-1 there", "“there” is no address.", "link APP-1 here", "This is no thread"),
        ("unlink APP-1", "APP-1 is tied to no thread", "backlog show APP-1", "APP-1 Thing 1"),
        ("setup clear", "There is no example in Acme app.", "setup example", "a vision and 8 items"),
        ("team list all", "do not understand “all”", "team list", "2 people"),
        ("redo 2", "do not understand “2”", "redo", "nothing of yours"),
        ("backlog show APP-99", "APP-99 is not in Acme app.", "backlog list", "7 items"),
        ("backlog show 99", "APP-99 is not in Acme app.", "backlog list", "7 items"),
        ("backlog done APP-6", "APP-6 is done already.", "backlog show APP-6", "APP-6 Thing 6"),
        ("backlog drop APP-6", "APP-6 is done and no longer open.", "backlog reopen APP-6", "open again"),
        ('setup "Other app"', "This place is about Acme app (APP).", 'product new "Other app"', "Other app is made"),
    ],
)
def test_what_is_wrong_is_named_and_the_line_offered_instead_works(
    staged: Talk, typed: str, why: str, corrected: str, told: str
) -> None:
    assert why in staged.refused("ann", "#app", typed)
    offered = staged.say("ann", "#app", typed).try_
    assert offered == corrected
    assert told in read(staged.say("ann", "#app", offered))


MISSING = [
    ("backlog show", "Which item?"),
    ("backlog show Thing", "“Thing” is no item."),
    ("backlog show APP-1 APP-2", "One item at a time here, not 2."),
    ("backlog show " + "x" * 5000, f"“{'x' * 39}…” is no item."),
    ("backlog move", "Which item is to move?"),
    ("backlog move APP-1", "Where to? top, bottom, above an item or below one."),
    ("backlog move APP-1 up", "Where to? top, bottom, above an item or below one."),
    ("backlog move APP-1 above", "Which item?"),
    ("backlog assign APP-1", "Who? Name a person with @."),
    ("backlog assign @bob APP-1", "“@bob” is no item."),
    ("backlog assign APP-1 everyone", "I do not know everyone. To make them known, write @everyone."),
    ("backlog comment APP-1", "Say something about it."),
    ("backlog comment Thing", "“Thing” is no item."),
    ("backlog search", "Search for what?"),
    ("backlog edit", "Which item?"),
    ("backlog edit APP-1 APP-2", "Say what to change."),
    ("backlog edit APP-1 title=", "An item needs a title."),
    ("backlog block APP-1", "Which item does it wait for? Say on=ITEM."),
    ("backlog block APP-1 on=APP-1", "An item cannot wait for itself."),
    ("backlog criteria APP-1", "Say add, check"),
    ("backlog criteria APP-1 polish 1", "Say add, check"),
    ("backlog criteria APP-1 add " + "x" * 1001, "A criterion holds 1,000 characters; this one has 1,001."),
    ("backlog reject APP-6", "Say what is missing: because=."),
    ("backlog split APP-1 Audit log", "Into which items? It takes two or more titles."),
    ('backlog split APP-1 "Audit log" and mail', "Put each title in quotes."),
    ("backlog split APP-1 " + ' "x"' * 21, "21 parts at once are too many; up to 20."),
    (f'backlog split APP-1 "a" "{"x" * 256}"', "A title holds 255 characters; one has 256."),
    ("backlog score APP-1", "Score it by what? RICE or WSJF."),
    ("backlog rank", "Rank by what? rice, wsjf, value or demand."),
    ("backlog edit APP-1 epic=APP-2", "APP-2 is a story, not an epic."),
    ("feedback add " + "x" * 3001, "Feedback holds 3,000 characters; this one has 3,001."),
    ("feedback ask What is missing?", "Whom? to=@bob,@eve."),
    ("feedback ask What is missing? to=@bob,", "Write the people of to= without blanks between them."),
    ("roadmap review dance", "A review is open, show, close, fine, concern or question, not “dance”."),
    ("roadmap review open Spring on=friday", "Who is invited? with=@bob,@eve."),
    ("roadmap review open Spring with=@bob", "On which day? on=friday."),
    ("roadmap review close", "No review is open."),
    ("roadmap review fine", "You are invited to no open review."),
    ("feedback show", "Which feedback? It is called F-1 or so."),
    ("feedback show D-1", "“D-1” is no feedback."),
    ("feedback link F-1 Thing", "“Thing” is no item."),
    ("feedback unlink F-1 APP-1", "F-1 is not linked to APP-1."),
    ("feedback story F-1 points=3", "A story needs a title."),
    ("decide open Which one?", "Between what? Two or more options"),
    ('decide open Which one? options="one"', "Between what? Two or more options"),
    ('decide open Which one? options="one|One"', "Two of the options are the same."),
    ('decide open Which one? options="a|b|c|d|e|f|g|h|i|j|k"', "11 options are too many; up to 10."),
    ("decide vote D-1", "Which option? a yes or b no."),
    ("decide vote D-9 a", "There is no decision D-9 here."),
    ("decide vote D-2 a", "D-2 was closed on 1 Dec: Thing is for sale, because Thing pays. A closed decision stays"),
    ("decide object D-2 No", "D-2 was closed on 1 Dec:"),
    ("decide close D-2 choose=a because=No", "D-2 was closed on 1 Dec:"),
    ("decide close D-1 choose=yes", "Say why: because=."),
    ("decide record Something", "Say why: because=."),
    ("decide supersede D-1 Else", "D-1 is still open: close it instead."),
    ("stakeholder concerns", "Who? Name a person with @."),
    ("stakeholder remove @bob", "bob is not in the register."),
    ("unwatch APP-1", "You do not follow APP-1."),
    ("watch Thing", "“Thing” is nothing I know by name."),
    ("watch R-9", "There is no roadmap entry R-9 here."),
    ("mute Thing", "“Thing” cannot be muted by itself."),
    ("team role", "Who? Name a person with @."),
    ("team role @bob", "Which role? po, pm, sm, member or viewer."),
    ("team role @bob chef", "“chef” is no role; there are po, pm, sm, member and viewer."),
    ("help nonsense", "There is no group “nonsense”;"),
    ("help backlog nonsense", "backlog has no “nonsense”;"),
]


def test_what_is_missing_is_asked_for(staged: Talk) -> None:
    for typed, why in MISSING:
        assert staged.refused("ann", "#app", typed).startswith(why), typed


def test_a_person_spoken_of_in_a_refused_line_does_not_stay_behind(staged: Talk) -> None:
    staged.refused("bob", "#app", "team role @stranger po")
    staged.refused("ann", "#app", "backlog add Pay assignee=@stranger title=x type=nonsense")
    staged.refused("ann", "#app", "backlog assign APP-99 @stranger")
    staged.refused("ann", "#app", "backlog list assignee=@stranger")
    assert "stranger" not in staged.done("ann", "#app", "team list")


def test_a_refused_change_gives_back_what_was_typed(staged: Talk) -> None:
    typed = "backlog add Everything the bank wants to know about *us* and {{more}} points=lots"
    reply = staged.say("ann", "#app", typed)
    assert typed in read(reply)
    typed = "backlog comment APP-99 " + "A long remark with [brackets](https://e.x). " * 50
    assert typed.strip() in read(staged.say("ann", "#app", typed))
    typed = "backlog add " + "\n".join(f"Line {n} of too many" for n in range(150))
    assert typed in read(staged.say("ann", "#app", typed))


# ---- help ----


def test_an_empty_line_is_help_and_help_leads_to_everything(staged: Talk) -> None:
    assert read(staged.say("ann", "#app", "")).startswith("What you can say\n")
    first = staged.say("ann", "#app", "help")
    assert len(lines(first)) == 10
    assert keys(staged.press(first, "More")) == keys(staged.say("ann", "#app", "help all"))
    assert set(keys(staged.say("ann", "#app", "help all"))) == {command.name for command in COMMANDS}


@pytest.mark.parametrize("group", REGISTRY.groups)
def test_help_of_a_group_shows_every_verb(staged: Talk, group: str) -> None:
    said = staged.done("ann", "#app", f"help {group}")
    for command in REGISTRY.groups[group]:
        assert command.name in said
        assert command.summary in said


@pytest.mark.parametrize("group", [group for group, found in REGISTRY.groups.items() if len(found) > 1])
def test_a_group_alone_is_its_help(staged: Talk, group: str) -> None:
    assert staged.done("ann", "#app", group) == staged.done("ann", "#app", f"help {group}")


def test_a_mistyped_help_names_what_there_is(staged: Talk) -> None:
    reply = staged.say("ann", "#app", "help backlog frobnicate")
    assert "it has add, list, search," in reply.refused
    staged.done("ann", "#app", reply.try_)


# ---- every command ----


def test_every_command_has_lines_in_the_table() -> None:
    assert set(SPOKEN) == set(ids)
    for name, said in SPOKEN.items():
        for line in said:
            found = REGISTRY.find(line)
            assert isinstance(found, Match)
            assert found.command.name == name


@pytest.mark.parametrize("command", COMMANDS, ids=ids)
def test_every_command_says_what_it_does_and_how(command: Command) -> None:
    assert re.fullmatch(r"[A-Z].+\.", command.summary)
    assert command.usage.startswith(command.name)
    assert command.example.startswith(command.name)
    found = REGISTRY.find(command.example)
    assert isinstance(found, Match)
    assert found.command is command


@pytest.mark.parametrize("command", COMMANDS, ids=ids)
def test_every_example_works_where_its_item_is_there(staged: Talk, command: Command) -> None:
    shown = staged.say("ann", "#app", "backlog add " + "\n".join(f"More {n}" for n in range(9, 15)))
    staged.press(shown, "Add 6 items")
    if command.name == "backlog reopen":
        staged.done("ann", "#app", "backlog done APP-12")
    if command.name == "backlog reject":
        staged.done("ann", "#app", "backlog done APP-12")
    if command.name == "backlog unblock":
        staged.done("ann", "#app", "backlog block APP-12 on=APP-7")
    if command.name == "unlink":
        staged.done("ann", "#app", "link APP-12 https://example.com/notes")
    if command.name == "sprint remove":
        staged.done("ann", "#app", "sprint add APP-12")
    if command.path[0] == "digest" and command.path[1] not in ("new", "list"):
        staged.done("ann", "#app", "digest new sprint")
    if command.name == "digest resume":
        staged.done("ann", "#app", "digest pause")
    if command.name in ("metric record", "metric show"):
        staged.done("ann", "#app", "metric define activation")
    if command.name == "roadmap ship":
        staged.done("ann", "#app", "roadmap milestone R-1 done 1")
    if command.name in BEFORE:
        staged.done("ann", "#app", BEFORE[command.name])
    reply = staged.say("ann", "@" if command.secret else "#app", command.example)
    if command.name == "product new":  # the example's key is the one that is there already
        assert reply.refused == "APP is taken by another product."
    else:
        assert reply.ok, reply.refused


def _spoilt(line: str) -> list[str]:
    """Ways to get a line wrong."""
    words = line.split()
    cut = [" ".join(words[:n]) for n in range(len(words) + 1)]
    swapped = " ".join([*words[:-2], *reversed(words[-2:])])
    numbers = [line.replace("APP-", f"APP-{n}") for n in ("9", "x")]
    keys = [f"{line} {key}={value}" for key in ("status", "points", "until", "tz") for value in ("?", "ü x")]
    return [*cut, swapped, *numbers, *keys, f"{line} key=", f"{line} {line}", f"{line} @nobody", f"x{line}"]


@pytest.mark.parametrize("command", COMMANDS, ids=ids)
def test_every_refusal_offers_a_line_that_does_not_miss_and_writes_nothing(
    staged: Talk, database: Database, command: Command
) -> None:
    staged.done("vi", "#app", "help")
    staged.done("ann", "#app", "team role @vi viewer")
    refusals = 0
    for line in dict.fromkeys(wrong for said in SPOKEN[command.name] for wrong in _spoilt(said)):
        before = rows(database, APART)
        for who in ("ann", "vi"):
            reply = staged.say(who, "#app", line)
            if reply.ok:
                break
            refusals += 1
            assert "went wrong" not in reply.refused, line
            assert re.fullmatch(r"[^\n]{5,400}[.?]", reply.refused), (line, reply.refused)
            assert isinstance(REGISTRY.find(reply.try_), Match), (line, reply.try_)
        else:
            assert rows(database, APART) == before, line
    assert refusals > 5


def test_numbers_are_taken_as_people_write_them(talk: Talk) -> None:
    talk.done("ann", "#app", "backlog add CSV export points=0,5")
    scored = talk.done("ann", "#app", "backlog score APP-1 reach=1,500 impact=2 confidence=80% effort=4")
    assert "600" in scored
    refused = talk.refused("ann", "#app", "backlog edit APP-1 points=-3")
    assert refused.startswith("points wants a number such as 5, not “-3”")
    assert "0.5" in talk.done("ann", "#app", "backlog show APP-1")


def test_a_line_may_begin_as_slack_has_it(talk: Talk) -> None:
    assert talk.done("ann", "#app", "/steward backlog add CSV export").startswith("APP-1 added")
    assert "APP-1" in talk.done("ann", "#app", "steward backlog list")
    assert talk.done("ann", "#app", "/steward").startswith("What you can say")


def test_words_where_a_reason_is_asked_for_are_offered_as_the_reason(staged: Talk) -> None:
    reply = staged.say("ann", "#app", "backlog reject APP-6 the umlauts are broken")
    assert reply.try_ == 'backlog reject APP-6 because="the umlauts are broken"'
    assert staged.say("ann", "#app", reply.try_).ok


def test_options_may_be_told_apart_by_commas(talk: Talk) -> None:
    said = talk.done("ann", "#app", "decide open Which bank first? options=Sparkasse, Volksbank")
    assert "a Sparkasse" in said
    assert "b Volksbank" in said


def test_a_role_is_known_by_its_everyday_name(talk: Talk) -> None:
    assert "bob is product manager" in talk.done("ann", "#app", "team role @bob manager")


def test_what_was_answered_is_not_turned_round_by_what_was_assumed_before(talk: Talk) -> None:
    talk.done("ann", "#app", "question add Are archived projects in it?")
    talk.done("bob", "#app", "question assume Q-1 They are")
    talk.done("ann", "#app", "question answer Q-1 No, they are left out")
    assert "was answered otherwise" in talk.refused("ann", "#app", "question right Q-1")
