"""Thanks somebody and reads it back, by the client that was generated from the served document.

Usage: client.py FOLDER BASE_URL KEY; the folder holds the package `laurel_client`.
"""

import sys

sys.path.insert(0, sys.argv[1])

from laurel_client import AuthenticatedClient  # noqa: E402
from laurel_client.api.recognitions import get_recognition, list_recognitions, recognise  # noqa: E402
from laurel_client.models import NewRecognition, NewRecognitionLine, Problem, Recognition  # noqa: E402

MESSAGE = "Thanks, by a generated client. #be-helpful"

with AuthenticatedClient(base_url=sys.argv[2], token=sys.argv[3], raise_on_unexpected_status=True) as client:
    body = NewRecognition(to=["bo"], message=MESSAGE, points=1)
    made = recognise.sync(client=client, body=body, idempotency_key="generated-client")
    assert isinstance(made, Recognition), made
    again = recognise.sync(client=client, body=body, idempotency_key="generated-client")
    assert again == made, again
    line = recognise.sync(client=client, body=NewRecognitionLine(text="@bo thanks once more"), dry_run=True)
    assert line.dry_run is True and line.balances.allowance >= 0, line

    page = list_recognitions.sync(client=client, limit=5, min_ledger_position=made.position)
    assert any(shown.id == made.id and shown.message == MESSAGE for shown in page.data), page
    assert get_recognition.sync(str(made.id), client=client).to[0].person.handle == "bo"

    refused = recognise.sync(client=client, body=NewRecognition(to=["nobody-here"]))
    assert isinstance(refused, Problem) and refused.code == "unknown_person", refused
print("generated client: thanked, read back, tried, refused")
