"""A hub on this machine: what huggingface.co answers, and what a bad day adds to it. Python's standard library only."""
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER_COMMIT = "89abcdef0123456789abcdef0123456789abcdef"


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
        self.shifts_range = 0  # how many GETs with a range get another part
        self.claimed_size = None  # instead of the true one
        self.slow = 0  # seconds between pieces

        self.direct = False  # served where it is asked for, without a redirect
        self.head_statuses = []  # statuses to answer at the hub, one for each request
        self.chunked = False  # no length is told

    @property
    def digest(self):
        return hashlib.sha256(self.claimed).hexdigest() if self.large else self.blob

    @property
    def blob(self):
        return hashlib.sha1(b"blob %d\0" % len(self.claimed) + self.claimed).hexdigest()


class Hub:
    """The hub and, on another port, the host that has the large files; encrypted with an ssl context."""

    def __init__(self, context=None):
        self.files = {}
        self.token = None  # what a gated model wants
        self.gated = self.private = False
        self.renamed = {}
        self.listed = []  # names that the list has beside the files, and nothing serves
        self.api_statuses = []  # statuses to answer instead of the list, one for each request
        self.conversion = None  # the number of the pull request in which the hub's robot converted the weights
        self.revisions = {"main", COMMIT}
        self.other, self.other_files = None, {}  # a revision that has files of its own
        self.retry_after = "0"
        self.second_redirect = False
        self.requests = []  # (host, method, path, range, authorization)
        self.stopping = threading.Event()
        self.servers = [ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"hub": self, "host": host})) for host in ("hub", "cdn")]
        for server in self.servers:
            server.daemon_threads = True
            if context:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *_: None  # a client that was killed
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.address, self.cdn = ("http%s://127.0.0.1:%d" % ("s" if context else "", server.server_address[1]) for server in self.servers)

    def commit_of(self, revision):
        return OTHER_COMMIT if revision in (OTHER_COMMIT, self.other) else COMMIT

    def files_of(self, revision):
        return self.other_files if self.commit_of(revision) == OTHER_COMMIT else self.files

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
        if path.startswith("/api/models/"):
            return self.api(path)
        if self.host == "cdn":
            if path.startswith("/again/"):
                return self.redirect(hub.cdn + path[len("/again"):])
            return self.body({**hub.files, **hub.other_files}[unquote(path[1:])])
        cached = re.fullmatch(r"/api/resolve-cache/([^/]+)/(.*)", path)
        if cached:
            revision = unquote(cached[1])
            self.commit = hub.commit_of(revision)
            entry = hub.files_of(revision)[cached[2]]
            return self.body(entry, self.describe(entry))
        match = re.fullmatch(r"/([^/]+/[^/]+|[^/]+)/resolve/([^/]+)/(.*)", path)
        if not match:
            return self.refuse(404, "EntryNotFound")
        name, revision, file = match[1], unquote(match[2]), match[3]
        if name in hub.renamed:
            return self.redirect("/%s/resolve/%s/%s" % (hub.renamed[name], match[2], file))
        if not self.allowed(name):
            return
        if revision not in hub.revisions:
            return self.refuse(404, "RevisionNotFound")
        self.commit = hub.commit_of(revision)
        if file not in hub.files_of(revision):
            return self.refuse(404, "EntryNotFound", {"X-Repo-Commit": self.commit})
        entry = hub.files_of(revision)[file]
        if entry.head_statuses:
            return self.reply(entry.head_statuses.pop(0), {"Retry-After": hub.retry_after}, b"not now")
        if entry.large:
            again = "/again" if hub.second_redirect else ""
            return self.redirect("%s%s/%s?signature=x" % (hub.cdn, again, file), self.describe(entry, "X-Linked-"))
        if entry.direct:
            return self.body(entry, self.describe(entry))
        return self.redirect("/api/resolve-cache/%s/%s" % (revision.replace("/", "%2F"), file), {"X-Repo-Commit": self.commit})

    def api(self, path):
        hub = self.hub
        if hub.api_statuses:
            return self.reply(hub.api_statuses.pop(0), {"Retry-After": hub.retry_after}, b"not now")
        match = re.fullmatch(r"/api/models/([^/]+/[^/]+|[^/]+)/(revision|tree|discussions)(?:/([^/]+))?", path)
        if not match:
            return self.refuse(404, "EntryNotFound")
        name, what, revision = match[1], match[2], unquote(match[3] or "main")
        if name in hub.renamed:
            return self.redirect(path.replace(name, hub.renamed[name]))
        if not self.allowed(name):
            return
        if what == "discussions":
            title = "Adding `safetensors` variant of this model"
            found = [{"num": hub.conversion, "title": title, "isPullRequest": True, "author": {"name": "SFconvertbot"}}]
            # Anybody may open a pull request of that title.
            found.append({"num": 99, "title": title, "isPullRequest": True, "author": {"name": "somebody"}})
            return self.json({"discussions": found if hub.conversion else found[1:]})
        if revision not in hub.revisions:
            return self.refuse(404, "RevisionNotFound")
        files = hub.files_of(revision)
        if what == "revision":
            return self.json({"id": name, "sha": hub.commit_of(revision), "siblings": [{"rfilename": file} for file in [*files, *hub.listed]]})
        entries = []
        for file, entry in files.items():
            item = {"type": "file", "path": file, "size": len(entry.claimed), "oid": entry.blob}
            if entry.large:
                item["lfs"] = {"oid": entry.digest, "size": len(entry.claimed), "pointerSize": 130}
            entries.append(item)
        return self.json(entries)

    def allowed(self, name):
        """Whether the model may be seen; answers if not."""
        hub = self.hub
        authorized = hub.token is None or self.headers.get("Authorization") == "Bearer " + hub.token
        if hub.private and not authorized or name != "org/model":
            self.refuse(401, "RepoNotFound")
            return False
        if hub.gated and not authorized:
            self.refuse(401 if self.headers.get("Authorization") is None else 403, "GatedRepo")
            return False
        return True

    def json(self, value):
        self.reply(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def describe(self, entry, prefix=""):
        fields = {"X-Repo-Commit": self.commit, prefix + "ETag": '"%s"' % entry.digest}
        if prefix:
            fields[prefix + "Size"] = str(len(entry.claimed) if entry.claimed_size is None else entry.claimed_size)
            fields["ETag"] = '"of the redirect, not the file"'
        return fields

    def redirect(self, location, fields={}):
        self.reply(302 if "://" in location else 307, {"Location": location, **fields}, b"moved")

    def refuse(self, status, code, fields={}):
        self.reply(status, {"X-Error-Code": code, **fields}, b'{"error":"%s"}' % code.encode())

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
            if entry.shifts_range > 0:
                entry.shifts_range -= 1
                begin //= 2
            fields = {**fields, "Content-Range": "bytes %d-%d/%d" % (begin, len(content) - 1, len(content))}
        content = content[begin:]
        self.send_response(status)
        if entry.chunked and self.command == "GET":
            self.send_header("Connection", "close")  # ends with the connection
            self.close_connection = True
        else:
            fields = {**fields, "Content-Length": str(len(content))}
        for name, value in fields.items():
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
