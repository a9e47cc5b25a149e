"""Pipelined, mixed requests through a proxy: python pipelines.py SOCKET KEYS.csv [REQUESTS]

Every connection has a key, and every request an answer of its own, so one that reaches the wrong client, or comes out of
order, shows. Exits with 1 when any is not as it should be.
"""

import asyncio
import csv
import json
import sys
import time

SOCKET, FILE = sys.argv[1:3]
PEOPLE = [row for row in csv.DictReader(open(FILE)) if row["handle"] != "ann"]
REQUESTS = int(sys.argv[3]) if len(sys.argv) > 3 else 4000
DEPTH = 20


def request(number, person):
    """The bytes of a request, and what its answer must be: status, and what its body must hold."""
    authorization = f"Host: probe\r\nAuthorization: Bearer {person['key']}\r\n"
    kind = number % 8
    if kind == 0:
        return f"GET /v1/me HTTP/1.1\r\n{authorization}\r\n", 200, f'"handle":"{person["handle"]}"'
    if kind == 1:
        return f"GET /v1/recognitions?limit={number % 20 + 1} HTTP/1.1\r\n{authorization}\r\n", 200, number % 20 + 1
    if kind == 2:
        return f"GET /v1/people?q=nobody-{number} HTTP/1.1\r\n{authorization}\r\n", 200, 0
    if kind == 3:
        return f"GET /v1/nothing-{number} HTTP/1.1\r\n{authorization}\r\n", 404, '"code":"not_found"'
    if kind == 4:
        return f"HEAD /v1/me HTTP/1.1\r\n{authorization}\r\n", 200, None
    if kind == 5:
        return f"GET /v1/me?x{number}=1 HTTP/1.1\r\n{authorization}\r\n", 400, f"x{number}"
    body = json.dumps({"to": ["ann"], "message": f"probe {number}"})
    if kind == 6:
        fields, sent = f"Content-Length: {len(body)}\r\n", body
    else:
        # Two chunks.
        fields = "Transfer-Encoding: chunked\r\n"
        sent = f"5\r\n{body[:5]}\r\n{len(body) - 5:x}\r\n{body[5:]}\r\n0\r\n\r\n"
    head = f"POST /v1/recognitions HTTP/1.1\r\n{authorization}Content-Type: application/json\r\n"
    return f"{head}Idempotency-Key: probe-{number}\r\n{fields}\r\n{sent}", 201, f'"message":"probe {number}"'


async def answer(reader, has_body):
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if line)
    body = b""
    if has_body and fields.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif has_body:
        body = await reader.readexactly(int(fields.get("content-length", 0)))
    return int(head[0].split()[1]), body.decode()


async def client(person, numbers):
    reader, writer = await asyncio.open_unix_connection(SOCKET)
    for start in range(0, len(numbers), DEPTH):
        wanted = [request(number, person) for number in numbers[start : start + DEPTH]]
        writer.write("".join(text for text, _, _ in wanted).encode())
        for text, status, holds in wanted:
            found, body = await asyncio.wait_for(answer(reader, holds is not None), 60)
            matches = holds is None or (len(json.loads(body)["data"]) == holds if isinstance(holds, int) else holds in body)
            if found != status or not matches:
                sys.exit(f"pipelines: wanted {status} with {holds}, got {found} {body[:300]}\nto {text}")
    writer.close()


async def main():
    started = time.monotonic()
    await asyncio.gather(*(client(person, range(first, REQUESTS, len(PEOPLE))) for first, person in enumerate(PEOPLE)))
    seconds = time.monotonic() - started
    print(f"{REQUESTS} answers, each the right one, {REQUESTS / seconds:.0f} a second")


asyncio.run(main())
