"""The floods, the neighbour whom they should not harm, and the harmless requests that they are compared with.

    floods.py found LAUREL STATE FOLDER    makes the attacker's organisation and the neighbour's, and writes their keys
    floods.py measure ADDRESS FOLDER STATE    measures and prints; 1 when a flood harms the neighbour. STATE is of a private PostgreSQL
    floods.py send ADDRESS FOLDER WHAT SECONDS RATE    the attacker, a process of its own

The neighbour's requests are due at fixed times, whatever became of the earlier ones, and each is measured from when it was due:
so a server that stands still is not asked less. Standard library alone.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time

PEOPLE = 40
HISTORY = 30_000
SECONDS = float(os.environ.get("SECONDS_EACH", "15"))
RATE = float(os.environ.get("RATE", "100"))
TRIES = int(os.environ.get("TRIES", "3"))
ONLY = os.environ.get("ONLY", "")
# Below it a difference says nothing on a machine that others share.
FLOOR_MS = 2.0


# --- Requests


def request(method, path, key, body=None, more=()):
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "Host: laurel", f"Authorization: Bearer {key}"]
    if data:
        head += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    head += more
    return ("\r\n".join(head) + "\r\n\r\n").encode() + data


class Client:
    """One connection that is opened anew when it ends."""

    def __init__(self, address):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.stream = None

    async def send(self, data):
        for attempt in (0, 1):
            try:
                if self.stream is None:
                    self.stream = await asyncio.open_connection(self.host, self.port)
                return await self.exchange(data)
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if attempt:
                    return 0
        return 0

    async def exchange(self, data):
        reader, writer = self.stream
        try:
            writer.write(data)
            await writer.drain()
        except ConnectionError:
            pass  # Refused before all of it was sent: the answer may be there.
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        for line in head.split("\r\n"):
            if line.startswith("content-length:"):
                await reader.readexactly(int(line.split(":")[1]))
        if "\r\nconnection: close" in head:
            self.close()
        return status

    def close(self):
        if self.stream:
            self.stream[1].close()
        self.stream = None


# --- What the attacker sends, and what is as many and harmless


def bogus_key(organization):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return f"laurel_{organization}_" + "".join(random.choices(alphabet, k=43))


class Attack:
    def __init__(self, keys):
        self.keys = keys["attacker"]
        self.people = sorted(handle for handle in self.keys if handle != "admin")
        self.turn = 0
        # Beyond any body, beyond any line, and beyond any number of people.
        self.lines = [b'{"text": "' + b"@a " * count + b'"}' for count in (85_000, 20_000, 8_000)]
        self.long = b'{"to": ["p1"], "message": "' + b"x" * 250_000 + b'"}'
        self.names = json.dumps({"to": [f"n{n}" for n in range(900)], "message": "x"}).encode()

    def someone(self):
        self.turn += 1
        return self.people[self.turn % len(self.people)]

    def me(self):
        return request("GET", "/v1/me", self.keys[self.someone()])

    def thanks(self):
        who = self.someone()
        to = self.people[(self.turn * 7 + 1) % len(self.people)]
        if to == who:
            to = self.people[(self.turn * 7 + 2) % len(self.people)]
        return request("POST", "/v1/recognitions", self.keys[who], {"to": [to], "message": "Thanks.", "points": 1})

    # Each from one key, as one attacker has.
    def handles(self):
        self.turn += 1
        return request("POST", "/v1/recognitions", self.keys["p0"], self.lines[self.turn % len(self.lines)])

    def words(self):
        return request("POST", "/v1/recognitions?dry_run=true", self.keys["p0"], self.long)

    def crowd(self):
        return request("POST", "/v1/recognitions", self.keys["p0"], self.names)

    # Words for which the database takes for ever: see TROUBLES.
    def poison(self):
        self.turn += 1
        # Between harmless ones, which it is to be told from.
        if self.turn % 20:
            return self.thanks()
        return request("POST", "/v1/recognitions", self.keys["p0"], {"to": ["p1"], "message": "poison"})

    def free(self):
        return request("POST", "/v1/recognitions", self.keys["p0"], {"to": ["p1"], "message": "Thanks."})

    def verify(self):
        return request("GET", "/v1/ledger/verify", self.keys["admin"])

    def bogus(self):
        return request("GET", "/v1/me", bogus_key(1))

    def expecting(self):
        return request("POST", "/v1/recognitions", bogus_key(1), None,
                       ["Content-Length: 200000", "Expect: 100-continue"])


# Name, what is sent, what is harmless, connections, requests a second at most.
FLOODS = [
    ("lines of 8,000 names and more", "handles", "thanks", 8, 50),
    ("messages of 250,000 letters", "words", "thanks", 8, 50),
    ("900 unknown names at once", "crowd", "thanks", 8, 50),
    ("free thanks without end", "free", "thanks", 8, 200),
    ("a head that somebody holds", "thanks", "thanks", 64, 400),
    ("statements that time out", "poison", "thanks", 64, 400),
    ("24 verifications at once", "verify", "me", 24, 50),
    ("keys that are none", "bogus", "me", 16, 1_000),
    ("bodies before their key", "expecting", "me", 16, 1_000),
]


# What else stands in the attacker's way while a flood lasts, by its name: a script for psql and how long it takes, and what ends it.
TROUBLES = {
    "a head that somebody holds": (
        "BEGIN; SELECT FROM laurel.ledger_heads h JOIN laurel.organizations o USING (org_id) WHERE o.slug = 'attacker' "
        "FOR UPDATE OF h; SELECT pg_sleep(3600)", None),
    "statements that time out": (
        "CREATE FUNCTION laurel.slow() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(3600); RETURN NEW; END $$; "
        "CREATE TRIGGER slow BEFORE INSERT ON laurel.entry_texts FOR EACH ROW WHEN (NEW.text = 'poison') "
        "EXECUTE FUNCTION laurel.slow()", "DROP FUNCTION laurel.slow() CASCADE"),
}


class Trouble:
    """What somebody does to the database itself, by psql."""

    def __init__(self, name, state):
        self.begin, self.end = TROUBLES.get(name, (None, None))
        self.state = state
        self.process = None

    def psql(self, script):
        with open(os.path.join(self.state, "postgresql", "data", "postmaster.pid")) as file:
            lines = file.read().split("\n")
        return subprocess.Popen(
            ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", lines[4], "-p", lines[3], "-U", "laurel_admin", "-d", "laurel",
             "-c", script], stdout=subprocess.DEVNULL)

    def __enter__(self):
        if self.begin:
            self.process = self.psql(self.begin)
            if self.end and self.process.wait():
                sys.exit("psql failed")

    def __exit__(self, *_):
        if self.end:
            self.psql(self.end).wait()
        elif self.process:
            self.process.kill()
            self.process.wait()
            # The session itself ends once PostgreSQL notices.
            self.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' "
                      "AND pid <> pg_backend_pid()").wait()


async def send(address, folder, what, seconds, rate, connections):
    attack = Attack(load(folder))
    make = getattr(attack, what)
    end = time.monotonic() + seconds
    counts = {}
    start = time.monotonic()
    sent = 0

    async def work():
        nonlocal sent
        client = Client(address)
        while time.monotonic() < end:
            # At most so many a second, and never more of them under way than there are connections.
            due = start + sent / rate
            sent += 1
            pause = due - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            status = await client.send(make())
            counts[status] = counts.get(status, 0) + 1
        client.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    print(json.dumps(counts))


# --- The neighbour


async def neighbour(address, keys, seconds):
    """Thanks and looks at itself, by turns. Milliseconds of each, from when it was due."""
    people = sorted(handle for handle in keys if handle != "admin")
    free = [Client(address) for _ in range(64)]
    waits = []
    wrong = []

    async def one(index, due):
        who = people[index % len(people)]
        if index % 2:
            data = request("GET", "/v1/me", keys[who])
        else:
            to = people[(index + 1) % len(people)]
            data = request("POST", "/v1/recognitions", keys[who], {"to": [to], "message": "Thanks.", "points": 1})
        client = free.pop() if free else Client(address)
        status = await client.send(data)
        free.append(client)
        waits.append((time.monotonic() - due) * 1_000)
        if status not in (200, 201):
            wrong.append(status)

    start = time.monotonic() + 0.2
    tasks = []
    for index in range(int(seconds * RATE)):
        due = start + index / RATE
        pause = due - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.create_task(one(index, due)))
    await asyncio.gather(*tasks)
    for client in free:
        client.close()
    return sorted(waits), wrong


def quantile(waits, share):
    return waits[min(len(waits) - 1, int(len(waits) * share))]


async def beside(address, folder, what, rate, connections):
    keys = load(folder)["neighbour"]
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "send", address, folder, what, str(SECONDS + 1), str(rate), str(connections),
        stdout=asyncio.subprocess.PIPE)
    await asyncio.sleep(0.5)
    waits, wrong = await neighbour(address, keys, SECONDS)
    output, _ = await attacker.communicate()
    counts = json.loads(output)
    return waits, wrong, counts


async def others_verify(address, folder):
    """Whether the neighbour's own ledger can be verified while the attacker's is."""
    client = Client(address)
    status = await client.send(request("GET", "/v1/ledger/verify", load(folder)["neighbour"]["admin"]))
    client.close()
    return status


async def measure(address, folder, state):
    failed = []
    print(f"{'flood':30} {'sent':>6}  {'answers':28} {'p50 ms':>13} {'p99 ms':>15} {'times':>6}")
    for name, what, harmless, connections, rate in FLOODS:
        if ONLY and ONLY not in (name, what):
            continue
        best = None
        for _ in range(TRIES):
            status = 200
            with Trouble(name, state):
                flood = asyncio.create_task(beside(address, folder, what, rate, connections))
                if what == "verify":
                    await asyncio.sleep(SECONDS / 2)
                    status = await others_verify(address, folder)
                waits, wrong, counts = await flood
            sent = sum(counts.values())
            # As many as were sent in the attack.
            calm, calm_wrong, _ = await beside(address, folder, harmless, max(1, sent / SECONDS), connections)
            p50, p99, calm50, calm99 = (
                quantile(waits, 0.5), quantile(waits, 0.99), quantile(calm, 0.5), quantile(calm, 0.99))
            times = p99 / max(calm99, FLOOR_MS)
            answers = " ".join(f"{status}:{count}" for status, count in sorted(counts.items()))
            print(f"{name:30} {sent:>6}  {answers:28} {calm50:5.1f} → {p50:5.1f} {calm99:6.1f} → {p99:6.1f} {times:6.1f}",
                  flush=True)
            if wrong or calm_wrong or status != 200:
                print(f"  the neighbour was answered {sorted(set(wrong + calm_wrong))}, its verification {status}")
                continue
            best = times if best is None else min(best, times)
            if best <= 2:
                break
        if best is None or best > 2:
            failed.append(name)
    if failed:
        sys.exit("the neighbour waits more than twice as long beside: " + ", ".join(failed))


# --- The two organisations


def load(folder):
    with open(os.path.join(folder, "keys.json")) as file:
        return json.load(file)


def found(laurel, state, folder):
    def run(*arguments):
        return subprocess.run(
            [laurel, *arguments, "--state", state], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ).stdout

    people = os.path.join(folder, "people.csv")
    with open(people, "w") as file:
        file.write("handle,name,roles\n" + "".join(f"p{n},P{n},\n" for n in range(PEOPLE)))
    history = os.path.join(folder, "history.csv")
    with open(history, "w") as file:
        file.write("occurred_at,from,to,value,message,ref\n")
        for n in range(HISTORY):
            file.write(f"2025-01-01T00:00:00Z,p{n % PEOPLE},p{(n + 1) % PEOPLE},,Thanks {n},r{n}\n")
    keys = {}
    # A lane a core: so the two share one.
    others = [f"other{n}" for n in range(1, os.cpu_count() or 1)]
    for slug in ("attacker", *others, "neighbour"):
        created = run("org", "create", slug, "--name", slug, "--time-zone", "Europe/Berlin", "--allowance", "1000000000",
                      "--json")
        keys[slug] = {"admin": json.loads(created)["admin_key"]}
        if slug in others:
            continue
        run("import", "people", people, "--org", slug)
        for n in range(PEOPLE):
            made = json.loads(run("key", "create", "--org", slug, "--person", f"p{n}", "--json"))
            keys[slug][f"p{n}"] = made["key"]
    run("import", "recognitions", history, "--org", "attacker", "--points", "1")
    with open(os.path.join(folder, "keys.json"), "w") as file:
        json.dump(keys, file)


if __name__ == "__main__":
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "found":
        found(*arguments)
    elif verb == "send":
        address, folder, what, seconds, rate, connections = arguments
        asyncio.run(send(address, folder, what, float(seconds), float(rate), int(connections)))
    else:
        asyncio.run(measure(*arguments))
