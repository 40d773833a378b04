"""`link` and `unlink`: a thread and an item that belong together; and what is said in such a thread as it is."""

import re

from core.chat.ask import Ask
from core.chat.card import Card, Reply
from core.chat.words import shorten
from core.commands.call import Call
from core.commands.items import Words, changed, items_of
from core.commands.refused import Refused
from core.commands.registry import REGISTRY, Match, Miss, Registry, Said, command
from core.commands.telling import Kind, tell
from core.product import ties
from core.product.people import Directory
from core.schedule.threads import line
from core.store.database import Session

tell("ties", Kind("tie", says=("name",), silent=frozenset({"platform", "place", "thread"}), names={"item_id": "item"}))

_URL = re.compile(r"https?://\S+")
_FEW = 2  # words that are rather a mistyped command than something to tell


@command("link ITEM [here|URL]", example="link APP-12 https://example.com/notes")
def link(call: Call) -> Said:
    """Tie this thread to an item: comments go both ways, its state is told here, and ITEM may be left out."""
    reference = call.take_items(count=1)[0]
    word = call.take_word()
    call.end()
    [item] = items_of(call, [reference])
    key = Words(call).key(item.number)
    if word.lower() not in ("", "here"):
        url = word.strip("<>").partition("|")[0]
        if not _URL.fullmatch(url) or len(url) > 1000:
            raise Refused(f"“{shorten(word, 40)}” is no address.", f"link {key} here")
        item.link = url
        call.db.flush()
        return changed(call, [item], f"linked to {url}")
    thread = ties.where(call.ask)
    if thread is None:
        why = "This is no thread. Say it in the thread that belongs to the item"
        raise Refused(f"{why}, or give an address behind it.", f"link {key} https://example.com/a-page")
    before = ties.item_at(call.db, thread, call.product.id)
    if before == item.number:
        return Reply(ok=True, card=Card(f"This thread is tied to {key} already; nothing was changed."))
    ties.tie(call.db, item, thread, call.ask.place.name)
    after = f", no longer to {Words(call).key(before)}" if before else ""
    state = line(key, item.title, item.status, call.name(item.assignee_id) if item.assignee_id else "")
    return Card(f"This thread is tied to {state}{after}")


@command("unlink [ITEM]", example="unlink APP-12")
def unlink(call: Call) -> Said:
    """Untie this thread from its item, or an item from its threads and its address; what was said stays."""
    references = call.take_items(count=1) if call.peek() or call.tied else []
    call.end()
    if not references:
        raise Refused(
            "This is no thread that is tied to an item. Say it there, or name the item.", call.command.example
        )
    named = bool(call.line.text)
    [item] = items_of(call, references)
    key = Words(call).key(item.number)
    found = ties.ties_of(call.db, item.id)
    if not named:
        here = ties.where(call.ask)
        found = [one for one in found if (one.platform, one.place, one.thread) == here]
    if not found and not item.link:
        raise Refused(f"{key} is tied to no thread and to no address.", f"backlog show {key}")
    for one in found:
        call.db.delete(one)
    item.link = "" if named else item.link
    call.db.flush()
    return Card(f"{key} is no longer linked" if named else f"This thread is no longer tied to {key}")


def meant(db: Session, ask: Ask, directory: Directory, miss: Miss, registry: Registry = REGISTRY) -> Match | None:
    """What is said in a tied thread, and is no command, is a comment of its item; None where it is not so.

    A group's word with an unknown verb, and a word or two that are nearly a command, are rather mistyped.
    """
    thread = ties.where(ask)
    product = directory.product_of(ask.connection.platform, ask.place)
    words = ask.text.split()
    if thread is None or product is None or not words or words[0].lower() in registry.groups:
        return None
    if miss.near and len(words) <= _FEW:
        return None
    number = ties.item_at(db, thread, product.id)
    if number is None:
        return None
    return Match(registry.commands[("backlog", "comment")], f"{product.key}-{number} heard=yes {ask.text}")
