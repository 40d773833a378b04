import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import Said, mentioned, said

BOT = "U0BOT"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<@U0BOT> backlog list", "backlog list"),
        ("<@U0BOT|steward>: backlog list", "backlog list"),
        ("  <@U0BOT>, backlog list", "backlog list"),
        ("backlog list <@U0BOT>", "backlog list"),
        ("<@U0BOTTLE> backlog list", "@U0BOTTLE backlog list"),
        ("show U0BOT Both Bottlenecks", "show U0BOT Both Bottlenecks"),
        ("a &lt;@U0BOT&gt; b", "a <@U0BOT> b"),
        ("&lt;!channel&gt; &amp; &lt;@U1&gt;", "<!channel> & <@U1>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("see <https://x.example/a?b=1&amp;c=2|the page>", "see https://x.example/a?b=1&c=2"),
        ("see <https://x.example>", "see https://x.example"),
        ("customer=<http://acme.com|acme.com>", "customer=acme.com"),
        ("from <mailto:ann@acme.com|ann@acme.com>", "from ann@acme.com"),
        ("call <tel:+49301234|+49301234>", "call +49301234"),
        ("<!channel> <!here> <!everyone>", "@channel @here @everyone"),
        ("<!here|here>", "@here"),
        ("<!subteam^S012|@devs> <!subteam^S013>", "@devs @S013"),
        ("<!date^1392734382^{date}|18 Feb>", "18 Feb"),
        ("a\xa0b", "a b"),
        ("one\ntwo", "one\ntwo"),
        ("", ""),
        ("1 &lt; 2 <> 3", "1 < 2 <> 3"),
        ("a <b> c <!> <@>", "a <b> c <!> <@>"),
    ],
)
def test_what_slack_sends_reads_as_it_was_typed(raw: str, text: str) -> None:
    assert said(raw, BOT).text == text


def test_mentions_and_channels_keep_their_ids_and_names() -> None:
    heard = said("<@U0BOT> assign APP-1 <@U1|ann> <@U2> in <#C1|general> <#C2>", BOT)
    assert heard == Said("assign APP-1 @U1 @U2 in #C1 #C2", {"U1": "ann", "U2": ""}, {"C1": "general", "C2": ""})


def test_only_a_real_mention_addresses_us() -> None:
    assert mentioned("hi <@U0BOT>", BOT)
    assert mentioned("hi <@U0BOT|steward>", BOT)
    assert not mentioned("hi &lt;@U0BOT&gt; <@U0BOTTLE>", BOT)


@given(st.text(st.characters(exclude_characters="\xa0", exclude_categories=["Cs"])))
def test_typed_text_survives_slacks_escaping(typed: str) -> None:
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert said(escaped, BOT).text == typed.strip()
