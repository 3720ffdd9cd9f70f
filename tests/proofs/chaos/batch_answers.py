"""PublishBatch responses with entries moved to `Failed`, or missing in both lists.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from xml.etree import ElementTree

from tests.proofs.chaos.aws_requests import XML, Answer

NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


NOTHING = Answer(
    200,
    XML,
    f'<PublishBatchResponse xmlns="{NAMESPACE}"><PublishBatchResult><Successful/><Failed/></PublishBatchResult>'
    "</PublishBatchResponse>".encode(),
)
"""Response to an empty batch."""


def with_failed(body: bytes, keys: list[int]) -> bytes:
    """Return the response with these entries failed on SNS's side."""
    root = _root(body)
    failed = _list(root, "Failed")
    for key in sorted(keys):
        member = ElementTree.SubElement(failed, _name("member"))
        for name, text in {"Id": str(key), "Code": "InternalError", "SenderFault": "false"}.items():
            ElementTree.SubElement(member, _name(name)).text = text
    return ElementTree.tostring(root)


def without(body: bytes, keys: list[int]) -> bytes:
    """Return the response without these entries."""
    root = _root(body)
    successful = _list(root, "Successful")
    for member in list(successful):
        if int(member.findtext(_name("Id"), "0")) in keys:
            successful.remove(member)
    return ElementTree.tostring(root)


def successful(body: bytes) -> list[int]:
    """Return the accepted entries."""
    return [int(member.findtext(_name("Id"), "0")) for member in _list(_root(body), "Successful")]


def _root(body: bytes) -> ElementTree.Element:
    ElementTree.register_namespace("", NAMESPACE)
    return ElementTree.fromstring(body)  # noqa: S314 - our own server's


def _list(root: ElementTree.Element, name: str) -> ElementTree.Element:
    result = root.find(_name("PublishBatchResult"))
    if result is None:
        raise ValueError("not an answer to PublishBatch")
    found = result.find(_name(name))
    return ElementTree.SubElement(result, _name(name)) if found is None else found


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
