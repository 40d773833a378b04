"""The line of COMMANDS.md: what is text, what is an option, and that nothing typed is lost."""

import string
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.chat.grammar import near_miss, parse, quote, render, suggest, tidy, tokens

KEYS = {"type": False, "points": False, "due": False, "label": False, "because": True, "as": True, "note": True}
patient = settings(deadline=None)  # a busy machine stalls


def read(line: str) -> tuple[str, dict[str, str]]:
    found = parse(line, KEYS)
    return found.text, found.options


# ---- options and text ----


def test_options_leave_the_text() -> None:
    options = {"type": "story", "points": "5"}
    assert read("Export invoices as CSV type=story points=5") == ("Export invoices as CSV", options)


@pytest.mark.parametrize(
    "line",
    [
        "a=b",
        "https://x.example/?q=1&points=5",
        "x=5 y=6",
        "--due, so",
        "=",
        "points",
        "points =5",
        "=points",
    ],
)
def test_what_is_no_option_of_the_command_is_text(line: str) -> None:
    assert read(line) == (line, {})


@pytest.mark.parametrize(
    "option", ["points=5", "--points=5", "--points 5", "points= 5", "POINTS=5", "—points 5", 'points="5"', "points=“5„"]
)
def test_every_way_to_write_an_option_is_the_same(option: str) -> None:
    assert read(f"{option} Export") == ("Export", {"points": "5"})
    assert read(f"Export {option}") == ("Export", {"points": "5"})
    assert read(f"Export {option} now") == ("Export now", {"points": "5"})


def test_a_key_that_takes_words_runs_to_the_next_key_or_the_end() -> None:
    options = {"because": "the client said a=b", "points": "5"}
    assert read("APP-1 because=the client said a=b points=5 soon") == ("APP-1 soon", options)
    assert read("APP-1 because=it is late\nand so are we") == ("APP-1", {"because": "it is late\nand so are we"})


def test_the_last_of_a_key_given_twice_counts() -> None:
    assert read("points=3 x points=5") == ("x", {"points": "5"})
    assert read("because=one because=two") == ("", {"because": "two"})


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("points=", {"points": ""}),
        ("points=  ", {"points": ""}),
        ("points= due=friday", {"points": "", "due": "friday"}),
        ("points= --due friday", {"points": "", "due": "friday"}),
        ("because= points=1", {"because": "", "points": "1"}),
        ('points="" due=""', {"points": "", "due": ""}),
        ('due= "next friday"', {"due": "next friday"}),
    ],
)
def test_an_option_without_a_value_is_empty(line: str, options: dict[str, str]) -> None:
    assert read(line) == ("", options)


def test_an_empty_option_takes_no_word_from_the_next_line() -> None:
    assert read("points=\nExport") == ("Export", {"points": ""})


def test_newlines_inside_the_text_stay() -> None:
    assert read("one points=3\ntwo\n\nthree")[0] == "one\ntwo\n\nthree"
    assert read("one\n\npoints=3\n\ntwo")[0] == "one\n\ntwo"
    assert read("one\ttwo   three")[0] == "one\ttwo   three"


# ---- quotes ----


@pytest.mark.parametrize("quoted", ['"{}"', "“{}”", "„{}“", "«{}»", "'{}'", "‘{}’", '“{}"', '"{}”', "»{}«"])
def test_quotes_of_every_kind_keep_blanks_and_keys(quoted: str) -> None:
    said = quoted.format("next points=3 friday")
    assert read(f"x due={said} y") == ("x y", {"due": "next points=3 friday"})
    assert read(f"x because={said}") == ("x", {"because": "next points=3 friday"})
    assert read(said) == ("next points=3 friday", {})
    assert read(f"say {said} now") == (f"say {said} now", {})
    assert [token.text for token in tokens(f"say {said} now")] == ["say", "next points=3 friday", "now"]


@pytest.mark.parametrize(
    "text",
    [
        "don't",
        "it’s the users' report",
        'a 5" pipe',
        '"never closed',
        "'tis",
        "rock 'n' roll",
        'un"quo"ted',
        '"a"b',
        "'",
    ],
)
def test_quotes_inside_words_and_open_ones_are_letters(text: str) -> None:
    assert read(f"{text} points=5") == (text, {"points": "5"})


def test_an_open_quote_does_not_hide_options_and_later_quotes_still_count() -> None:
    assert read("it's \"late points=5 due='next friday'") == ("it's \"late", {"points": "5", "due": "next friday"})


def test_quotes_around_a_part_stay_in_the_text() -> None:
    assert read('"one" and "two"') == ('"one" and "two"', {})
    assert read('because="one" and "two"') == ("", {"because": '"one" and "two"'})


