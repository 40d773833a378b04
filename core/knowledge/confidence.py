"""How sure an answer is: a logistic regression over a few signals, fitted offline by bench/fit_answers.py and
cross-validated by source. 0.7 means that of ten such questions about seven were answered in what there was to read."""

from math import exp

from core.knowledge.search import Signals

# intercept, then best, gap, share, near, fit
WITH_MEANING = (-2.0, 0.2, 0.1, 1.0, -3.0, 4.0)
WORDS_ALONE = (-1.0, 0.1, 0.2, 2.0, 0.0, 0.0)
# From which confidence it is an answer, and from which it is worth showing as the closest there is
SURE, NEAR = 0.7, 0.4
HIGH = 0.85
WIDEST = 6.0  # a gap that says no more when it is wider


def of(signals: Signals) -> float:
    """The probability that the best passage answers the question."""
    weights = WITH_MEANING if signals.meaning else WORDS_ALONE
    found = zip(weights, features(signals), strict=True)
    return 1 / (1 + exp(-sum(weight * value for weight, value in found)))


def features(signals: Signals) -> tuple[float, ...]:
    return (1.0, signals.best, min(signals.gap, WIDEST), signals.share, signals.near, signals.fit)
