"""What schemathesis cannot know of Laurel's contract."""

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# A schema cannot say these; the service says them as 400, with a pointer.
RULES = {
    "?at",  # of the kind that `period` says
    "/time_zone",  # a name that PostgreSQL knows
    "/text",  # names somebody, and says points once
    "/period/to",  # not before `from`
    "/handle",  # no UUID
    "/cost/amount",  # the largest there can be
}


def is_against_rules_alone(problem):
    errors = problem.get("errors", [])
    return errors and all(e["pointer"] in RULES or e["detail"] == "must not be 0" for e in errors)


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
    return response.status_code != 400 or not is_against_rules_alone(problem)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A position far ahead is waited for; nothing is learned from waiting thousands of times."""
    position = str((case.headers or {}).get("Min-Ledger-Position", ""))
    if position.isdigit() and int(position) > 1:
        case.headers["Min-Ledger-Position"] = "1"