def test_a_backslash_counts_only_before_a_quote_inside_quotes() -> None:
    assert read(r"C:\new\"x") == (r"C:\new\"x", {})
    assert read(r'"\\server\share"') == (r"\\server\share", {})
    assert read(r'label="a \"b\" c"') == ("", {"label": 'a "b" c'})
    assert read(r'label="ends in \\" x') == ("x", {"label": "ends in \\"})


# ---- words ----


def test_words_tell_where_they_stand_in_the_line() -> None:
    line = 'APP-1 points=5 "two words" end'
    found = parse(line, KEYS)
    assert [(w.text, w.quoted, line[w.start : w.end]) for w in found.words] == [
        ("APP-1", False, "APP-1"),
        ("two words", True, '"two words"'),
        ("end", False, "end"),
    ]
    assert tokens("a b c", limit=2) == tokens("a b c")[:2]


def test_rest_is_the_text_after_some_words() -> None:
    found = parse("APP-1 top  of points=5\nthe list", KEYS)
    after = ["APP-1 top  of\nthe list", "top  of\nthe list", "of\nthe list", "the list", "list", ""]
    assert [found.rest(n) for n in range(6)] == after
    assert parse('APP-1 "one text"', KEYS).rest(1) == "one text"
    assert parse('APP-1 "one" text', KEYS).rest(1) == '"one" text'


