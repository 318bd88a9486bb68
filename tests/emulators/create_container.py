"""Creates a container in Azurite: `create_container.py ENDPOINT CONTAINER`, with Azurite's own well-known account."""

import base64
import email.utils
import hashlib
import hmac
import sys
import urllib.request

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

endpoint, container = sys.argv[1:]
date = email.utils.formatdate(usegmt=True)
headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06"
resource = f"/{ACCOUNT}/{ACCOUNT}/{container}\nrestype:container"
text = "PUT" + "\n" * 12 + f"{headers}\n{resource}"
signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
request = urllib.request.Request(f"{endpoint}/{container}?restype=container", method="PUT", data=b"")
request.add_header("x-ms-date", date)
request.add_header("x-ms-version", "2021-08-06")
request.add_header("Authorization", f"SharedKey {ACCOUNT}:{signature}")
request.add_header("Content-Length", "0")
request.remove_header("Content-type")
request.add_unredirected_header("Content-type", "")
urllib.request.urlopen(request, timeout=10).read()
