"""How long a normal client waits: python patience.py HOST:PORT KEY SECONDS

Fifty GET /v1/me a second on one connection, and one of them on a new one, as people come and go. Prints the count, p50 and
p99 in milliseconds. Exits with 1 when an answer is not 200.
"""

import http.client
import sys
import time

ADDRESS, KEY, SECONDS = sys.argv[1], sys.argv[2], float(sys.argv[3])
RATE = 50


def connect():
    return http.client.HTTPConnection(ADDRESS, timeout=20)


def ask(connection):
    connection.request("GET", "/v1/me", headers={"Authorization": f"Bearer {KEY}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"patience: {answer.status}")


kept, waits, begin, number = connect(), [], time.monotonic(), 0
while (due := begin + number / RATE) < begin + SECONDS:
    time.sleep(max(0, due - time.monotonic()))
    started = time.monotonic()
    if number % RATE == RATE - 1:
        newcomer = connect()
        ask(newcomer)
        newcomer.close()
    else:
        try:
            ask(kept)
        except (http.client.RemoteDisconnected, ConnectionError):
            # An idle connection may be closed by either side; a client then opens another one.
            kept = connect()
            ask(kept)
    waits.append((time.monotonic() - started) * 1000)
    number += 1
waits.sort()
print(f"{len(waits)} {waits[len(waits) // 2]:.2f} {waits[int(len(waits) * 0.99)]:.2f}")
