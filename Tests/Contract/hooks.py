"""What schemathesis cannot know of Laurel's contract."""

import json
import os
import re

import requests
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# A schema cannot say these; the service says them as 400, with a pointer.
RULES = {
    "?at",  # of the kind that `period` says
    "?position",  # none that is still to come
    "?dialect",  # of CSV alone
    "?locale",  # with `dialect`
    "/time_zone",  # a name that PostgreSQL knows
    "/delta",  # not 0, as are the points of an adjustment
    "/text",  # names somebody, and says points once
    "/period/to",  # not before `from`
    "/handle",  # no UUID, and not `me`
    "/cost/amount",  # the largest there can be, with the decimals that the currency has
    "/point_value/amount",
    "/image_url",  # nothing hidden in it
    "/email",
    "/roles",  # none of somebody who has left
    "/currency",  # of an organisation: as it is
    "/point_value",
}


# Who holds the keys that it is all done with, and these keys.
PEOPLE = set(os.environ["CONTRACT_PEOPLE"].split())
HELD_KEYS = set(os.environ["CONTRACT_HELD_KEYS"].split())


# Texts are taken without white space around them, so one may be empty that is not; and what nobody can see is no name.
UNSEEN = re.compile("must hold something visible|must not hold what turns|must not hold control characters|must not be empty")
# A span of time begins before it ends.
BACKWARDS = re.compile("is after `(to|until)`")


def pointers(problem):
    errors = problem.get("errors", [])
    return {error["pointer"] for error in errors if not UNSEEN.match(error["detail"]) and not BACKWARDS.match(error["detail"])}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether a failure is one: what a schema allows may still be against a rule or out of date."""
    if not isinstance(failure, RejectedPositiveData):
        # A method that a server does not know is 501, and not 405 (RFC 9110, section 9.1).
        if response.status_code == 501 and response.json()["code"] == "method_not_implemented":
            return False
        # No server refuses header fields that it does not know (RFC 9110, section 5.1).
        return "x-schemathesis-unknown-property" not in (case.headers or {})
    if response.status_code in (412, 422, 428):
        return False
    problem = response.json()
    if problem["code"] == "invalid_cursor":
        return False
    # No text of ours holds a NUL.
    if problem["code"] == "malformed_request" and "%00" in response.request.url:
        return False
    rules = RULES | {
        "/v1/adjustments": {"/points"},
        "/v1/organization": {"/slug", "/next_time_zone"},  # as they are
        "/v1/people/{id}/keys": {"/source", "/points_max", "/points_max_day"},  # of the scope `earnings` alone
    }.get(case.operation.path, set())
    return response.status_code != 400 or not problem.get("errors") or not pointers(problem) <= rules


@schemathesis.hook
def before_call(context, case, kwargs):
    """A position far ahead is waited for; nothing is learned from waiting thousands of times."""
    position = str((case.headers or {}).get("Min-Ledger-Position", ""))
    if position.isdigit() and int(position) > 1:
        case.headers["Min-Ledger-Position"] = "1"
    # Nobody's roles or place here change while others are tried with their keys.
    if case.operation.label == "PATCH /v1/people/{id}" and str(case.path_parameters.get("id")).lower() in PEOPLE:
        case.path_parameters["id"] = "tomasz"
    if case.operation.label in ("DELETE /v1/keys/{id}", "DELETE /v1/me/keys/{id}") and str(case.path_parameters.get("id")).lower() in HELD_KEYS:
        case.path_parameters["id"] = "00000000-0000-7000-8000-000000000000"


UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# The roles of those whose keys there are; the stranger is an admin of another organisation.
ROLES = {"admin": {"admin"}, "finance": {"finance"}, "employee": set()}


@schemathesis.check
class Boundaries:
    """What succeeded is sent again by those who may not: from another organisation, and without the role that it takes.

    It belongs to nobody else, so whatever an id in the path or the body names is not there for a stranger. Each operation is
    tried with so many answers of each kind; how often is written into a file, so that a check that found nothing to try shows.
    """

    def __init__(self):
        self.user = os.environ["CONTRACT_USER"]
        with open(os.environ["CONTRACT_KEYS"]) as file:
            self.keys = {user["name"]: user["fixedHeaders"][0]["value"] for user in json.load(file)["auth"]}
        self.tries_max = int(os.environ["CONTRACT_TRIES"])
        self.session = requests.Session()
        self.tried = {}

    def after_response(self, ctx, response, case):
        request = response.request
        if not 200 <= response.status_code < 300 or request.method != case.operation.method.upper():
            return
        needed = [set(words) for requirement in case.operation.definition.raw["security"] for words in requirement.values()]
        if not needed:
            return
        assert any(roles <= ROLES[self.user] for roles in needed), f"{self.user} may call what takes {needed}"
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        if UUID.search(request.path_url.split("?")[0]):
            self.send("stranger", {404}, request, case)
        elif UUID.search(body.decode(errors="replace")):
            self.send("stranger", {404, 422}, request, case)
        for user, roles in ROLES.items():
            if not any(needed_roles <= roles for needed_roles in needed):
                self.send(user, {403}, request, case)

    def send(self, user, expected, request, case):
        count = self.tried.setdefault(user, {}).get(case.operation.label, 0)
        if count >= self.tries_max:
            return
        self.tried[user][case.operation.label] = count + 1
        again = request.copy()
        again.headers["Authorization"] = self.keys[user]
        # They may have used it for something of theirs, which would be told first.
        again.headers.pop("Idempotency-Key", None)
        answer = self.session.send(again, timeout=20)
        assert answer.status_code in expected, (
            f"{user}: {request.method} {request.path_url} {request.body!r} is answered {answer.status_code} {answer.text[:300]}"
        )

    def after_run(self, ctx):
        with open(os.environ["CONTRACT_TRIED"], "w") as file:
            json.dump(self.tried, file, indent=1)
