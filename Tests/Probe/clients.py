"""Three HTTP clients of Python's talk to the server: python clients.py URL ADMIN_KEY

Each reads, writes twice under one key, uploads in chunks, asks by HEAD and If-None-Match, and reads a stream to its end,
all on one connection. Exits with 1 when an answer is not as it should be.
"""

import asyncio
import json
import sys
import uuid

import aiohttp
import httpx
import requests

URL, KEY = sys.argv[1:]
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
EXPORT = "/v1/exports/redemptions?format=ndjson"
checked = 0


def check(what, holds, seen=""):
    global checked
    checked += 1
    if not holds:
        sys.exit(f"clients: {what}: {seen}")


def thanks(name):
    return {"to": ["bo"], "message": f"Thank you, says {name}", "points": 1}


def check_me(name, status, headers, body):
    check(f"{name}: me", status == 200 and body["handle"] == "admin", (status, body))
    check(f"{name}: limits", headers["RateLimit"].startswith('"key";r='), headers)
    check(f"{name}: no coding, though gzip is asked for", "Content-Encoding" not in headers, headers)


def check_write(name, first, again):
    check(f"{name}: written", first[0] == 201, first)
    check(f"{name}: replayed", again[0] == 201 and again[1].get("Idempotent-Replayed") == "true", again)
    check(f"{name}: the same answer", first[2] == again[2], (first, again))


def check_export(name, status, lines):
    check(f"{name}: a stream", status == 200 and lines and all(json.loads(line)["entry_hash"] for line in lines), lines[:1])


def with_requests():
    session = requests.Session()
    session.headers.update(AUTHORIZATION)
    me = session.get(URL + "/v1/me")
    check_me("requests", me.status_code, me.headers, me.json())
    key = {"Idempotency-Key": str(uuid.uuid4())}
    answers = [session.post(URL + "/v1/recognitions", json=thanks("requests"), headers=key) for _ in range(2)]
    check_write("requests", *[(a.status_code, a.headers, a.json()) for a in answers])
    # A generator as body is sent in chunks.
    pieces = (piece.encode() for piece in ['{"to": ["bo"], ', '"message": "in pieces"', "}"])
    chunked = session.post(URL + "/v1/recognitions", data=pieces, headers={"Content-Type": "application/json"})
    check("requests: chunked", chunked.status_code == 201 and chunked.json()["message"] == "in pieces", chunked.text)
    head = session.head(URL + "/v1/me")
    check("requests: HEAD", head.status_code == 200 and head.content == b"" and "Content-Length" in head.headers, head)
    recognition = f"{URL}/v1/rewards/{session.get(URL + '/v1/rewards?limit=1').json()['data'][0]['id']}"
    tag = session.get(recognition).headers["ETag"]
    same = session.get(recognition, headers={"If-None-Match": tag})
    check("requests: 304", same.status_code == 304 and same.content == b"", same)
    with session.get(URL + EXPORT, stream=True) as export:
        check_export("requests", export.status_code, list(export.iter_lines()))
    pools = session.get_adapter(URL).poolmanager.pools
    used = sum(pools[pool].num_connections for pool in pools.keys())
    check("requests: one connection", used == 1, used)


def with_httpx():
    with httpx.Client(base_url=URL, headers=AUTHORIZATION) as client:
        me = client.get("/v1/me")
        check_me("httpx", me.status_code, me.headers, me.json())
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = [client.post("/v1/recognitions", json=thanks("httpx"), headers=key) for _ in range(2)]
        check_write("httpx", *[(a.status_code, a.headers, a.json()) for a in answers])
        pieces = iter([b'{"to": ["bo"], ', b'"message": "in pieces"}'])
        chunked = client.post("/v1/recognitions", content=pieces, headers={"Content-Type": "application/json"})
        check("httpx: chunked", chunked.status_code == 201 and chunked.json()["message"] == "in pieces", chunked.text)
        head = client.head("/v1/me")
        check("httpx: HEAD", head.status_code == 200 and head.content == b"" and "Content-Length" in head.headers, head)
        with client.stream("GET", EXPORT) as export:
            check_export("httpx", export.status_code, list(export.iter_lines()))
        # Each answer names its stream's socket.
        ports = {client.get("/healthz").extensions["network_stream"].get_extra_info("client_addr") for _ in range(20)}
        check("httpx: one connection", len(ports) == 1, ports)


async def with_aiohttp():
    async with aiohttp.ClientSession(URL, headers=AUTHORIZATION) as session:
        async with session.get("/v1/me") as me:
            check_me("aiohttp", me.status, me.headers, await me.json())
        key = {"Idempotency-Key": str(uuid.uuid4())}
        answers = []
        for _ in range(2):
            async with session.post("/v1/recognitions", json=thanks("aiohttp"), headers=key) as answer:
                answers.append((answer.status, answer.headers, await answer.json()))
        check_write("aiohttp", *answers)

        async def pieces():
            yield b'{"to": ["bo"], "message": "Thank you", '
            yield b'"message": "in pieces"}'

        async with session.post(
            "/v1/recognitions", data=pieces(), headers={"Content-Type": "application/json"}
        ) as chunked:
            check("aiohttp: chunked", chunked.status == 201 and (await chunked.json())["message"] == "in pieces")
        async with session.head("/v1/me") as head:
            check("aiohttp: HEAD", head.status == 200 and await head.read() == b"" and "Content-Length" in head.headers)
        async with session.get(EXPORT) as export:
            check_export("aiohttp", export.status, (await export.text()).splitlines())

        async def me(number):
            async with session.get("/v1/me") as answer:
                return answer.status

        statuses = await asyncio.gather(*(me(number) for number in range(500)))
        check("aiohttp: 500 at once", statuses == [200] * 500, set(statuses))


with_requests()
with_httpx()
asyncio.run(with_aiohttp())
print(f"requests {requests.__version__}, httpx {httpx.__version__}, aiohttp {aiohttp.__version__}: {checked} checks hold")
