"""Who may do what, as COMMANDS.md marks it, and how a role comes and goes."""

from datetime import timedelta

import pytest

from core.chat.ask import Connection, Platform
from core.commands.registry import REGISTRY, Match
from core.store.database import Database
from tests.core.commands.spoken import stage
from tests.core.commands.talk import Beneath, Talk, buttons, keys, lines, read, slack_team, title
from tests.databases import NOW, at_once

FRIDAY = NOW + timedelta(days=3)  # NOW is a Tuesday
SATURDAY = NOW + timedelta(days=4)

# What each line wants. The words are the marks of COMMANDS.md; unmarked lines are for members.
MARKED = [
    ("help", "guest"),
    ("help backlog add", "guest"),
    ("ask What is it for?", "guest"),
    ("doc list", "guest"),
    ("doc show Open", "guest"),
    ("goal list", "guest"),
    ("metric list", "guest"),
    ("metric show count", "guest"),
    ("roadmap list", "guest"),
    ("roadmap show R-1", "guest"),
    ("roadmap picture", "guest"),
    ("why R-1", "guest"),
    ("roadmap show R-2", "viewer"),
    ("why R-2", "viewer"),
    ("team list", "viewer"),
    ("team same", "viewer"),
    ("forget @bob", "admin"),
    ("product list", "viewer"),
    ("product show", "viewer"),
    ("team hours me 08:00-16:00", "member"),
    ("team hours @bob 08:00-16:00", "lead"),
    ("team away me tomorrow", "member"),
    ("team away @bob tomorrow", "member"),
    ("backlog list", "member"),
    ("backlog search thing", "member"),
    ("backlog show APP-1", "member"),
    ("backlog related APP-1", "member"),
    ("history", "member"),
    ("backlog add One more thing", "member"),
    ("undo", "member"),
    ("redo", "member"),
    ("backlog edit APP-1 points=3", "member"),
    ("backlog assign APP-2 me", "member"),
    ("backlog start APP-3", "member"),
    ("backlog done APP-4", "member"),
    ("backlog drop APP-5", "member"),
    ("backlog reopen APP-6", "member"),
    ("backlog comment APP-7 Seen", "member"),
    ("backlog block APP-1 on=APP-2", "member"),
    ("backlog unblock APP-3 on=APP-4", "member"),
    ("backlog criteria APP-1 add It works", "member"),
    ("backlog ready APP-1", "member"),
    ('backlog split APP-2 "One" "Other"', "member"),
    ("team ready list", "member"),
    ("team done list", "member"),
    ("link APP-1 https://example.com/a", "member"),
    ("unlink APP-1", "member"),
    ("import", "member"),
    ("backlog import", "member"),
    ("backlog statuses", "member"),
    ("export", "member"),
    ("backlog export", "member"),
    ("mine", "viewer"),
    ("question add Which thing? to=pm", "viewer"),
    ("question urgent Q-1", "member"),
    ("question assume Q-1 That it counts", "member"),
    ("question later Q-1", "po"),
    ("question answer Q-1 It counts", "po"),
    ("question right Q-3", "po"),
    ("question verify Q-4", "po"),
    ("question route Q-2 pm", "member"),
    ("question reopen Q-4", "member"),
    ("question list", "member"),
    ("question show Q-3", "member"),
    ("feedback add Another colour", "viewer"),
    ("feedback list", "member"),
    ("feedback show F-2", "member"),
    ("feedback themes", "member"),
    ("feedback brief", "member"),
    ("feedback ask What is missing? to=@bob", "member"),
    ("roadmap review open Spring with=@bob on=friday", "pm"),
    ("roadmap review show", "member"),
    ("feedback edit F-1 segment=banks", "member"),
    ("feedback link F-1 APP-1", "member"),
    ("feedback unlink F-2 APP-7", "member"),
    ("feedback seen F-1", "member"),
    ("feedback story F-1 title=Blue", "member"),
    ("feedback drop F-2", "lead"),
    ('decide open Red? options="yes|no"', "member"),
    ("decide vote D-1 a", "member"),
    ("decide object D-1 No", "member"),
    ("decide record Red because=blue", "member"),
    ("decide supersede D-2 Blue", "member"),
    ("decide show D-3", "guest"),
    ("decide close D-1 choose=a because=it is", "member"),
    ("decide list", "guest"),
    ("stakeholder add @bob", "pm or po"),
    ("stakeholder list", "pm or po"),
    ("stakeholder concerns @bob", "pm or po"),
    ("stakeholder remove @bob", "pm or po"),
    ("watch all", "viewer"),
    ("watch APP-1", "member"),
    ("unwatch all", "viewer"),
    ("mute all", "viewer"),
    ("less often", "viewer"),
    ("unmute", "viewer"),
    ("standup new Weekly days=fri with=me", "member"),
    ("standup try Daily", "member"),
    ("standup later Daily", "member"),
    ("standup answer Daily today=Things", "member"),
    ("standup skip Daily", "member"),
    ("standup join Daily", "member"),
    ("standup leave Daily", "member"),
    ("standup list", "member"),
    ("standup report Daily", "member"),
    ("standup pause Daily", "lead"),
    ("standup resume Daily", "lead"),
    ("standup new Daily at=10:00", "lead"),
    ("standup remove Daily", "lead"),
    ("blocker add Nothing works", "member"),
    ("blocker take B-1", "member"),
    ("blocker clear B-2", "member"),
    ("blocker list", "member"),
    ("doc add More and more", "member"),
    ("doc drop Export notes", "member"),
    ("why APP-1", "member"),
    ("team load", "viewer"),
    ("sprint status", "viewer"),
    ("sprint burndown", "viewer"),
    ("sprint review", "viewer"),
    ("sprint velocity", "viewer"),
    ("sprint list", "viewer"),
    ("team capacity @bob 60%", "lead"),
    ("sprint new Another from=2027-01-11", "lead"),
    ("sprint edit Another goal=More", "lead"),
    ("sprint plan", "lead"),
    ('sprint add APP-1 sprint="Thing sprint"', "lead"),
    ('sprint remove APP-1 sprint="Thing sprint"', "lead"),
    ("sprint start", "lead"),
    ("backlog poker APP-1", "member"),
    ("retro show", "member"),
    ("retro good It went well", "member"),
    ("retro better Less", "member"),
    ("retro action Do less", "member"),
    ("retro vote", "member"),
    ("retro close", "member"),
    ("retro open", "member"),
    ("sprint note It went well", "member"),
    ("sprint forecast APP-1", "member"),
    ("sprint accept", "lead"),
    ("sprint close", "lead"),
    ("product prices", "member"),
    ("product stage", "member"),
    ("product advise", "member"),
    ("digest new personal", "member"),
    ("digest list", "viewer"),
    ("digest preview personal", "member"),
    ("digest history personal", "member"),
    ("digest note Nearly there.", "member"),
    ("digest hold", "member"),
    ("digest pause", "member"),
    ("digest resume", "member"),
    ("digest now", "member"),
    ("digest remove", "member"),
    ("backlog accept APP-7", "po"),
    ("backlog reject APP-7 because=It is empty", "po"),
    ("backlog score APP-1 value=3 effort=1", "po"),
    ("backlog rank by=rice", "po"),
    ("backlog move APP-8 top", "po"),
    ("product vision Everybody counts", "pm"),
    ("product strategy First the small ones", "pm"),
    ("product price Team 29 because=others ask 35", "pm"),
    ("product stage growth because=forty pay", "pm"),
    ("goal add One more", "pm"),
    ("goal edit G-1 title=Other words", "pm"),
    ("goal result G-1 Calls from=41 to=25", "pm"),
    ("goal update G-1.1 15", "pm"),
    ("goal close G-2 because=it is reached", "pm"),
    ("metric define users", "pm"),
    ("metric record speed 7", "pm"),
    ("roadmap add One more", "pm"),
    ("roadmap edit R-1 title=Other words", "pm"),
    ("roadmap move R-2 later because=it can wait", "pm"),
    ("roadmap date R-2 to=2027-03-31 because=it can wait", "pm"),
    ("roadmap link R-1 APP-1", "pm"),
    ("roadmap unlink R-1 APP-8", "pm"),
    ("roadmap milestone R-1 done 1", "pm"),
    ("roadmap notes R-3", "pm"),
    ("roadmap ship R-3", "pm"),
    ("roadmap drop R-2 because=nobody asks for it", "pm"),
    ('product new "One more" key=MORE', "pm"),
    ("product use APP", "pm"),
    ("setup tz=Europe/Madrid", "pm"),
    ("team role @bob viewer", "lead"),
    ("team ready add It is drawn", "lead"),
    ("team ready off small", "lead"),
    ("team ready on small", "lead"),
    ("team ready drop 1", "lead"),
    ("team done add It is written down", "lead"),
    ("team done drop 1", "lead"),
    ("team tag @bob marketing", "lead"),
    ("backlog refine", "lead"),
    ("team role @bob sm", "admin"),
]

