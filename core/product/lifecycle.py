"""What to ask in each stage of a product's life, and what in the record may answer it."""

from dataclasses import dataclass

VISION, STRATEGY, GOALS, METRICS, PRICES, ROADMAP = "vision", "strategy", "goals", "metrics", "prices", "roadmap"
CUSTOMERS, COMPETITORS = "customer", "competitor"  # kinds of feedback


@dataclass(frozen=True, slots=True)
class Question:
    """source: where in the record its answer would stand."""

    asks: str
    source: str


QUESTIONS: dict[str, tuple[Question, ...]] = {
    "introduction": (
        Question("Who is it for, and what changes for them?", VISION),
        Question("What must be true before we grow?", GOALS),
        Question("Which number shows that people come back?", METRICS),
        Question("What does a first customer pay, and why that?", PRICES),
        Question("What do the first users tell us?", CUSTOMERS),
    ),
    "growth": (
        Question("Where does growth come from, and what holds it up?", STRATEGY),
        Question("Which number shows it, and does it move?", METRICS),
        Question("Do prices follow what it is worth?", PRICES),
        Question("What do competitors do about it?", COMPETITORS),
        Question("What comes next, and what is left out?", ROADMAP),
    ),
    "maturity": (
        Question("What keeps customers, and what would make them leave?", CUSTOMERS),
        Question("What sets us apart from competitors?", COMPETITORS),
        Question("Are plans and prices still right?", PRICES),
        Question("What can become simpler or cheaper to run?", GOALS),
        Question("What follows: a new market, or a new product?", STRATEGY),
    ),
    "decline": (
        Question("Who still depends on it?", CUSTOMERS),
        Question("Which number says that it is time?", METRICS),
        Question("What is promised and must be kept?", ROADMAP),
        Question("What replaces it, and when does it end?", STRATEGY),
        Question("What do the last customers pay?", PRICES),
    ),
}
