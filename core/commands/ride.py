"""Whether a reply rides in the response that the asker's platform is waiting for, or follows through the outbox."""

import threading

from core.chat.card import Reply, files, pictures

EVERYTHING = frozenset({"you", "place", "pictures", "files", "lasting"})
NOTHING: frozenset[str] = frozenset()


class Ride:
    """Decided once, by whoever comes first: the transaction about to commit, or the adapter whose time is up.

    allowed  what the response can carry: {"you", "place"} (`Reply.seen_by`), and {"pictures", "files", "lasting"}
    unheard  nobody waits for the reply: however late it is, it goes no other way
    posted   what stands in the outbox instead, be it the reply or what is said until there is one; None where it rides
             or where nothing is there yet: then the asker is told that it follows
    """

    def __init__(self, allowed: frozenset[str], *, unheard: bool = False) -> None:
        self.posted: Reply | None = None
        self.allowed = allowed
        self.unheard = unheard
        self._lock = threading.Lock()
        self._settled = False
        self._late = False

    def settle(self, reply: Reply) -> bool:
        """Called just before the commit: True where the reply rides, False where it must go into the outbox."""
        with self._lock:
            rides = self.unheard or (_wants(reply) <= self.allowed and not self._late)
            self._settled = True
            self.posted = None if rides or self._late else reply  # who was told to wait is told nothing else
            return rides

    def post(self, meanwhile: Reply) -> None:
        """Called just before the commit that puts into the outbox what is said until there is a reply."""
        with self._lock:
            self._settled = True
            self.posted = None if self._late else meanwhile

    def give_up(self) -> bool:
        """Called when time is up: True where the reply will follow; False where it is settled and comes at once."""
        with self._lock:
            self._late = not self._settled
            return self._late


def _wants(reply: Reply) -> frozenset[str]:
    """What a response must be able to carry."""
    wants: dict[str, bool] = {reply.seen_by: True, "lasting": reply.lasting}
    if reply.card is not None:
        wants |= {"pictures": bool(pictures(reply.card)), "files": bool(files(reply.card))}
    return frozenset(name for name, wanted in wants.items() if wanted)
