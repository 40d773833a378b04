"""How sure an answer is: a logistic regression over a few signals, fitted offline by bench/fit_answers.py and
cross-validated by source. 0.7 means that of ten such questions about seven were answered in what there was to read."""

from math import exp

from core.knowledge.signals import Signals

WITH_MEANING = (-3.689, 0.477, -5.718, -5.454, 10.193, -2.353, 0.262)  # 1, best, near, first, own, wide, whole
WORDS_ALONE = (-1.367, 0.581, 0.277, -3.187)  # 1, best, gap, share
# From which confidence it is an answer, and from which it is worth showing as the closest there is
SURE, NEAR = 0.74, 0.5
HIGH = 0.9
WIDEST = 6.0  # a gap that says no more when it is wider


def of(signals: Signals) -> float:
    """The probability that the best passage answers the question."""
    weights = WITH_MEANING if signals.meaning else WORDS_ALONE
    total = sum(weight * value for weight, value in zip(weights, features(signals), strict=True))
    return 1 / (1 + exp(-total))


def features(signals: Signals) -> tuple[float, ...]:
    if signals.meaning:
        return (1.0, signals.best, signals.near, signals.first, signals.own, signals.wide, signals.whole)
    return (1.0, signals.best, min(signals.gap, WIDEST), signals.share)
