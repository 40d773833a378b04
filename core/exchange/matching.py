"""Names in a file as people we know: by their own name, by their handle, by what stands before the @ of an e-mail."""

from core.product.people import Directory


class People:
    """Those of a workspace; a name that two of them could bear is nobody's."""

    def __init__(self, directory: Directory) -> None:
        self._exactly = directory.by_name
        self._roughly: dict[str, str | None] = {}
        for person, name in directory.names.items():
            key = _squeezed(name)
            self._roughly[key] = None if key in self._roughly else person

    def find(self, name: str) -> str | None:
        """'Ann Lee', 'ann.lee' or 'ann.lee@example.com' as a person, None where nobody is meant for certain."""
        if not name:
            return None
        head = name.partition("@")[0]
        return self._exactly.get(name.lower()) or self._roughly.get(_squeezed(head)) or None


def _squeezed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
