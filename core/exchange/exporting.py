"""A product out of the database, in one of the formats of export.py."""

import json
from collections.abc import Iterator
from typing import Any

from core.exchange.export import FORMATS
from core.product import whole
from core.product.people import Directory, ProductInfo
from core.store.database import Session

# a member of the document -> the word under which an import keeps it
_SAID = {"source_status": "status", "priority": "priority", "parent": "parent", "assignee": "assignee"}


_STORY = {"persona": "as", "want": "want", "benefit": "so"}


def exported(db: Session, directory: Directory, product: ProductInfo, form: str) -> Iterator[str]:
    """The whole backlog of a product, in order, as pieces of one text; read while `db` is open.

    form   a name in FORMATS: json and csv are read back, markdown is for people
    """
    head = {"key": product.key, "name": product.name, "tz": product.tz}
    items = (_item(item, product.key, directory) for part in whole.exported(db, product.id) for item in part)
    yield from FORMATS[form](head, items, at=db.now)


def _item(item: dict[str, Any], key: str, directory: Directory) -> dict[str, Any]:
    """An item as the document names its members; what its source said and we have no field for goes to `extra`."""
    extra = json.loads(item.pop("external") or "{}")
    said = {name: extra.pop(word) for name, word in _SAID.items() if word in extra}
    comments = [
        {"text": c["text"], "author": directory.names.get(c["author_id"], ""), "at": c["created_at"]}
        for c in item["comments"]
    ]
    named = directory.names.get(item.pop("assignee_id") or "", "")
    word = said.pop("assignee", "")
    if named and word:
        extra["assignee"] = word  # as the source called them, though somebody else has it now
    epic = item.pop("epic")
    item["waits_for"] = [f"{key}-{number}" for number in item["waits_for"]]
    for ours, name in _STORY.items():
        item[name] = item.pop(ours)
    return {
        "key": f"{key}-{item.pop('number')}",
        **item,
        **said,
        "assignee": named or word,
        "epic": f"{key}-{epic}" if epic else "",
        "comments": comments,
        "extra": extra,
    }
