"""A line for every command, each of which works for ann in `stage()`; and what a stage is."""

from collections.abc import Callable

from tests.core.commands.talk import Talk

Say = Callable[[str], object]

# Each takes an item of its own, so that the lines can be said one after the other.
SPOKEN: dict[str, tuple[str, ...]] = {
    "help": ("help", "help all", "help backlog", "help backlog add", ""),
    "setup": ("setup", "setup tz=Europe/Madrid", "setup example", "setup clear"),
    "product new": ("product new", 'product new "One more" key=MORE'),
    "product use": ("product use APP",),
    "product list": ("product list",),
    "product show": ("product show",),
    "product vision": ("product vision", "product vision Everybody counts"),
    "product strategy": ("product strategy", "product strategy First the small ones"),
    "product price": ("product price", "product price Team 29 per=month because=others ask 35"),
    "product prices": ("product prices",),
    "product stage": ("product stage", "product stage growth because=forty pay"),
    "product advise": (
        "product advise",
        "product advise breadth=high market=high departments=some iteration=low depth=some",
        "product advise set-roles=both",
    ),
    "goal add": ("goal add", "goal add One more goal due=2027-01-31 audience=team"),
    "goal edit": ("goal edit G-1", "goal edit G-1 title=A better goal due="),
    "goal result": ("goal result G-1", "goal result G-1 Calls a week from=41 to=25"),
    "goal update": ("goal update G-1.1", "goal update G-1.1 15 note=it moves"),
    "goal list": ("goal list",),
    "goal close": ("goal close G-2 ask-why=yes", "goal close G-2 because=it is reached"),
    "metric define": (
        "metric define",
        "metric define users unit=people goal=40",
        'metric define twice formula="speed * 2"',
    ),
    "metric record": (
        "metric record speed",
        "metric record speed 7",
        "metric record speed\n2026-11-01,3\n2026-11-02,4",
    ),
    "metric show": ("metric show speed", "metric show count"),
    "metric list": ("metric list",),
    "roadmap add": ("roadmap add", "roadmap add One more entry horizon=next from=2026-12-01 to=2026-12-24 goal=G-1"),
    "roadmap edit": ("roadmap edit R-1", "roadmap edit R-1 title=A better entry"),
    "roadmap move": ("roadmap move R-2 later ask-why=yes", "roadmap move R-2 later because=it can wait"),
    "roadmap date": ("roadmap date R-2 to=2027-03-31 because=it can wait", "roadmap date R-1 2026-12-24 because=so"),
    "roadmap drop": ("roadmap drop R-4 because=nobody asks for it",),
    "roadmap link": ("roadmap link R-1 APP-1 APP-2", "roadmap link R-2 APP-3"),
    "roadmap unlink": ("roadmap unlink R-1 APP-8",),
    "roadmap ship": ("roadmap ship R-3", "roadmap ship R-1 because=the step can follow"),
    "roadmap milestone": (
        "roadmap milestone R-1",
        "roadmap milestone R-1 It is there on=2026-12-20",
        "roadmap milestone R-1 done 1",
        "roadmap milestone R-1 undone 1",
        "roadmap milestone R-1 drop 1",
    ),
    "roadmap list": ("roadmap list", "roadmap list audience=stakeholders since=2026-11-01"),
    "roadmap show": ("roadmap show R-1", "roadmap show R-2"),
    "roadmap picture": ("roadmap picture",),
    "roadmap notes": ("roadmap notes R-3", "roadmap notes R-3 audience=public"),
    "team list": ("team list",),
    "team role": ("team role @bob member",),
    "team same": ("team same",),
    "forget": ("forget @bob",),
    "team hours": ("team hours", "team hours me 09:00-18:00 tz=Asia/Kolkata country=IN"),
    "team away": ("team away", "team away me 2026-12-24..2026-12-31", "team away me back"),
    "team ready": ("team ready list", "team ready add It is drawn", "team ready off small", "team ready on small"),
    "team done": ("team done list", "team done add It is written down", "team done drop 1"),
    "team tag": ("team tag @bob marketing",),
    "backlog add": ("backlog add", "backlog add One more thing", "backlog add Two\nmore things"),
    "backlog list": ("backlog list", "backlog list status=done", "backlog list assignee=me"),
    "backlog search": ("backlog search thing",),
    "backlog related": ("backlog related APP-1",),
    "backlog show": ("backlog show APP-1", "backlog show APP-2"),
    "backlog edit": ("backlog edit APP-1", "backlog edit APP-1 points=3 title=Thing of one"),
    "backlog assign": ("backlog assign APP-2 @bob",),
    "backlog start": ("backlog start APP-3",),
    "backlog done": ("backlog done APP-4",),
    "backlog drop": ("backlog drop APP-5",),
    "backlog reopen": ("backlog reopen APP-6",),
    "backlog comment": ("backlog comment APP-7 Seen",),
    "backlog move": ("backlog move APP-8 top", "backlog move APP-8 below APP-1"),
    "backlog block": ("backlog block APP-1 on=APP-2",),
    "backlog unblock": ("backlog unblock APP-3 on=APP-4",),
    "backlog criteria": (
        "backlog criteria APP-1 add Given a thing When it is used Then it works",
        "backlog criteria APP-1 check 1",
        "backlog criteria APP-1 uncheck 1",
        "backlog criteria APP-1 drop 1",
    ),
    "backlog ready": ("backlog ready APP-1", "backlog ready APP-4"),
    "backlog refine": ("backlog refine", "backlog refine 2"),
    "backlog accept": ("backlog accept APP-6", "backlog accept APP-4 because=The bank has seen it"),
    "backlog reject": ("backlog reject APP-6 because=It is empty",),
    "backlog poker": ("backlog poker APP-1",),
    "backlog split": ('backlog split APP-5 "Thing 5a" "Thing 5b"',),
    "backlog score": (
        "backlog score APP-1 reach=500 impact=2 confidence=80 effort=3",
        "backlog score APP-1 value=5 urgency=3 risk=1",
    ),
    "backlog rank": ("backlog rank by=rice", "backlog rank by=rice top=1", "backlog rank by=demand"),
    "team capacity": ("team capacity @bob 60%", "team capacity @ann 12pts"),
    "team load": ("team load",),
    "sprint new": ('sprint new "Sprint later" from=2027-01-11 to=2027-01-22 goal=Things first',),
    "sprint edit": ('sprint edit "Thing sprint"', 'sprint edit "Thing sprint" goal=All things'),
    "sprint plan": ("sprint plan", "sprint plan swap=yes", "sprint plan why=APP-1"),
    "sprint add": ('sprint add APP-1 sprint="Thing sprint"',),
    "sprint remove": ('sprint remove APP-8 sprint="Thing sprint"',),
    "sprint start": ('sprint start "Thing sprint"',),
    "sprint accept": ("sprint accept",),
    "sprint close": ("sprint close preview=yes", "sprint close"),
    "sprint note": ("sprint note", "sprint note Things went well"),
    "sprint status": ("sprint status", 'sprint status "Thing sprint"'),
    "sprint burndown": ("sprint burndown",),
    "sprint review": ("sprint review",),
    "sprint forecast": ("sprint forecast", "sprint forecast APP-1", "sprint forecast by=friday"),
    "sprint velocity": ("sprint velocity",),
    "sprint list": ("sprint list",),
    "retro open": ("retro open votes=2",),
    "retro good": ("retro good", "retro good Things went well"),
    "retro better": ("retro better", "retro better Fewer things"),
    "retro action": ("retro action", "retro action Fewer things owner=@bob"),
    "retro vote": ("retro vote",),
    "retro show": ("retro show",),
    "retro close": ("retro close",),
    "standup new": ("standup new Weekly days=fri with=me", "standup new Daily at=10:00"),
    "standup try": ("standup try Daily",),
    "standup answer": ("standup answer Daily", "standup answer Daily for=tomorrow today=Things blockers=none"),
    "standup later": ("standup later Daily 30m",),
    "standup skip": ("standup skip Daily",),
    "standup join": ("standup join Daily",),
    "standup leave": ("standup leave Daily",),
    "standup pause": ("standup pause Daily",),
    "standup resume": ("standup resume Daily",),
    "standup remove": ("standup remove Daily",),
    "standup list": ("standup list",),
    "standup report": ("standup report Daily",),
    "blocker add": ("blocker add", "blocker add Nothing works on=APP-1 needs=me"),
    "blocker take": ("blocker take B-4 by=friday",),
    "blocker clear": ("blocker clear B-4 because=It works",),
    "blocker list": ("blocker list",),
    "question add": ("question add Which thing? on=APP-1 to=pm", "question add Where to? assume=Here"),
    "question urgent": ("question urgent Q-1",),
    "question assume": ("question assume Q-1", "question assume Q-1 That it counts"),
    "question answer": ("question answer Q-1", "question answer Q-1 It counts"),
    "question right": ("question right Q-3 criterion=yes",),
    "question verify": ("question verify Q-4",),
    "question route": ("question route Q-2 pm",),
    "question later": ("question later Q-2",),
    "question reopen": ("question reopen Q-4",),
    "question list": ("question list",),
    "question show": ("question show Q-3", "question show Q-4"),
    "feedback add": (
        "feedback add",
        "feedback add In blue, please from=Jane customer=North segment=banks worth=20k kind=sales about=APP-1",
    ),
    "feedback list": ("feedback list", "feedback list linked=no kind=customer", "feedback list customer=acme"),
    "feedback show": ("feedback show F-2",),
    "feedback themes": ("feedback themes",),
    "feedback edit": ("feedback edit F-1", "feedback edit F-1 Quite another matter segment=banks"),
    "feedback link": ("feedback link F-1", "feedback link F-1 APP-1 APP-2"),
    "feedback unlink": ("feedback unlink F-2 APP-7",),
    "feedback seen": ("feedback seen F-1",),
    "feedback drop": ("feedback drop F-1",),
    "feedback story": ("feedback story F-1", "feedback story F-1 title=In blue as=a painter want=blue so=it shines"),
    "feedback ask": ("feedback ask", "feedback ask What is missing? to=me,@bob about=APP-1 by=friday"),
    "roadmap review": (
        "roadmap review open",
        "roadmap review open Spring with=me,@bob on=friday",
        "roadmap review show",
        "roadmap review concern It slips",
        "roadmap review close note=We wait",
    ),
    "feedback brief": ("feedback brief", "feedback brief kind=customer since=yesterday"),
    "decide open": ("decide open", 'decide open Which colour for APP-1? options="red|blue" until=friday'),
    "decide vote": ("decide vote D-1 a", "decide vote D-1 no"),
    "decide object": ("decide object D-1", "decide object D-1 It is ugly"),
    "decide close": ("decide close D-1", "decide close D-1 choose=no because=It is late"),
    "decide record": ("decide record", "decide record Blue is out because=nobody likes it about=APP-1"),
    "decide supersede": ("decide supersede D-2", "decide supersede D-2 Blue is in because=they do"),
    "decide list": ("decide list",),
    "decide show": ("decide show D-1", "decide show D-2"),
    "stakeholder add": ("stakeholder add", "stakeholder add @bob interest=low influence=high"),
    "stakeholder list": ("stakeholder list",),
    "stakeholder concerns": ("stakeholder concerns me",),
    "stakeholder remove": ("stakeholder remove me",),
    "watch": ("watch", "watch APP-1", "watch all"),
    "unwatch": ("unwatch APP-7",),
    "mute": ("mute", "mute digest until=friday", "mute APP-1"),
    "less often": ("less often", "less often until=friday"),
    "unmute": ("unmute answer", "unmute"),
    "link": ("link APP-1 https://example.com/a",),
    "unlink": ("unlink APP-8",),
    "digest new": (
        "digest new",
        'digest new sprint at="weekdays 09:00"',
        'digest new stakeholder at="last friday 16:00" tz=Europe/Madrid draft=2h empty=line',
        "digest new personal",
    ),
    "digest list": ("digest list",),
    "digest preview": ("digest preview 1",),
    "digest history": ("digest history 1",),
    "digest note": ("digest note 1", "digest note 1 Nearly there."),
    "digest hold": ("digest hold 1", "digest hold 1 off"),
    "digest pause": ("digest pause sprint",),
    "digest resume": ("digest resume sprint",),
    "digest now": ("digest now 1",),
    "digest remove": ("digest remove sprint",),
    "import": ("import",),
    "backlog import": ("backlog import",),
    "backlog statuses": ("backlog statuses",),
    "export": ("export", "export format=json", "export format=markdown"),
    "backlog export": ("backlog export",),
    "mine": ("mine",),
    "ask": ("ask", "ask What is it for?", "ask APP-4 Is it there?", "What is it for?"),
    "doc add": ("doc add", 'doc add "More notes" # Limits\nOne at a time.', "doc add Open New text audience=team"),
    "doc list": ("doc list",),
    "doc show": ("doc show Export notes", "doc show Open"),
    "doc drop": ("doc drop Export notes",),
    "why": ("why APP-1", "why APP-8", "why R-1", "why G-1"),
    "history": ("history", "history APP-7", "history R-1", "history G-1", "history since=yesterday"),
    "undo": ("undo", "undo 2"),
    "redo": ("redo",),
}


