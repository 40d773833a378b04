"""Text cut into what can be found and quoted: Markdown into sections, long sections into overlapping pieces, pieces
into sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 900  # characters of a piece: about as much as the embedding model reads
OVERLAP = 160  # characters of a piece that may stand at the beginning of the next one, too
SHORTEST = 120  # a remainder shorter than this joins the piece before it

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]++(\S[^\n]*)$|^(\S[^\n]*)\n(={3,}|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```++|~~~++)[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
# A sentence ends at . ! ? (closing quotes and brackets belong to it) before a blank and something that may begin one
_SENTENCE_END = re.compile(
    r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9`*_À-ÖØ-Þ])|\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*+•]|\d+[.)])\s)"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|no|nr|fig|dr|mr|mrs|ms|prof|st|jr|sr|inc|ltd|co|ca|u\.s)\.|\b[A-Z]\.)$",
    re.IGNORECASE,
)
ABBREVIATION = 8  # characters at a sentence's end that tell whether one stands there


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading; `path` are the headings that lead there, the outermost first."""

    path: tuple[str, ...]
    text: str


# A first line that is a heading without a mark: short, begun with a capital, not a sentence nor a list
_PLAIN_HEADING = re.compile(
    r"\s*(?![-*+>#|(\[]|\d+[.)]|```)([^\W_a-zß-öø-ÿ][^\n]{1,88}[^\s.:;,!?|]|`[^\n]{1,88}[^\s.:;,!?|])[ \t]*\n"
    r"(?!\s*[=-]{3,})"
)
MOST_WORDS = 12  # of such a heading


def sections(markdown: str) -> Iterator[Section]:
    """A Markdown text by its headings ('# …', underlined ones, and a first line that reads as one; not those in fenced
    code). A heading that nothing stands below is a text itself; one that only headings stand below is in their paths.
    """
    fenced = [found.span() for found in _FENCE.finditer(markdown)]
    path: list[tuple[int, str]] = []
    start = 0
    if (first := _PLAIN_HEADING.match(markdown)) and _is_heading(first[1], markdown[first.end() :]):
        path.append((6, _plain(first[1])))
        start = first.end()
    for found in _HEADING.finditer(markdown):
        if any(begin <= found.start() < end for begin, end in fenced):
            continue
        level = len(found[1]) if found[1] else 1 if found[4][0] == "=" else 2
        yield from _section(path, markdown[start : found.start()], level)
        path = [above for above in path if above[0] < level]
        path.append((level, _plain(_unclosed(found[2]) if found[2] else found[3])))
        start = found.end()
    yield from _section(path, markdown[start:], 0)


def _section(path: list[tuple[int, str]], text: str, next_level: int) -> Iterator[Section]:
    headings = tuple(heading for _, heading in path)
    if text := text.strip("\n").rstrip():
        yield Section(headings, text)
    elif path and next_level <= path[-1][0] and headings[-1]:
        yield Section(headings[:-1], headings[-1])


def _is_heading(line: str, rest: str) -> bool:
    """Whether a first line is no beginning of a sentence that goes on in the next one."""
    goes_on = rest[:1].islower()
    return bool(rest.strip()) and not goes_on and ". " not in line and len(line.split()) <= MOST_WORDS


def _unclosed(heading: str) -> str:
    """A heading without the marks that may close it as they opened it."""
    return heading.rstrip().rstrip("#").rstrip() or heading


def _plain(heading: str) -> str:
    return " ".join(re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).split())


def pieces(text: str) -> list[str]:
    """A text in overlapping pieces of at most about LONGEST characters, cut between paragraphs where it can be, else
    between sentences, else between words. A short text is one piece."""
    text = text.strip()
    if len(text) <= LONGEST:
        return [text] if text else []
    found: list[str] = []
    current = ""
    for part, join in _parts(text):
        if current and len(current) + len(join) + len(part) > LONGEST:
            found.append(current)
            current = _tail(current)
            if len(current) + len(join) + len(part) > LONGEST:
                current = ""
        current = f"{current}{join}{part}" if current else part
    if found and len(current) < SHORTEST:
        found[-1] = f"{found[-1]}\n\n{current}"
    else:
        found.append(current)
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """The smallest parts that are not cut, each with what joins it to the one before."""
    for paragraph in _PARAGRAPH.split(text):
        if len(paragraph) <= LONGEST // 2:
            yield paragraph, "\n\n"
            continue
        join = "\n\n"
        for sentence in sentences(paragraph):
            for start in range(0, len(sentence), LONGEST):
                yield sentence[start : start + LONGEST], join
                join = " "


def _tail(piece: str) -> str:
    """The last sentence of a piece, where it is short enough to begin the next one."""
    last = sentences(piece[-2 * OVERLAP :])[-1:]  # what is cut there is too long anyway
    return last[0] if last and len(last[0]) <= OVERLAP else ""


def sentences(text: str) -> list[str]:
    """The sentences and list entries of a text, as written, without outer blanks."""
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        sentence = text[start : end.start()].rstrip()
        closing = end[0].strip()
        if not closing and "\n" not in end[0] and _ABBREVIATED.search(sentence, max(0, len(sentence) - ABBREVIATION)):
            continue
        if sentence := f"{sentence}{closing}".strip():
            found.append(sentence)
        start = end.end()
    if rest := text[start:].strip():
        found.append(rest)
    return found
