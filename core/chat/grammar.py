"""A typed line as free text and options ('The line' in COMMANDS.md), and the way back: `parse` and `render`.

Everything here takes time linear in its input, whatever was typed.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice

from rapidfuzz import process
from rapidfuzz.distance import OSA

_DOUBLE = '"“”„«»'
_SINGLE = "'‘’"
_FAMILY = {**dict.fromkeys(_DOUBLE, _DOUBLE), **dict.fromkeys(_SINGLE, _SINGLE)}
# A quote closes only before a blank or the end, and only where an even run of backslashes stands before it.
_CLOSING = {kind: re.compile(rf"(?<!\\)(?:\\\\)*+[{kind}](?!\S)") for kind in (_DOUBLE, _SINGLE)}
_ESCAPED = {kind: re.compile(rf"(?<!\\)\\++(?=[{kind}]|\Z)") for kind in (_DOUBLE, _SINGLE)}
_TO_ESCAPE = re.compile(rf"(?<!\\)(\\*+)([{_DOUBLE}]|\Z)")

# Phones and Macs turn '--' into a long dash while one types.
_KEY = re.compile(r"(?:(?:--|—)(?P<dashed>[A-Za-z][\w-]*+)=?+|(?P<plain>[A-Za-z][\w-]*+)=)", re.ASCII)
_QUOTE_OR_KEY = re.compile(rf"(?<!\S)(?:[{_DOUBLE}{_SINGLE}]|{_KEY.pattern})")
_WORD = re.compile(r"\S+")
_BLANKS = re.compile(r"[^\S\n]+")
# '=' and a following combining stroke would be composed into '≠', hence the first character.
_PLAIN_VALUE = re.compile(r"(?:[\w@#$%/.+]|-(?=\d))(?:[^\s=\\" + _DOUBLE + _SINGLE + r"])*+")

# What names several people takes mentions as pickers set them: one behind the other, with or without commas.
_SEVERAL = frozenset({"to", "with", "for"})
_MENTIONS = re.compile(r"@[^\s,;]++(?:[,;]*+[^\S\n]*+@[^\s,;]++)+")

_NEWLINE = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Soft hyphen, zero-width and bidi controls, and lone surrogates, which no database takes.
_INVISIBLE = re.compile(
    "[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
# Joiners hold emoji and Persian words together; after ASCII they only hide.
_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+")
# Normalising takes quadratic time over a long run of accents; Unicode's stream-safe format (UAX 15) allows 30.
_ACCENTS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
_MOST_ACCENTS = 30
_HARD_BLANKS = dict.fromkeys((0xA0, 0x2007, 0x202F), " ")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, or a quoted string without its quotes; `start` and `end` are offsets in the tidied line, with quotes."""

    text: str
    quoted: bool
    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """What a line says to one command.

    text     the free text as typed, without the options; one quoted string alone loses its quotes
    options  declared key -> value; of a key given twice the last one counts
    line     the tidied line that the words' offsets are about
    spans    where in it the free text stands: pieces without outer blanks, and what joins each to the one before
    """

    text: str
    options: dict[str, str]
    line: str = field(default="", repr=False, compare=False)
    spans: tuple[tuple[int, int, str], ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def words(self) -> tuple[Token, ...]:
        """The free text word by word."""
        # On demand, because a pasted 100 kB text is seldom read word by word.
        return tuple(chain.from_iterable(_words(self.line, start, end) for start, end, _ in self.spans))

    def rest(self, n: int) -> str:
        """The free text after its first `n` words, as `text` gives it; '' where there is none."""
        if n >= len(self.words):
            return ""
        word = self.words[n]
        if word.quoted and n == len(self.words) - 1:
            return word.text
        left = [(max(start, word.start), end, join) for start, end, join in self.spans if end > word.start]
        return "".join(f"{join if i else ''}{self.line[start:end]}" for i, (start, end, join) in enumerate(left))


class _Quotes:
    """Finds where quotes close; remembers that a family closes nowhere any more, so that junk costs linear time."""

    def __init__(self, line: str, end: int) -> None:
        self._line = line
        self._end = end
        self._open_for_good: set[str] = set()

    def end(self, start: int) -> int | None:
        """The offset behind the quoted string that opens at `start`; None where none opens, or it never closes."""
        kind = _FAMILY.get(self._line[start : start + 1])  # a slice, because the line may end here
        if kind is None or kind in self._open_for_good:
            return None
        if close := _CLOSING[kind].search(self._line, start + 1, self._end):
            return close.end()
        self._open_for_good.add(kind)
        return None


def tidy(text: str) -> str:
    """What was typed, ready to be read: NFC, blanks and line ends of one kind, nothing invisible, no trailing blanks.

    Quotes and dashes stay as typed; of more than 30 accents on one letter the rest is dropped.
    tidy(tidy(x)) == tidy(x).
    """
    if not text.isprintable():
        text = _CONTROL.sub("", _NEWLINE.sub("\n", text))
    if not text.isascii():
        text = _composed(_INVISIBLE.sub("", text).translate(_HARD_BLANKS))
        # Twice, because a joiner may have stood between letter and accent, and some accents become two.
        text = _composed(_JOINER.sub("", text))
    return text.rstrip()


def tokens(text: str, limit: int | None = None) -> tuple[Token, ...]:
    """The words of a line, the first `limit` of them, whatever they mean; quotes count at the start of a word only."""
    line = tidy(text)
    return tuple(islice(_words(line, 0, len(line)), limit))


def parse(text: str, keys: Mapping[str, bool]) -> Line:
    """A line as free text and options. Never raises: what is no option is text.

    keys: each declared key in lower case -> True where it takes words (up to the next declared key or the end),
    False where it takes one word or a quoted one.
    """
    line = tidy(text)
    quotes = _Quotes(line, len(line))
    options: dict[str, str] = {}
    spans: list[tuple[int, int]] = []
    wordy, start, at = "", 0, 0  # `wordy` is the key whose words are being read, '' in free text
    while found := _QUOTE_OR_KEY.search(line, at):
        key = _declared(found, keys)
        if not key:
            at = quotes.end(found.start()) or found.end()
            continue
        _close(line, wordy, start, found.start(), options, spans)
        wordy = key if keys[key] else ""
        at = start = found.end()
        if wordy:
            at = quotes.end(start) or start
        else:
            options[key], at = _value(line, start, key, keys, quotes)
            start = at
    _close(line, wordy, start, len(line), options, spans)
    return _line(line, spans, options)


def render(text: str, options: Mapping[str, str], keys: Mapping[str, bool]) -> str:
    """The line that says this: parse(render(t, o, k), k) gives t and o back, for every tidied text and value.

    Raises ValueError where an option is not declared. Words before the text may be put in front of the result:
    `Line.rest` gives the text back.
    """
    if unknown := options.keys() - keys.keys():
        raise ValueError(f"not declared: {', '.join(sorted(unknown))}")
    said = [f"{key}={quote(value)}" for key, value in options.items()]
    plain = " ".join([text, *said] if text else said)
    back = parse(plain, keys)
    if back.text == text and back.options == options:
        return plain
    return " ".join([_in_quotes(text), *said])


def quote(value: str) -> str:
    """The value as one word that any command reads back as it is: in quotes where it needs them."""
    return value if _PLAIN_VALUE.fullmatch(value) else _in_quotes(value)


def near_miss(token: str, keys: Iterable[str]) -> str | None:
    """'pionts=3' -> 'points': the declared key that was probably meant.

    Of keys with four letters or more, the one that is a letter added, lost or changed, or two neighbours swapped,
    away. None where the token is no `key=…` or `--key`, is itself a declared key, or nothing is near.
    """
    found = _KEY.match(token)
    if not found:
        return None
    name, known = _name(found), list(keys)
    if name in known:
        return None
    return next((key for key in known if len(key) >= 4 and OSA.distance(name, key, score_cutoff=1) == 1), None)


def suggest(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word to a mistyped one, the earlier where two are equally near; None where nothing is near."""
    name, choices = word.lower(), list(known)
    if best := process.extractOne(name, choices, scorer=OSA.normalized_similarity, score_cutoff=0.6):
        return str(best[0])
    # A short start ('back') is far from the whole by letters, and yet what was meant.
    return min((choice for choice in choices if len(name) > 1 and choice.startswith(name)), key=len, default=None)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", _ACCENTS.sub(_few_accents, text))


def _few_accents(run: re.Match[str]) -> str:
    kept, accents = [], 0
    for letter in run[0]:
        accents = accents + 1 if unicodedata.combining(letter) else 0
        if accents <= _MOST_ACCENTS:
            kept.append(letter)
    return "".join(kept)


def _words(line: str, start: int, end: int) -> Iterator[Token]:
    quotes = _Quotes(line, end)
    behind = start  # where the last quoted string ended
    for word in _WORD.finditer(line, start, end):
        at = word.start()
        if at < behind:
            continue
        if close := quotes.end(at):
            yield Token(_unquoted(line[at:close]), True, at, close)
            behind = close
        else:
            yield Token(word[0], False, at, word.end())


def _name(found: re.Match[str]) -> str:
    return (found["dashed"] or found["plain"] or "").lower()


def _declared(found: re.Match[str], keys: Mapping[str, bool]) -> str:
    """The declared key that was found; '' for a quote, an undeclared key, and '--key' with more letters behind it."""
    name = _name(found)
    if name not in keys:
        return ""
    return (
        name if found["plain"] or found[0][-1] == "=" or not found.string[found.end() : found.end() + 1].strip() else ""
    )


def _value(line: str, start: int, key: str, keys: Mapping[str, bool], quotes: _Quotes) -> tuple[str, int]:
    """The one word at `start`, or behind blanks where it is no option itself; and the offset behind it. Of a key that
    names several people, all mentions that follow one another."""
    if blanks := _BLANKS.match(line, start):
        option = _KEY.match(line, blanks.end())
        if option and _declared(option, keys):
            return "", start
        start = blanks.end()
    if close := quotes.end(start):
        return _unquoted(line[start:close]), close
    word = (_MENTIONS.match(line, start) if key in _SEVERAL else None) or _WORD.match(line, start)
    return (word[0], word.end()) if word else ("", start)


def _close(line: str, wordy: str, start: int, end: int, options: dict[str, str], spans: list[tuple[int, int]]) -> None:
    """Keep what stands between two options: the words of a key, or a piece of free text."""
    if not wordy:
        if start < end:
            spans.append((start, end))
        return
    words = line[start:end].strip()
    options[wordy] = _bare(words)


def _line(line: str, spans: list[tuple[int, int]], options: dict[str, str]) -> Line:
    """Join the pieces of free text: by a blank, or by the newlines that stood around the options between them."""
    kept: list[tuple[int, int, str]] = []
    newlines = 0
    for start, end in spans:
        piece = line[start:end]
        body = piece.strip()
        before = piece.index(body)
        newlines = max(newlines, piece.count("\n", 0, before) if body else piece.count("\n"))
        if body:
            kept.append((start + before, start + before + len(body), "\n" * newlines or " "))
            newlines = piece.count("\n", before + len(body))
    text = "".join(f"{join if i else ''}{line[start:end]}" for i, (start, end, join) in enumerate(kept))
    return Line(_bare(text), options, line, tuple(kept))


def _bare(text: str) -> str:
    """The text; where it is one quoted string wholly, without its quotes."""
    wholly = text[:1] in _FAMILY and _Quotes(text, len(text)).end(0) == len(text)
    return _unquoted(text) if wholly else text


def _in_quotes(value: str) -> str:
    """In straight quotes; backslashes count only before a quote, and are doubled only there."""
    return '"' + _TO_ESCAPE.sub(lambda m: m[1] * 2 + (f"\\{m[2]}" if m[2] else ""), value) + '"'


def _unquoted(quoted: str) -> str:
    return _ESCAPED[_FAMILY[quoted[0]]].sub(lambda run: "\\" * (len(run[0]) // 2), quoted[1:-1])