# What must be said before a command's line works.
BEFORE = {
    "redo": "undo",
    "sprint accept": "sprint start",
    "sprint close": "sprint start",
    "retro open": "retro close",
}


def stage(talk: Talk, mark: str = "Thing") -> None:
    """Acme app in #app, ann its admin, bob and vi in it, APP-1 to APP-8, the sixth of them done. The third waits
    for the fourth, which has a criterion; the eighth has a user story and scores, and is in a planned sprint. B-1 to
    B-4 stand, a retro is open, Q-1 and Q-2 are open, Q-3 with an assumption, Q-4 is answered; of two documents one is
    public. `mark` is in all."""
    bob = "@bob" if talk.connection.platform == "terminal" else "@Ubob"
    talk.done("ann", "#app", 'setup "Acme app" key=APP tz=Europe/Berlin')
    talk.done("ann", "#app", f"product vision {mark} for everybody")
    pasted = "\n".join(f"{mark} {n}" for n in range(1, 9))
    talk.press(
        talk.say("ann", "#app", f"backlog add description={mark} text label={mark.lower()}\n{pasted}"), "Add 8 items"
    )
    talk.done("ann", "#app", f'doc add "Export notes" {mark} is written down')
    talk.done("ann", "#app", f"doc add Open {mark} may be read by everybody audience=public")
    talk.done("ann", "#app", "backlog done APP-6")
    talk.done("ann", "#app", "backlog block APP-3 on=APP-4")
    talk.done("ann", "#app", f"backlog criteria APP-4 add {mark} is there")
    talk.done("ann", "#app", f"backlog edit APP-8 as={mark} keeper want={mark} of gold so={mark}s shine value=5")
    talk.done("ann", "#app", "backlog score APP-8 reach=100 impact=1 confidence=50 effort=2")
    plan(talk, mark)
    for n in range(1, 5):
        talk.done("ann", "#app", f"blocker add {mark} number {n} is locked")
    talk.done("ann", "#app", f'sprint new "{mark} sprint" from=2026-12-01 to=2026-12-14 goal={mark} for all')
    talk.done("ann", "#app", "sprint add APP-8")
    for n in range(1, 5):
        talk.done("ann", "#app", f"question add Is {mark} {'abcd'[n - 1] * 4} in scope? on=APP-{n}")
    talk.done("ann", "#app", f"question assume Q-3 {mark} is not")
    talk.done("ann", "#app", f"question answer Q-4 {mark} is")
    talk.done("bob", "#app", f"feedback add {mark} is too dear customer={mark} worth=14k kind=customer")
    talk.done("bob", "#app", f"feedback add All the colours of {mark} fade")
    talk.done("bob", "#app", "feedback link F-2 APP-7")
    talk.done("bob", "#app", f'decide open Is {mark} ready? options="yes|no"')
    talk.done("bob", "#app", f"decide record {mark} is for sale because={mark} pays")
    talk.done("bob", "#app", f"decide record {mark} is for everybody because={mark} pays audience=public")
    talk.done("ann", "#app", "stakeholder add me interest=high")
    talk.done("ann", "#app", "watch APP-7")
    talk.done("ann", "#app", "mute answer")
    talk.done("ann", "#app", "retro open")
    talk.done("ann", "#app", f"retro good {mark} worked")
    talk.done("ann", "#app", f'standup new Daily ask="What of {mark}? | What next? | What blocks you?"')
    talk.done("ann", "#app", "link APP-8 https://example.com/b")
    talk.done("ann", "#app", f"backlog assign APP-7 {bob}")
    talk.done("bob", "#app", f"backlog comment APP-2 {mark} was said")


def plan(talk: Talk, mark: str) -> None:
    """G-1 with a key result, G-2 without; the metrics speed and count, which is public; R-1, public too, with APP-8 and
    a milestone; R-3 with APP-6; R-2 and R-4 with nothing."""
    for line in (
        f"goal add {mark} goal due=2027-06-30",
        f"goal add {mark} second goal",
        f"goal result G-1 {mark} calls from=10 to=20",
        "metric define speed unit=ms",
        "metric record speed 5 on=2026-11-20",
        "metric define count audience=public",
        "metric record count 7",
        f"roadmap add {mark} entry horizon=now goal=G-1 audience=public",
        f"roadmap add {mark} second entry horizon=next to=2027-01-31",
        f"roadmap add {mark} third entry",
        f"roadmap add {mark} fourth entry audience=team",
        "roadmap link R-1 APP-8",
        "roadmap link R-3 APP-6",
        f"roadmap milestone R-1 {mark} step on=2026-12-18",
    ):
        talk.done("ann", "#app", line)
