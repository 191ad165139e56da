"""The client of kernel2's document: http.client, line by line. Takes the URL and the prompt."""
import http.client
import json
import sys
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
question = {
    "messages": [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": sys.argv[2]},
    ],
    "stream": True,
}
connection = http.client.HTTPConnection(url.netloc)
connection.request(
    "POST",
    url.path,
    body=json.dumps(question),
    headers={"Content-Type": "application/json", "Accept": "text/event-stream"},
)
for raw in connection.getresponse():
    line = raw.decode("utf-8").strip()
    if line == "data: [DONE]":
        break
    if not line.startswith("data: "):
        continue
    try:
        content = json.loads(line[6:])["choices"][0]["delta"].get("content", "")
    except json.JSONDecodeError:
        continue
    if content:
        print(content, end="", flush=True)
connection.close()