MAY = {
    "guest": {"guest"},
    "viewer": {"guest", "viewer"},
    "member": {"guest", "viewer", "member"},
    "sm": {"guest", "viewer", "member", "lead"},
    "po": {"guest", "viewer", "member", "lead", "po", "pm or po"},
    "pm": {"guest", "viewer", "member", "lead", "pm", "pm or po"},
    "admin": {"guest", "viewer", "member", "lead", "po", "pm", "pm or po", "admin"},
}
MAY["stand-in for po"] = MAY["po"]
MAY["stand-in for pm"] = MAY["pm"]
MAY["stand-in that is over"] = MAY["member"]
MAY["stand-in of a viewer that is over"] = MAY["viewer"]


def test_every_command_is_in_the_table_of_rights() -> None:
    found = {match.command.name for line, _ in MARKED if isinstance(match := REGISTRY.find(line), Match)}
    assert found == {command.name for command in REGISTRY.commands.values()}


def _becomes(talk: Talk, role: str) -> None:
    """Let vi be what the role says; ann stays admin and nothing else."""
    talk.done("ann", "#app", "team role @owner po")
    talk.done("ann", "#app", "team role @manager pm")
    match role.split():
        case ["guest"]:
            pass
        case ["admin"]:
            talk.done("vi", "#app", "help")
            [(person,)] = Beneath(talk.database).run("SELECT id FROM people WHERE name = 'vi'")
            Beneath(talk.database).run("UPDATE roles SET person_id = ? WHERE role = 'admin'", person)
            Beneath(talk.database).run("UPDATE workspaces SET version = version + 1")
        case ["stand-in", "for", lead]:
            talk.done("ann", "#app", f"team role @vi {lead} until=friday")
        case ["stand-in", "of", "a", "viewer", *_]:
            talk.done("ann", "#app", "team role @vi viewer")
            talk.done("ann", "#app", "team role @vi po until=friday")
        case ["stand-in", *_]:
            talk.done("ann", "#app", "team role @vi member")
            talk.done("ann", "#app", "team role @vi pm until=friday")
        case _:
            talk.done("ann", "#app", f"team role @vi {role}")


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_what_its_mark_says_and_nothing_else(staged: Talk, role: str) -> None:
    _becomes(staged, role)
    at = SATURDAY if role.endswith("is over") else NOW
    for line, mark in MARKED:
        reply = staged.say("vi", "#app", line, at=at, guest=role == "guest")
        assert reply.ok is (mark in MAY[role]), (line, mark, read(reply))
        if not reply.ok:
            assert reply.refused.startswith(("Only ", "Guests ")), (line, reply.refused)
            assert staged.say("vi", "#app", reply.try_, at=at, guest=role == "guest").ok or role == "guest"


