"""A hub on this machine: what huggingface.co answers, and what a bad day adds to it. Python's standard library only."""
import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class File:
    """One file of the hub, and how serving it goes wrong."""

    def __init__(self, content, large=False):
        self.content = content
        self.large = large  # kept as LFS keeps it: by SHA-256, on another host
        self.claimed = content  # what size and digest are computed from
        self.cuts = []  # lengths after which the connection breaks, one for each GET
        self.statuses = []  # statuses to answer instead, one for each request
        self.wrong = 0  # how many GETs bring other bytes
        self.ignores_range = False
        self.refuses_range = 0  # how many GETs with a range are answered 416
        self.slow = 0  # seconds between pieces

    @property
    def digest(self):
        if self.large:
            return hashlib.sha256(self.claimed).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(self.claimed) + self.claimed).hexdigest()


class Hub:
    """The hub and, on another port, the host that has the large files."""

    def __init__(self):
        self.files = {}
        self.token = None  # what a gated model wants
        self.gated = self.private = False
        self.renamed = {}
        self.revisions = {"main", COMMIT}
        self.retry_after = "0"
        self.second_redirect = False
        self.requests = []  # (host, method, path, range, authorization)
        self.stopping = threading.Event()
        self.servers = [ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": self, "host": host})) for host in ("hub", "cdn")]
        for server in self.servers:
            server.daemon_threads = True
            server.handle_error = lambda *_: None  # a client that was killed
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address, self.cdn = ("http://127.0.0.1:%d" % server.server_address[1] for server in self.servers)

    def close(self):
        self.stopping.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        hub, path = self.hub, self.path.partition("?")[0]
        hub.requests.append((self.host, self.command, self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if self.host == "cdn":
            if path.startswith("/again/"):
                return self.redirect(hub.cdn + path[len("/again"):])
            return self.body(hub.files[unquote(path[1:])])
        cached = re.fullmatch(r"/api/resolve-cache/(.*)", path)
        if cached:
            return self.body(hub.files[cached[1]], self.describe(hub.files[cached[1]]))
        match = re.fullmatch(r"/([^/]+/[^/]+|[^/]+)/resolve/([^/]+)/(.*)", path)
        if not match:
            return self.refuse(404, "EntryNotFound")
        name, revision, file = match[1], unquote(match[2]), match[3]
        if name in hub.renamed:
            return self.redirect("/%s/resolve/%s/%s" % (hub.renamed[name], match[2], file))
        authorized = hub.token is None or self.headers.get("Authorization") == "Bearer " + hub.token
        if hub.private and not authorized or name != "org/model":
            return self.refuse(401, "RepoNotFound")
        if hub.gated and not authorized:
            return self.refuse(401 if self.headers.get("Authorization") is None else 403, "GatedRepo")
        if revision not in hub.revisions:
            return self.refuse(404, "RevisionNotFound")
        if file not in hub.files:
            return self.refuse(404, "EntryNotFound")
        entry = hub.files[file]
        if entry.large:
            again = "/again" if hub.second_redirect else ""
            return self.redirect("%s%s/%s?signature=x" % (hub.cdn, again, file), self.describe(entry, "X-Linked-"))
        return self.redirect("/api/resolve-cache/" + file, {"X-Repo-Commit": COMMIT})

    def describe(self, entry, prefix=""):
        fields = {"X-Repo-Commit": COMMIT, prefix + "ETag": '"%s"' % entry.digest}
        if prefix:
            fields[prefix + "Size"] = str(len(entry.claimed))
            fields["ETag"] = '"of the redirect, not the file"'
        return fields

    def redirect(self, location, fields={}):
        self.reply(302 if "://" in location else 307, {"Location": location, **fields}, b"moved")

    def refuse(self, status, code):
        self.reply(status, {"X-Error-Code": code}, b'{"error":"%s"}' % code.encode())

    def reply(self, status, fields, body):
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self, entry, fields={}):
        if entry.statuses:
            status = entry.statuses.pop(0)
            if status == 0:  # not even a status
                self.close_connection = True
                return self.connection.close()
            return self.reply(status, {"Retry-After": self.hub.retry_after}, b"not now")
        content = entry.content
        if self.command == "GET" and entry.wrong > 0:
            entry.wrong -= 1
            content = bytes(byte ^ 1 for byte in content)
        begin, status = 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if wanted and not entry.ignores_range:
            begin, status = int(wanted[1]), 206
            if begin >= len(content) or entry.refuses_range > 0:
                entry.refuses_range -= 1
                return self.reply(416, {"Content-Range": "bytes */%d" % len(content)}, b"")
            fields = {**fields, "Content-Range": "bytes %d-%d/%d" % (begin, len(content) - 1, len(content))}
        content = content[begin:]
        self.send_response(status)
        for name, value in {**fields, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if entry.cuts:
            content = content[:entry.cuts.pop(0)]
            self.close_connection = True
        step = 1000 if entry.slow else len(content) or 1
        try:
            for start in range(0, len(content), step):
                self.wfile.write(content[start:start + step])
                if entry.slow and self.hub.stopping.wait(entry.slow):
                    return
        except OSError:
            self.close_connection = True  # the other side has gone
