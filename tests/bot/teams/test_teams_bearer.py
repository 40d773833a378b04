"""Who gets in: forged, stale and misdirected requests do not, and a slow issuer stops nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.teams.bearer import DAY, Keys, NoKeys
from tests.bot.teams.conftest import ANN, APP, ENTITY_BOT, Stage, staged
from tests.teams_stand_in import Issuer, issuing


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture
async def guarded(issuer: Issuer) -> AsyncIterator[Stage]:
    """A face that wants tokens."""
    token = {"access_token": "ours"}
    async with staged(app_id=APP, app_password="p", metadata=issuer.metadata, fetch_token=lambda: token) as made:
        yield made


async def send(stage: Stage, token: str | None, **more: Any) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    status, _ = await stage.post(stage.activity(text="help", **more), **headers)
    return status


async def test_a_request_the_connector_signed_gets_in(guarded: Stage, issuer: Issuer) -> None:
    assert await send(guarded, issuer.token(APP, guarded.service)) == 200
    assert [ask.text for ask in guarded.desk.accepted] == ["help"]


async def test_anything_else_is_401(guarded: Stage, issuer: Issuer) -> None:
    right = issuer.token(APP, guarded.service)
    forger = generate_private_key(65537, 2048)
    head, body, signature = right.split(".")
    for token in (
        None,
        "",
        "garbage",
        "a.b.c",
        "é.ü.ß".encode().decode("latin-1"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        f"eyJhbGciOiJub25lIiwia2lkIjoia2V5LTEifQ.{body}.",
        issuer.token(APP, guarded.service, key=forger),
        issuer.token(APP, guarded.service, exp=1_600_000_000),
        issuer.token(APP, guarded.service, iss="https://evil.example"),
        issuer.token(APP, guarded.service, kid="unknown"),
        issuer.token("another-app", guarded.service),
        issuer.token(APP, "https://evil.example"),
        issuer.token(APP, guarded.service, serviceurl=None),
    ):
        assert await send(guarded, token) == 401, token
    async with guarded.http.post(guarded.url, json={}, headers={"Authorization": "Basic YTpi"}) as answer:
        assert answer.status == 401
    assert guarded.desk.accepted == []


@pytest.mark.parametrize("body", [b"", b" ", b"nonsense", b"[]", b"5", b"null", b"{}", b'{"type": 5}', b"\xff\xfe"])
async def test_a_body_that_is_no_activity_is_400(guarded: Stage, issuer: Issuer, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {issuer.token(APP, guarded.service)}", "Content-Type": "application/json"}
    async with guarded.http.post(guarded.url, data=body, headers=headers) as answer:
        assert answer.status == 400


async def test_a_body_of_deep_brackets_is_400(stage: Stage) -> None:
    async with stage.http.post(stage.url, data=b"[" * 100_000) as answer:
        assert answer.status == 400


NAMES = st.sampled_from(
    ["type", "id", "from", "conversation", "text", "value", "entities", "channelData", "recipient", "timestamp", "name"]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(NAMES, JUNK, max_size=4), st.sampled_from(["message", "invoke", "conversationUpdate"]))
def test_no_shape_of_activity_breaks_us(junk: dict[str, Any], kind: str) -> None:
    async def tried() -> int:
        async with staged(anonymous=True) as stage:
            whole = stage.activity(kind, text="<at>Bot</at> help", entities=[ENTITY_BOT], name="task/submit")
            return (await stage.post(json.loads(json.dumps({**whole, **junk}))))[0]

    assert asyncio.run(tried()) in (200, 400, 501)


async def test_another_channel_or_tenant_is_turned_away(guarded: Stage, issuer: Issuer) -> None:
    token = issuer.token(APP, guarded.service)
    assert await send(guarded, token, channelId="webchat") == 403
    assert await send(guarded, token, channelData={"tenant": {"id": "another"}}) == 403
    assert await send(guarded, token, channelId="directline") == 401, "the key vouches for other channels only"


async def test_a_new_key_is_fetched_once_and_then_known(guarded: Stage, issuer: Issuer) -> None:
    assert await send(guarded, issuer.token(APP, guarded.service)) == 200
    issuer.rotate("key-2")
    assert await send(guarded, issuer.token(APP, guarded.service)) == 200
    assert issuer.fetches == 2


async def test_made_up_key_ids_do_not_make_us_ask_each_time(guarded: Stage, issuer: Issuer) -> None:
    for number in range(5):
        assert await send(guarded, issuer.token(APP, guarded.service, kid=f"made-up-{number}")) == 401
    assert issuer.fetches == 2


async def test_many_requests_at_once_fetch_the_keys_once(guarded: Stage, issuer: Issuer) -> None:
    issuer.delay = 0.1
    token = issuer.token(APP, guarded.service)
    assert await asyncio.gather(*(send(guarded, token) for _ in range(8))) == [200] * 8
    assert issuer.fetches == 1


async def test_a_hanging_issuer_gives_503_and_leaves_the_loop_free(issuer: Issuer, stage: Stage) -> None:
    issuer.delay = 1.0
    keys = Keys(lambda: stage.http, metadata=issuer.metadata, timeout=0.3)
    asked = asyncio.create_task(keys.find("key-1"))
    turns = 0
    while not asked.done():
        await asyncio.sleep(0.01)
        turns += 1
    with pytest.raises(NoKeys):
        await asked
    assert turns > 5, "other work went on meanwhile"


async def test_those_who_waited_for_a_hanging_issuer_do_not_wait_again(issuer: Issuer, stage: Stage) -> None:
    issuer.delay = 1.0
    keys = Keys(lambda: stage.http, metadata=issuer.metadata, timeout=0.2)
    async with asyncio.timeout(0.9):
        found = await asyncio.gather(*(keys.find("key-1") for _ in range(10)), return_exceptions=True)
    assert [type(one) for one in found] == [NoKeys] * 10


async def test_without_an_issuer_nobody_gets_in_and_nobody_is_called_a_forger(issuer: Issuer) -> None:
    nowhere = "http://127.0.0.1:1/openid"
    async with staged(app_id=APP, app_password="p", metadata=nowhere, fetch_token=dict) as stage:
        assert await send(stage, issuer.token(APP, stage.service)) == 503
        assert stage.desk.accepted == []


async def test_keys_known_yesterday_serve_while_the_issuer_is_away(issuer: Issuer, stage: Stage) -> None:
    now = [0.0]
    keys = Keys(lambda: stage.http, metadata=issuer.metadata, clock=lambda: now[0])
    assert await keys.find("key-1")
    now[0] = 2 * DAY
    await keys.find("key-1")
    assert issuer.fetches == 2
    now[0] = 4 * DAY
    issuer.published = lambda _: {"error": "maintenance"}  # type: ignore[method-assign]
    assert await keys.find("key-1")


async def test_a_name_typed_where_a_client_has_no_picker_makes_nobody_known(guarded: Stage, issuer: Issuer) -> None:
    picked = "0f8fad5b-d9cb-469f-a165-70867728950e"
    data = {"say": "setup", "kinds": {"with": "people"}, "with": f"bob, {picked}, {ANN['aadObjectId']}"}
    activity = guarded.invoke("task/submit", {"data": data})
    token = issuer.token(APP, guarded.service)
    status, _ = await guarded.post(activity, Authorization=f"Bearer {token}")
    ask, _ = guarded.desk.answered[0]
    assert (status, ask.values["with"]) == (200, f"bob\n{picked}\n{ANN['aadObjectId']}")
    assert ask.mentions == {picked: "", ANN["aadObjectId"]: "Ann Lee"}
