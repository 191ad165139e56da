"""The client of Vanus' document, on urllib where that has requests. Takes the URL and the prompt."""
import json
import sys
import urllib.request
import uuid

request = urllib.request.Request(
    sys.argv[1],
    data=json.dumps({"prompt": sys.argv[2], "stream": True}).encode(),
    headers={
        "Content-Type": "application/json",
        "x-vanusai-model": "gpt-3.5-turbo",
        "x-vanusai-sessionid": str(uuid.uuid4()),
        "Accept": "text/event-stream",
    },
)
with urllib.request.urlopen(request) as response:
    for raw in response:
        line = raw.decode("utf-8").rstrip("\r\n")
        # Whatever follows the first six characters must be JSON: no [DONE], and always a space.
        if line.startswith("data:"):
            print(json.loads(line[6:]))
