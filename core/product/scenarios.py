"""Given/When/Then as Cucumber reads it (gherkin-official), and as people say it: in one sentence, wrapped, in small
letters, pasted with its heading, or in their own language."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

# A step keyword of English Gherkin (https://cucumber.io/docs/gherkin/reference/#keywords) at the start of a word
_STEP = re.compile(r"(?<!\S)(Given|When|Then|And|But)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;.:]\s+\Z|\n\s*\Z")  # what ends before a step that is written small
_KEPT = ("|", '"""', "```", "@", "#")  # lines that are part of no sentence: tables, texts, tags, comments
_SEVERAL = re.compile(r"\n\s*\S")
_HEADINGS = ("feature", "background", "scenario", "scenarioOutline", "examples", "rule")


@lru_cache(512)
def steps(text: str) -> tuple[str, ...]:
    """The steps, each with its keyword; () where it is not of that form: it must begin with a Given or a When, behind
    a heading or without one, and come to a Then."""
    sentence = _one_a_line(text)
    if not sentence and not _SEVERAL.search(text):
        return ()
    return _read(sentence or text)


def _one_a_line(text: str) -> str:
    """English steps that stand in one sentence, one on each line; '' where it does not begin with one.

    And and But are steps where they are written with a capital, or an 'and' inside a step would end it; so are When and
    Then, or where a comma or the like stands before them, or where given, when and then all follow each other.
    """
    found = list(_STEP.finditer(text))
    marked = [m for m in found if not m.start() or m[0][0].isupper() or _small(text, m)]
    plain = [m for m in found if m[0].lower() in ("given", "when", "then") or m in marked]
    chosen = plain if [m[0].lower() for m in plain] == ["given", "when", "then"] else marked
    if not chosen or text[: chosen[0].start()].strip() or chosen[0][0].lower() not in ("given", "when"):
        return ""
    ends = [*(m.start() for m in chosen[1:]), len(text)]
    return "\n".join(
        f"{m[0].capitalize()} {text[m.end() : end].strip().rstrip(',;')}" for m, end in zip(chosen, ends, strict=True)
    )


def _small(text: str, step: re.Match[str]) -> bool:
    return step[0].lower() in ("when", "then") and _CLAUSE.search(text[: step.start()][-8:]) is not None


def _read(text: str) -> tuple[str, ...]:
    from gherkin.dialect import DIALECTS
    from gherkin.errors import ParserException
    from gherkin.parser import Parser
    from gherkin.token_matcher import TokenMatcher
    from gherkin.token_scanner import TokenScanner

    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for name, words in sorted(DIALECTS.items(), key=lambda one: one[0] != "en"):
        if not _speaks(words, lines):
            continue
        try:
            parsed = Parser().parse(TokenScanner(_document(words, lines)), TokenMatcher(name))
        except ParserException:
            continue
        found = list(_steps(parsed["feature"]))
        kinds = [kind for kind, _ in found]
        if kinds and kinds[0] in ("Context", "Action", "Unknown") and "Outcome" in kinds:
            return tuple(step for _, step in found)
    return ()


def _speaks(words: Mapping[str, Any], lines: list[str]) -> bool:
    """Whether the lines begin with a step, or a heading, and come to a Then, in one language's words."""
    begins = tuple(word for kind in ("given", "when") for word in words[kind] if word != "* ")
    then = tuple(word for word in words["then"] if word != "* ")
    first = next((line for line in lines if not line.startswith(_KEPT)), "")
    return (first.startswith(begins) or _is_heading(words, first)) and any(line.startswith(then) for line in lines)


def _is_heading(words: Mapping[str, Any], line: str) -> bool:
    return any(line.startswith(f"{word}:") for kind in _HEADINGS for word in words[kind])


def _document(words: Mapping[str, Any], lines: list[str]) -> str:
    """The lines as a whole document; a line that begins with no keyword goes on from the one before."""
    begins = tuple(word for kind in ("given", "when", "then", "and", "but") for word in words[kind])
    whole: list[str] = []
    heading = False
    for line in lines:
        begun = _is_heading(words, line)
        if begun or heading or line.startswith((*begins, *_KEPT)) or not whole or whole[-1].startswith(_KEPT):
            whole.append(line)
        else:
            whole[-1] += f" {line}"
        heading = (begun or heading) and not line.startswith(begins)
    feature, scenario = ([f"{word}:" for word in words[kind]] for kind in ("feature", "scenario"))
    if not any(line.startswith(tuple(feature)) for line in whole):
        headed = any(_is_heading(words, line) for line in whole)
        whole = [feature[0], *([] if headed else [scenario[0]]), *whole]
    return "\n".join(whole)


def _steps(part: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The steps of a feature, a rule or a scenario, each with its kind."""
    for child in part.get("children", ()):
        for inner in child.values():
            yield from _steps(inner)
    for step in part.get("steps", ()):
        rows = step.get("dataTable", {}).get("rows", ())
        table = "; ".join(" | ".join(cell["value"] for cell in row["cells"]) for row in rows)
        more = table or step.get("docString", {}).get("content", "")
        said = f"{step['keyword'].strip()} {' '.join(step['text'].split()).rstrip(',;')}"
        yield step["keywordType"], f"{said} {' '.join(more.split())}".strip()
