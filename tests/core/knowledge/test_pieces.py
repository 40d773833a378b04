"""Text is cut where a reader would cut it, and nothing of it is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.knowledge.pieces import LONGEST, pieces, sections, sentences

NOTES = """Said first.

# Limits
Archived projects are left out.

## Size
At most 2 GB.
```
# no heading, a comment in code
```

Format
======
A semicolon.
"""


def test_sections_know_the_headings_that_lead_to_them() -> None:
    found = [(section.path, section.text.splitlines()[0]) for section in sections(NOTES)]
    assert found == [
        ((), "Said first."),
        (("Limits",), "Archived projects are left out."),
        (("Limits", "Size"), "At most 2 GB."),
        (("Format",), "A semicolon."),
    ]


def test_a_heading_in_code_is_code() -> None:
    assert "# no heading" in next(s.text for s in sections(NOTES) if s.path[-1:] == ("Size",))


def test_sentences_end_where_they_end() -> None:
    text = 'Use e.g. 3.5 files, i.e. few. "Is it so?" Yes! See Fig. 2 there.\n- one entry\n- another\n\nA paragraph'
    assert sentences(text) == [
        "Use e.g. 3.5 files, i.e. few.",
        '"Is it so?"',
        "Yes!",
        "See Fig. 2 there.",
        "- one entry",
        "- another",
        "A paragraph",
    ]


def test_a_long_section_is_cut_between_paragraphs_and_the_pieces_overlap() -> None:
    paragraphs = [f"Paragraph {n} begins. It says {'much ' * 50}so. It ends {n}." for n in range(8)]
    found = pieces("\n\n".join(paragraphs))
    assert len(found) > 2
    assert all(len(piece) <= 2 * LONGEST for piece in found)
    for before, after in pairwise(found):
        assert after.startswith(sentences(before)[-1])


@given(st.text(alphabet="ab .\n#-`=\u00e9\u4e2d", max_size=4000))
def test_no_word_is_lost(text: str) -> None:
    kept = " ".join(" ".join((*section.path, *pieces(section.text))) for section in sections(text))
    wanted = set("".join(c if c.isalnum() else " " for c in text).split())
    there = "".join(kept.split())
    assert all(word in there for word in wanted)


@given(st.text(max_size=3000))
def test_pieces_are_bounded_and_none_is_empty(text: str) -> None:
    found = pieces(text)
    assert all(piece.strip() and len(piece) <= 2 * LONGEST for piece in found)
    assert bool(found) == bool(text.strip())


def test_marks_that_close_a_heading_are_no_part_of_it() -> None:
    paths = [section.path for section in sections("# Size ##\nAt most 2 GB.\n\n## Limits  \nNone.\n")]
    assert paths == [("Size",), ("Size", "Limits")]


def test_a_document_of_blanks_and_marks_is_read_at_once() -> None:
    """A reader that goes back from each of them would hold up a writer for hours."""
    for heading in (f"# Size{' ' * 100_000}of it", f"# {' #' * 50_000} of it"):
        assert [section.text.strip() for section in sections(f"{heading}\nAt most 2 GB.\n")] == ["At most 2 GB."]
    marks = "`" * 100_000
    assert [section.text for section in sections(marks)] == [marks]