# ---- roles that pass and end ----


def test_a_new_product_owner_takes_over_and_the_former_is_a_member(staged: Talk) -> None:
    assert staged.done("ann", "#app", "team role @bob po") == "bob is product owner of Acme app, after ann"
    staged.done("ann", "#app", "team role @carol po")
    staged.done("carol", "#app", "backlog move APP-2 top")
    assert staged.refused("bob", "#app", "backlog move APP-2 top") == "Only the product owner, carol, may do that."
    staged.done("bob", "@", "backlog list")
    people = {row.text: row.detail for row in lines(staged.say("ann", "#app", "team list"))}
    assert people == {"ann": "product manager, admin", "bob": "member", "carol": "product owner"}


def test_a_stand_in_acts_until_the_day_is_over_where_the_product_is(staged: Talk) -> None:
    said = staged.done("ann", "#app", "team role @bob po until=friday")
    assert said == "bob is product owner of Acme app until 4 Dec, standing in for ann"
    assert "bob · product owner until 4 Dec, member" in staged.done("ann", "#app", "team list")
    last = FRIDAY.replace(hour=22, minute=59)  # 23:59 in Berlin
    staged.done("bob", "#app", "backlog move APP-2 top", at=last)
    staged.done("ann", "#app", "backlog move APP-1 top", at=last)
    over = last + timedelta(minutes=1)
    assert (
        staged.refused("bob", "#app", "backlog move APP-2 top", at=over) == "Only the product owner, ann, may do that."
    )
    assert "bob · member" in staged.done("ann", "#app", "team list", at=over)


