"""SES's documented events about mails of this service, as in the feedback queue."""

import json
from itertools import count
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"
_numbers = count(1)


def ses_event(name: str, notification: int | None = None, **mail: Any) -> dict[str, Any]:
    """Return the sample `ses-NAME.json` for the mail with this tag; `mail` replaces members of the mail."""
    event: dict[str, Any] = json.loads((EVENTS / f"ses-{name}.json").read_text())
    event["mail"] |= mail
    if notification is not None:
        event["mail"].setdefault("tags", {})["notification"] = [str(notification)]
    return event


def bounce(bounce_type: str, subtype: str, notification: int | None = None) -> dict[str, Any]:
    """Return a bounce of another type than the sample's."""
    event = ses_event("bounce", notification)
    event["bounce"] |= {"bounceType": bounce_type, "bounceSubType": subtype}
    return event


def envelope(event: Any, **fields: Any) -> str:
    """Return the event in SNS's envelope with its own message id; `fields` replace those of the envelope."""
    sample = json.loads((EVENTS / "sns-notification.json").read_text())["Records"][0]["Sns"]
    message = event if isinstance(event, str) else json.dumps(event)
    return json.dumps(sample | {"MessageId": f"sns-{next(_numbers)}", "Message": message} | fields)


def queue_event(*bodies: str) -> dict[str, Any]:
    """Return the event of Lambda's poller with these bodies; ids are m-0, m-1 and so on."""
    (record,) = json.loads((EVENTS / "sqs-receive-message.json").read_text())["Records"]
    return {"Records": [record | {"messageId": f"m-{n}", "body": body} for n, body in enumerate(bodies)]}
