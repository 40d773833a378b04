"""Products, their channels, and the first set-up."""

import re
import unicodedata
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select, update

from core.chat.ask import Place, Platform
from core.product.people import Channel, Directory, Product, ProductInfo
from core.product.workspaces import Workspace, outdate
from core.store.base import new_id
from core.store.database import Session

KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")


def proposed_key(name: str, taken: frozenset[str]) -> str:
    """A key for a product's name: the first letters of its first word ('Acme app' -> ACME), free in this workspace."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()  # 'Käse' -> 'Kase'
    words = re.findall(r"[A-Z][A-Z0-9]*", plain.upper()) or ["APP"]
    key = words[0][:4] if len(words[0]) > 1 else f"{words[0]}APP"
    number = 2
    found = key
    while found in taken:
        found = f"{key[:8]}{number}"
        number += 1
    return found


def zone(name: str) -> str | None:
    """A time zone's own name, however its letters were typed; None where there is none."""
    by_lower = {zone.lower(): zone for zone in available_timezones()}
    found = by_lower.get(name.strip().lower().replace(" ", "_"))
    return ZoneInfo(found).key if found else None


def zone_of_city(city: str) -> str | None:
    """'Madrid' -> 'Europe/Madrid'; None where no zone is named after it."""
    tail = "/" + city.strip().lower().replace(" ", "_")
    return next((zone for zone in sorted(available_timezones()) if zone.lower().endswith(tail)), None)


def make(db: Session, key: str, name: str, tz: str) -> ProductInfo:
    product = Product(id=new_id(), key=key, name=name, tz=tz, vision="", counter=0)
    db.add(product)
    db.flush()
    outdate(db)
    return ProductInfo(product.id, key, name, tz)


def rename(db: Session, product: str, key: str, name: str) -> None:
    """Call a product otherwise; a workspace that was named after it follows."""
    row = load(db, product)
    db.execute(update(Workspace).where(Workspace.id == db.workspace, Workspace.name == row.name).values(name=name))
    row.key, row.name = key, name
    db.flush()
    outdate(db)


def load(db: Session, product: str) -> Product:
    return db.get_one(Product, {"id": product, "workspace_id": db.workspace})


def use(db: Session, platform: Platform, place: Place, product: str) -> None:
    """Let a place be about a product."""
    row = db.scalar(select(Channel).where(Channel.platform == platform.value, Channel.external_id == place.external_id))
    if row is None:
        name = place.name or place.external_id
        db.add(
            Channel(id=new_id(), platform=platform.value, external_id=place.external_id, name=name, product_id=product)
        )
    else:
        row.product_id = product
    db.flush()
    outdate(db)


def name_workspace(db: Session, name: str) -> None:
    """The first product's name is the workspace's until somebody says otherwise."""
    db.execute(update(Workspace).where(Workspace.id == db.workspace, Workspace.name == "").values(name=name))


def taken_keys(directory: Directory) -> frozenset[str]:
    return frozenset(product.key for product in directory.products.values())


def channels_of(db: Session, product: str) -> list[str]:
    """The names of the places that are about a product."""
    return list(db.scalars(select(Channel.name).where(Channel.product_id == product).order_by(Channel.name)))
