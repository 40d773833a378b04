"""The model that compares meanings: where it lies, and when what was written since is embedded."""

import logging
import sys
from datetime import datetime
from pathlib import Path

from bot.settings import Settings
from core.chat import grammar
from core.commands.dispatch import Steward
from core.commands.registry import Match
from core.knowledge import model as models
from core.knowledge.catching_up import catch_up
from core.knowledge.model import Model

log = logging.getLogger("steward")

IN_TURN = 32  # passages that the worker embeds at a time
ON_DEMAND = 100  # that a terminal, which has no worker, embeds before it answers
SEARCHES = frozenset({"ask", "backlog search"})


def model(settings: Settings) -> Model | None:
    """The model that is installed: in a folder of one's own, else where `make setup` puts it. None without one."""
    own = bool(settings.model_folder)
    files = models.find(Path(settings.model_folder) if own else Path(sys.prefix) / "model", own=own)
    if files is None and own:
        log.warning("STEWARD_MODEL_FOLDER holds no model.onnx and tokenizer.json; searching by words alone")
    return Model(files) if files else None


def before(steward: Steward, text: str, now: datetime) -> None:
    """In a terminal what was written is embedded when somebody first asks for it."""
    match = steward.registry.find(grammar.tidy(text))
    if isinstance(match, Match) and match.command.name in SEARCHES:
        catch_up(steward.database, now, ON_DEMAND)
