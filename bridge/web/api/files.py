"""`/v1/files`: files that actions may read, kept for a day."""

from __future__ import annotations

from flask import Blueprint

from bridge import errors, uploading
from bridge.errors import Fault
from bridge.models import File
from bridge.plugin import JSON
from bridge.web import reading
from bridge.web.door import Answer, Call, operation

room = Blueprint("files", __name__)


@operation(room, "POST /v1/files", "write", answer="file", query="file.upload", statuses=(201,))
def upload_file(call: Call) -> Answer:
    """Upload a CSV or XLSX file, as the body or as the part `file` of a form; it is kept for a day."""
    settings = call.runtime.settings
    sent = reading.upload(settings.max_file_bytes + settings.max_body_bytes)
    if sent is None:
        raise errors.BadRequest("the form has no part `file`", errors=(Fault("/file", "is required"),))
    row = uploading.upload(call.runtime, call.caller, sent.name, sent.media_type, sent.pieces)
    return Answer(_shape(row), headers={"Location": f"/v1/files/{row.id}"})


@operation(room, "GET /v1/files/<file_id>", "read", answer="file")
def get_file(call: Call, file_id: str) -> JSON:
    """Get what a file is, without its bytes."""
    return _shape(uploading.get(call.runtime, call.caller, file_id))


@operation(room, "DELETE /v1/files/<file_id>", "write", statuses=(204,))
def remove_file(call: Call, file_id: str) -> Answer:
    """Remove a file before its day is over."""
    uploading.remove(call.runtime, call.caller, file_id)
    return Answer(None)


def _shape(row: File) -> JSON:
    return {"id": row.id, "name": row.name, "kind": row.kind, "size": row.size, "created_at": row.created_at}