# ---- tidying ----


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\u00a0b\u202fc", "a b c"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("po\u200dints\u200b=\u202e5\x00\x1b \n", "points=5"),
        ("e\u0301", "é"),
        ("\ud800x", "x"),
        ("“smart”", "“smart”"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a" + "\u0316\u0301" * 50_000, "á" + "\u0316" * 15 + "\u0301" * 14),
    ],
)
def test_what_was_typed_is_tidied(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


ODD = st.sampled_from("\"“”„«»'‘’\\=- \n\r\t\u00a0\u200b\u200d\u0301\u0338\u0344\u202e\u2028—aAK")
CHARACTERS = st.text(st.one_of(ODD, st.characters()), max_size=40)
LOOKALIKES = st.sampled_from(
    [
        "points=3",
        "--due",
        "—label",
        "because=",
        "Type=x",
        'as="',
        "\\",
        '\\"',
        "don't",
        '"',
        "“a b”",
        "'",
        "a=b",
        "note",
    ]
)
JUNK = st.one_of(CHARACTERS, st.lists(LOOKALIKES, max_size=8).map(" ".join))
TIDY = JUNK.map(tidy)


@patient
@given(JUNK)
@example("\u0344" * 31)
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert unicodedata.is_normalized("NFC", tidy(text))


# ---- there and back ----


@patient
@given(TIDY, st.dictionaries(st.sampled_from(sorted(KEYS)), TIDY))
@example("", {"label": "\u0338"})
@example('"a"', {"because": "\\"})
@example("—points 5", {"points": ""})
def test_what_is_rendered_parses_back(text: str, options: dict[str, str]) -> None:
    assert read(render(text, options, KEYS)) == (text, options)


@patient
@given(TIDY, st.dictionaries(st.sampled_from(sorted(KEYS)), TIDY))
def test_rendered_text_follows_words(text: str, options: dict[str, str]) -> None:
    found = parse(f"comment APP-1 {render(text, options, KEYS)}", KEYS)
    assert (found.rest(2), found.options) == (text, options)


@patient
@given(TIDY)
def test_a_quoted_value_is_one_word(value: str) -> None:
    assert [token.text for token in tokens(f"a {quote(value)} b")] == ["a", value, "b"]


def test_a_button_reads_like_something_one_would_type() -> None:
    line = render("Don't panic", {"points": "5", "because": "they asked"}, KEYS)
    assert line == 'Don\'t panic points=5 because="they asked"'
    assert render("all points=5", {}, KEYS) == '"all points=5"'


def test_an_undeclared_option_cannot_be_rendered() -> None:
    with pytest.raises(ValueError, match="colour"):
        render("x", {"colour": "red"}, KEYS)


# ---- nothing is lost ----


@patient
@given(JUNK)
def test_without_declared_keys_everything_typed_is_text(line: str) -> None:
    found = parse(line, {})
    if not (len(found.words) == 1 and found.words[0].quoted):
        assert found.text == tidy(line).strip()
    assert found.options == {}


@patient
@given(JUNK)
def test_what_stands_between_the_words_is_options_and_nothing_else(line: str) -> None:
    found, clean = parse(line, KEYS), tidy(line)
    starts, ends = [word.start for word in found.words], [word.end for word in found.words]
    between = [clean[a:b] for a, b in zip([0, *ends], [*starts, len(clean)], strict=True)]
    options: dict[str, str] = {}
    for gap in between:
        alone = parse(gap, KEYS)
        assert alone.text == ""
        options |= alone.options
    assert options == found.options


@patient
@given(JUNK)
def test_the_text_is_its_words_as_they_were_typed(line: str) -> None:
    found, clean = parse(line, KEYS), tidy(line)
    if len(found.words) == 1 and found.words[0].quoted:
        assert found.text == found.words[0].text
    else:
        typed = "".join(clean[word.start : word.end] for word in found.words)
        assert "".join(typed.split()) == "".join(found.text.split())


LETTERS = string.ascii_letters + string.digits + "äß@#.,:/&"
PLAIN = st.text(LETTERS, min_size=1, max_size=8)
OPTION = st.tuples(st.sampled_from(["type", "points", "due", "label"]), PLAIN)


@patient
@given(st.lists(st.one_of(PLAIN, OPTION), max_size=12))
def test_words_and_options_in_any_order_are_all_found(parts: list[str | tuple[str, str]]) -> None:
    found = parse(" ".join(p if isinstance(p, str) else "=".join(p) for p in parts), KEYS)
    assert found.text == " ".join(p for p in parts if isinstance(p, str))
    assert found.options == dict(p for p in parts if not isinstance(p, str))


# ---- 100 kB of junk ----

KB = 100_000


@pytest.mark.parametrize(
    "junk",
    [
        '"' * KB + "x",
        "= " * (KB // 2),
        "=" * KB,
        "\\" * KB + "x",
        '"' + "\\" * KB + "x",
        '"a ' * (KB // 3),
        "\"a 'b " * (KB // 6),
        "“‘„ " * (KB // 4),
        "a " * KB,
        "a" * KB,
        "x= " * (KB // 3),
        "\n" * KB + "x",
    ],
    ids=lambda junk: repr(junk[:6]),
)
def test_a_lot_of_junk_stays_the_text(junk: str) -> None:
    assert read(junk) == (junk.strip(), {})
    assert read(render(junk.strip(), {"label": junk.strip()}, KEYS)) == (junk.strip(), {"label": junk.strip()})


@pytest.mark.parametrize(
    ("junk", "text", "options"),
    [
        ("points= " * 50_000, "", {"points": ""}),
        ("points=1 x " * 10_000, " ".join(["x"] * 10_000), {"points": "1"}),
        ("--points " * 10_000, "", {"points": ""}),
        ('because="a ' * 10_000, "", {"because": '"a'}),
        ('because="a" ' * 10_000, "", {"because": "a"}),
        ("points='a " * 10_000, "", {"points": "'a"}),
        ('"' + "\\\\" * KB + '"', "\\" * KB, {}),
    ],
    ids=lambda part: repr(part)[:12],
)
def test_a_lot_of_options_are_read(junk: str, text: str, options: dict[str, str]) -> None:
    assert read(junk) == (text, options)


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("pionts=3", "points"),
        ("point=3", "points"),
        ("pointss=3", "points"),
        ("Pionts=", "points"),
        ("--pionts", "points"),
        ("labl=x", "label"),
        ("tpye=bug", "type"),
        ("becuase=x", "because"),
        ("ponits", None),
        ("points=3", None),
        ("POINTS=3", None),
        ("du=3", None),
        ("oinst=3", None),
        ("https://x/?pionts=3", None),
        ("", None),
    ],
)
def test_a_near_miss_of_a_long_key_is_noticed(token: str, key: str | None) -> None:
    assert near_miss(token, KEYS) == key


@patient
@given(st.sampled_from(["points", "label", "because"]), st.data())
def test_one_letter_off_is_near_from_either_side(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(key) - 2))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    for slip in (
        key[:at] + key[at + 1 :],
        key[:at] + letter + key[at:],
        key[:at] + letter + key[at + 1 :],
        key[:at] + key[at + 1] + key[at] + key[at + 2 :],
    ):
        assert near_miss(f"{slip}=1", [key]) == (None if slip == key else key)
        assert near_miss(f"{key}=1", [slip]) == (None if slip == key or len(slip) < 4 else slip)


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("bcaklog", "backlog"),
        ("Backlg", "backlog"),
        ("back", "backlog"),
        ("sprnt", "sprint"),
        ("hlep", "help"),
        ("xyzzy", None),
        ("b", None),
        ("", None),
        ("q" * KB, None),
    ],
)
def test_the_nearest_word_is_suggested(word: str, known: str | None) -> None:
    assert suggest(word, ["help", "backlog", "sprint", "standup"]) == known
