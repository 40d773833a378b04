"""Whose a question is: what it is for, for whom, at what price and what comes when is the product manager's."""

import pytest

from core.knowledge.topics import topic_of

STRATEGY = (
    "What is the product for?",
    "What's this app for",
    "what is Acme app for?",
    "What is it for?",
    "Who is the product for?",
    "Who is Acme app actually for?",
    "What is the purpose of the product?",
    "What problem does the product solve for banks?",
    "Why are we building this?",
    "Who are our customers?",
    "What comes next?",
    "So what's next?",
    "What is coming up next?",
    "What are we building next?",
    "What will you ship after this?",
    "What is planned for March?",
    "What's the plan?",
    "What does the pro plan cost?",
    "How much is it?",
    "How much does a seat cost?",
    "Is there a free plan?",
    "How expensive is the app?",
    "Do we give discounts?",
    "Which markets do we sell to?",
    "Who are our competitors?",
    "Who is our target audience?",
    "What is on the roadmap?",
    "What is our vision?",
    "Which goals do we have this year?",
)
REQUIREMENTS = (
    "Does the CSV export include archived projects?",
    "What is the export button for?",
    "What is the largest file?",
    "When the user has clicked Save, what comes next?",
    "What is next to the search field?",
    "What happens next after the upload?",
    "Who is the audit log for?",
    "What is the sprint goal?",
    "What is planned for this sprint?",
    "What are the acceptance criteria?",
    "Which requirement covers prices with a comma?",
    "Why does the import need a header?",
    "How much memory does the export use?",
    "Is a free text field allowed?",
    "",
)


@pytest.mark.parametrize("question", STRATEGY)
def test_what_it_is_for_and_what_comes_when_is_the_product_managers(question: str) -> None:
    assert topic_of(question, "Acme app") == "strategy"


@pytest.mark.parametrize("question", REQUIREMENTS)
def test_how_it_is_to_work_is_the_product_owners(question: str) -> None:
    assert topic_of(question, "Acme app") == "requirements"
