"""A product written to a file."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.exchange.document import VERSION

# The order in which an item's members are written; any other follows by name.
_ORDER = """key, title, description, type, status, points, labels, assignee, priority, parent, created_at, closed_at,
    comments, source, external_id, external_key, source_status, extra"""
_RANK = {name.strip(): rank for rank, name in enumerate(_ORDER.split(","))}


def to_json(product: Mapping[str, Any], items: Iterable[Mapping[str, Any]], *, at: datetime) -> Iterator[str]:
    """One JSON document in pieces, an item a line: {"steward": 1, "product": …, "exported_at": …, "items": […]}.

    Every member an item has is written, in a fixed order. Names that a Row has too (see document.py) are read back as
    such, the others into `extra`. Aware times become UTC in ISO 8601; a time without a zone raises ValueError.
    """
    yield f'{{"steward": {VERSION}, "product": {_dumped(product)}, "exported_at": {_dumped(at)}, "items": ['
    between = "\n"
    for item in items:
        names = sorted(item, key=lambda name: (_RANK.get(name, len(_RANK)), name))
        yield between + _dumped({name: item[name] for name in names})
        between = ",\n"
    yield "\n]}\n"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: Any) -> Any:
    match value:
        case datetime() if value.tzinfo is None:
            raise ValueError(f"{value} has no zone.")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case UUID():
            return str(value)
        case Mapping():
            return dict(value)
        case Set():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")
