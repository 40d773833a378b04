"""Whose it is to decide what a question is about: 'requirements' are the product owner's, 'strategy' the product
manager's: what the product is for, for whom, at what price, and what comes when."""

import re
from typing import Literal

Topic = Literal["requirements", "strategy"]

# said of requirements whatever else is in it: "the goal of this sprint"
_REQUIREMENTS = re.compile(r"\b(sprints?|acceptance|criteri(?:on|a)|requirements?)\b", re.IGNORECASE)
_WORDS = re.compile(
    r"\b(vision|strateg\w*|markets?|marketing|competit\w*|rivals?|pric\w+|cost\w*|fees?|discounts?|expensive"
    r"|licen[cs]\w*|subscription\w*|revenue|budget|monetis\w+|monetiz\w+|roadmap\w*|goals?|launch\w*|growth|stage|segments?|persona"
    r"|positioning|next (?:year|quarter)|free (?:plan|tier|trial)|paid (?:plan|tier)|go[- ]to[- ]market"
    r"|target (?:audience|group|customers?|users?)|business model|sell to|(?:we|you) (?:sell|charge))\b",
    re.IGNORECASE,
)
_PRODUCT = (
    r"(?:(?:the|this|our|your) (?:product|app|application|service|tool|software|platform|thing)"
    r"|it|this|all (?:of )?this)"
)
_WE = r"(?:we|you|they|the team)"
_MAKE = r"(?:build|do|make|ship|release|plan|tackle|get)"
_ASKED = tuple(
    re.compile(rf"\W*(?:(?:so|and|but|well)\W+)?{line}\W*", re.IGNORECASE)
    for line in (
        rf"(?:what|who|whom)(?: is|[’']s|s)? {_PRODUCT} (?:\w+ )?for",
        rf"(?:what|who) (?:is|are) (?:the (?:purpose|point|aim|idea|use|users?|customers?) of|behind) {_PRODUCT}",
        rf"(?:what|which) (?:problems?|needs?) (?:does|do|will|should) {_PRODUCT} (?:\w+ )?(?:solve|meet)"
        r"(?: .{0,40})?",
        rf"why (?:do|does|are|is|did) (?:{_WE}|{_PRODUCT}|people|anybody|anyone) (?:\w+ )?"
        rf"(?:need|use|want|buy|building|making|doing|build|make|exist)(?: {_PRODUCT})?",
        r"who (?:are|is) (?:our|the|your) (?:users?|customers?|clients?|buyers?|audience)",
        r"what(?: is|[’']s|s| comes| will come)(?: coming)?(?: up)? next(?: (?:for us|here|after (?:this|that)))?",
        rf"what (?:do|does|will|should|shall|are|is|can) {_WE} (?:going to )?(?:{_MAKE}(?:ing)?|working on"
        r"|doing|making) (?:next|after (?:this|that))",
        r"what(?: is|[’']s|s) (?:coming|planned|ahead|the plan)(?: (?:for|after|in|this|next) .{1,40})?",
        rf"how much (?:is|does|do|will|would) (?:{_PRODUCT}|{_WE}|a (?:seat|user|licen[cs]e))(?: .{{0,40}})?",
    )
)


def topic_of(question: str, called: str = "") -> Topic:
    """What a question is about. called: the product's name, which stands for the product itself."""
    if _REQUIREMENTS.search(question):
        return "requirements"
    if called:
        question = re.sub(rf"(?<!\w)(?:the )?{re.escape(called)}(?!\w)", "the product", question, flags=re.IGNORECASE)
    question = " ".join(question.split())
    asked = _WORDS.search(question) or any(line.fullmatch(question) for line in _ASKED)
    return "strategy" if asked else "requirements"
