"""The first requests of a new process may come at once, in as many threads; msgspec does not survive that alone."""

import subprocess
import sys

# Says which structs msgspec learns while it decodes; it asks `get_class_annotations` about those it does not know.
LEARNED_LATE = """
import sys
import django
django.setup()
import msgspec
from greenflash_site.api.urls import urlpatterns

endpoints = [endpoint for pattern in urlpatterns for endpoint in pattern.callback.endpoints.values()]
structs = [struct for endpoint in endpoints for struct in (endpoint.body, endpoint.query) if struct]
assert len(structs) > 2

class Unknown(msgspec.Struct):
    field: int

def watch(frame, event, argument):
    if frame.f_code.co_name == "get_class_annotations" and event == "call":
        print(frame.f_locals["obj"].__name__)

sys.setprofile(watch)
for struct in [*structs, Unknown]:
    try:
        msgspec.json.decode(b'{"messages": [{"content": "Hello"}], "field": 1}', type=struct)
    except msgspec.ValidationError:
        pass
"""


def test_it_knows_what_it_decodes_before_there_are_threads() -> None:
    learned = subprocess.run([sys.executable, "-c", LEARNED_LATE], capture_output=True, text=True, timeout=60)
    assert (learned.stdout.split(), learned.stderr) == (["Unknown"], "")