def test_a_lead_who_is_away_names_who_stands_in_and_it_begins_when_they_leave(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @pia po")
    asked = staged.say("pia", "#app", "team away me 7 Dec to 11 Dec")
    assert "Who stands in as product owner?" in read(asked)
    assert title(staged.press(asked, "bob")) == (
        "bob is product owner of Acme app from 7 Dec until 11 Dec, standing in for pia"
    )
    monday, saturday = NOW + timedelta(days=6), NOW + timedelta(days=11)
    assert not staged.say("bob", "#app", "backlog move APP-2 top").ok
    staged.done("bob", "#app", "backlog move APP-2 top", at=monday)
    assert not staged.say("bob", "#app", "backlog move APP-2 top", at=saturday).ok
    staged.done("pia", "#app", "backlog move APP-1 top", at=saturday)
    assert "Who stands in" not in staged.done("pia", "#app", "team away me 8 Dec to 9 Dec")


def test_nobody_names_a_stand_in_for_another(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @pia po")
    staged.done("ann", "#app", "team role @lena sm")
    staged.refused("lena", "#app", "team role @bob po until=friday")
    staged.refused("pia", "#app", "team role @bob po")
    staged.refused("pia", "#app", "team role @bob pm until=friday")
    staged.done("pia", "#app", "team role @bob po until=friday")
    staged.refused("bob", "#app", "team role @carol po until=friday")


def test_one_stand_in_follows_another_and_an_owner_ends_both(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @bob po until=friday")
    assert "standing in for bob" in staged.done("ann", "#app", "team role @carol po until=friday")
    staged.refused("bob", "#app", "backlog move APP-2 top")
    staged.done("carol", "#app", "backlog move APP-2 top")
    staged.done("ann", "#app", "team role @dora po")
    assert not staged.say("carol", "#app", "backlog move APP-2 top").ok


def test_a_lead_gives_members_their_roles_and_touches_no_lead(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @lena sm")
    assert staged.done("lena", "#app", "team role @bob viewer") == "bob is viewer of Acme app"
    assert staged.refused("lena", "#app", "team role @bob po") == "Only an admin may name a product owner."
    assert staged.refused("lena", "#app", "team role @ann viewer") == (
        "ann is product manager and product owner; only an admin may change that."
    )
    assert staged.refused("bob", "#app", "team role @lena viewer").startswith("Only a lead (")


def test_a_viewer_named_so_stays_one_although_they_write_in_the_channel(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @bob viewer")
    said = staged.refused("bob", "#app", "backlog add Mine")
    assert said == "Only members of this product may do that; you can read what is shared."
    staged.done("bob", "#app", "product show")
    staged.done("ann", "#app", "team role @bob member")
    staged.done("bob", "#app", "backlog add Mine")


# ---- the first set-up ----


def test_the_first_to_set_up_is_admin_owner_and_manager_and_nobody_does_it_again(terminal: Talk) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP')
    assert "ann · product owner, product manager, admin" in terminal.done("ann", "#app", "team list")
    for line in ("setup", 'setup "Mine" key=MINE', "setup tz=UTC", "setup po=@bob"):
        why = "Only an admin or the product manager may change the set-up."
        assert terminal.say("bob", "#app", line).refused == why
        assert terminal.say("bob", "#elsewhere", line).refused == why


def test_named_people_get_their_roles_with_the_set_up(terminal: Talk) -> None:
    terminal.done("ann", "#app", 'setup "Acme app" key=APP po=@pia pm=@max sm=@lena')
    people = {row.text: row.detail for row in lines(terminal.say("ann", "#app", "team list"))}
    assert people == {"pia": "product owner", "max": "product manager", "lena": "scrum master", "ann": "admin"}


def test_a_manager_changes_the_set_up_and_names_no_leads(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @max pm")
    staged.done("max", "#app", "setup tz=Europe/Madrid")
    assert staged.refused("max", "#app", "setup po=@max") == "Only an admin may name a product owner."


def test_of_two_who_set_up_at_the_same_time_one_is_admin(terminal: Talk) -> None:
    replies = at_once(
        lambda: terminal.say("ann", "#app", 'setup "Ann app" key=ANN'),
        lambda: terminal.say("bob", "#app", 'setup "Bob app" key=BOB'),
    )
    assert sorted(reply.ok for reply in replies) == [False, True]
    [refused] = [reply for reply in replies if not reply.ok]
    assert refused.refused in (
        "Somebody has just set this up.",
        "Only an admin or the product manager may change the set-up.",
    )
    assert Beneath(terminal.database).run("SELECT count(*) FROM roles WHERE role = 'admin'") == [(1,)]
    assert Beneath(terminal.database).run("SELECT count(*) FROM products") == [(1,)]


def test_of_two_owners_named_at_the_same_time_one_is_the_owner(staged: Talk) -> None:
    replies = at_once(
        lambda: staged.say("ann", "#app", "team role @carol po"),
        lambda: staged.say("ann", "#app", "team role @dora po"),
    )
    assert all(reply.ok for reply in replies)
    assert Beneath(staged.database).run("SELECT count(*) FROM roles WHERE role = 'po'") == [(1,)]


def test_somebody_who_speaks_twice_at_the_same_time_is_one_person_and_one_member(staged: Talk) -> None:
    at_once(*[lambda: staged.say("zoe", "#app", "backlog list")] * 4)
    assert Beneath(staged.database).run("SELECT count(*) FROM people WHERE name = 'zoe'") == [(1,)]
    assert "zoe · member\n" in staged.done("ann", "#app", "team list")


# ---- places in Slack ----


@pytest.fixture
def slack(database: Database) -> Talk:
    """Acme app in #app of a Slack team."""
    talk = slack_team(database, "T1")
    stage(talk)
    return talk


def test_who_writes_in_the_products_channel_is_a_member_elsewhere_a_viewer(slack: Talk) -> None:
    refused = "Only members of this product may do that; you can read what is shared."
    assert slack.say("vi", "#random", "backlog list").refused == refused
    assert slack.say("vi", "@", "backlog list").refused == refused
    slack.done("vi", "#random", "product show")
    slack.done("vi", "@", "team list")
    slack.done("vi", "#app", "backlog list")
    slack.done("vi", "@", "backlog add From my own chat")
    slack.done("vi", "#random", "backlog list")


def test_a_guest_sees_what_is_public_unless_somebody_lets_them_in(slack: Talk) -> None:
    said = slack.say("gus", "#app", "team list", guest=True)
    assert said.refused == "Guests see only what is public, and nothing is public here."
    assert slack.say("gus", "#app", "backlog add Mine", guest=True).refused == said.refused
    assert slack.say("gus", "@", "", guest=True).ok
    slack.done("ann", "#app", "team role @Ugus member")
    slack.done("gus", "#app", "backlog add Mine", guest=True)
    slack.done("gus", "#app", "team list", guest=True)


def test_a_guest_cannot_be_the_first_to_set_up(database: Database) -> None:
    talk = slack_team(database, "T1")
    assert talk.say("gus", "#app", "setup Mine", guest=True).refused.startswith("Guests see")


def test_somebody_mentioned_is_known_before_they_have_written(slack: Talk) -> None:
    assert slack.done("ann", "#app", "backlog assign APP-1 @Uzoe") == "APP-1 Thing 1: assigned to zoe"
    assert keys(slack.say("zoe", "#app", "backlog list assignee=me")) == ["APP-1"]
    why = "I do not know @zed yet. People are known once they have written here."
    assert slack.say("ann", "#app", "backlog assign APP-1 @zed").refused == why


def test_a_channel_that_slack_did_not_name_is_no_channel(slack: Talk) -> None:
    said = slack.refused("ann", "#app", "setup channel=#shop")
    assert said == "I do not know the channel #shop. Say this there instead."
    assert "in #shop" in title(slack.say("ann", "#app", "setup channel=#Cshop"))
    slack.done("vi", "#shop", "backlog list")


def test_a_team_that_nobody_connected_is_told_so(database: Database) -> None:
    stranger = Talk(database, Connection(Platform.SLACK, "T9"))
    for line in ("help", "backlog add Mine", "xyzzy", "setup Mine"):
        assert stranger.refused("ann", "#app", line) == (
            "This workspace is not connected to me yet. Ask whoever runs Steward to connect it."
        )


# ---- what a viewer is shown instead ----

FOUR = ["Ask", "Concern", "Follow", "Less often"]


@pytest.mark.parametrize(
    "line",
    ["setup", "setup example", "setup clear", "bogus", "backlog ad Thing", "start the engine", "watch APP-1"],
)
def test_whatever_a_viewer_is_refused_comes_with_what_they_may_do(staged: Talk, line: str) -> None:
    staged.done("ann", "#app", "team role @vera viewer")
    reply = staged.say("vera", "#app", line)
    assert not reply.ok
    assert [button.label for button in buttons(reply)] == FOUR
    assert reply.try_.split()[0] in ("help", "team", "watch")


def test_a_viewer_is_shown_the_nearest_of_what_they_may_say(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @vera viewer")
    reply = staged.say("vera", "#app", "roadmap lst")
    assert [button.label for button in buttons(reply)] == ["roadmap list", *FOUR]
    assert reply.try_ == "roadmap list"
    assert FOUR[0] not in [button.label for button in buttons(staged.say("bob", "#app", "roadmap lst"))]


def test_help_begins_for_a_viewer_with_what_they_may_say(staged: Talk) -> None:
    staged.done("ann", "#app", "team role @vera viewer")
    reply = staged.say("vera", "#app", "help")
    assert [row.key for row in lines(reply)][:3] == ["ask", "feedback add", "roadmap list"]
    assert "backlog add" not in [row.key for row in lines(reply)]
    assert set(FOUR) < {button.label for button in buttons(reply)}
    for row in lines(reply):
        assert "Only " not in staged.say("vera", "#app", row.key).refused
