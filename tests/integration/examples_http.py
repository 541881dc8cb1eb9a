"""Tests of the examples that serve HTTP; examples_test.py runs them."""

import concurrent.futures
import contextlib
import gzip
import hashlib
import html
import http.client
import os
import re
import signal
import socket
import subprocess
import time

from example import Answer, Service, new_folder, pointers, program, run, with_service
from tap import equal, need, until

EPOCH = "1970-01-01T00:00:00Z"


@with_service("hello")
def hello_greets(service):
    answer = service.get("/hello/Ada")
    equal((answer.status, answer.json()), (200, {"message": "Hello, Ada"}))
    equal(service.get("/hello/Ada%20B?times=2").json(), {"message": "Hello, Ada B, Ada B"})
    equal(service.post("/visitors", {"name": "Ada", "age": 36}).json(), {"message": "Welcome, Ada"})
    equal(service.post("/visitors", {"name": "Tim", "age": 9}).status, 403)
    equal(service.get("/hello/Ada?times=11").status, 400)
    equal(service.get("/hello/").status, 404)
    equal(service.ask("DELETE", "/hello/Ada").status, 405)
    equal(pointers(service.post("/visitors", {"name": "", "age": "ten"})), ["/age", "/name"])
    equal(service.post("/visitors", "{").status, 400)
    equal(service.ask("POST", "/visitors", "name=Ada").status, 415)


@with_service("state")
def state_is_shared(service):
    equal(service.ask("PUT", "/words/tea", "a drink").status, 204)
    answer = service.get("/words/tea")
    equal((answer.status, answer.text), (200, "a drink"))
    equal(service.get("/words/none").status, 404)
    equal(service.ask("PUT", "/words/tea", "x" * 1001).status, 413)
    equal(service.ask("PUT", "/words/" + "w" * 101, "long").status, 400)
    equal(service.ask("PUT", "/words/bad", b"\xff").status, 400)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for status in pool.map(lambda n: service.ask("PUT", f"/words/w{n}", str(n)).status, range(100)):
            equal(status, 204)
        for number, text in enumerate(pool.map(lambda n: service.get(f"/words/w{n}").text, range(100))):
            equal(text, str(number))
    equal(service.get("/stats").json(), {"title": "a dictionary", "asked": 102, "words": 101})


@with_service("validation")
def validation_tells_all_mistakes_at_once(service):
    good = {"name": "Ann", "airport": "HAM", "from": "2026-05-01T00:00:00Z", "to": "2026-05-03T12:00:00Z",
            "extras": ["meal"]}
    answer = service.post("/bookings", good)
    equal((answer.status, answer.headers["location"]), (201, "/bookings/1"))
    equal(answer.json(), {"name": "Ann", "seats": 2, "nights": 3})
    for change, wrong in [
            ({"seats": 3}, ["/seats"]), ({"seats": 10}, ["/seats"]), ({"seats": 4}, None),
            ({"name": "", "airport": "ham"}, ["/airport", "/name"]),
            ({"extras": ["meal", "meal"]}, ["/extras"]), ({"extras": ["pony"]}, ["/extras/0"]),
            ({"note": None}, None), ({"note": "n" * 501}, ["/note"]), ({"notes": "misspelt"}, ["/notes"]),
            ({"to": EPOCH}, ["/to"]), ({"to": "2027-05-01T00:00:00Z"}, ["/to"]), ({"to": "tomorrow"}, ["/to"])]:
        answer = service.post("/bookings", {**good, **change})
        equal(answer.status if wrong is None else pointers(answer), 201 if wrong is None else wrong)
    equal(pointers(service.post("/bookings", {})), ["/airport", "/extras", "/from", "/name", "/to"])
    equal(service.post("/bookings", "[").status, 400)


@with_service("errors", profile="prod")
def errors_are_problems(service):
    equal(service.get("/accounts/ann").json(), {"balance": 100, "closed": False})
    equal(service.post("/accounts/ann/withdrawals", {"amount": 30}).json(), {"balance": 70, "closed": False})
    answer = service.post("/accounts/ann/withdrawals", {"amount": 500})
    equal((answer.status, answer.headers["content-type"]), (409, "application/problem+json"))
    equal([answer.json()[name] for name in ("type", "detail", "balance")],
          ["https://example.org/problems/balance", "the account has less", 70])
    equal(service.get("/accounts/eve").status, 404)
    equal(service.get("/accounts/bob").status, 410)
    answer = service.get("/accounts/eve", accept="text/plain")
    assert answer.headers["content-type"].startswith("text/plain"), answer.headers
    assert "there is no such account" in answer.text, answer.text
    equal(pointers(service.post("/accounts/ann/withdrawals", {"amount": 0})), ["/amount"])
    # What went wrong inside is for the log, and for nobody else.
    answer = service.get("/audit")
    equal((answer.status, "ledger" in answer.text), (500, False))
    service.line_with("the ledger's page 7 is missing")


def middleware_stands_around_handlers():
    with new_folder() as folder:
        equal(run("middleware", folder=folder)[0], 78)  # no key, no service
        with Service("middleware", folder, "--set", "key=letmein") as service:
            answer = service.get("/status")
            equal((answer.status, answer.text, answer.headers["x-served-by"]), (200, "well\n", "rondeau"))
            assert re.fullmatch(r"\d+ ms", answer.headers["x-took"]), answer.headers["x-took"]
            equal(service.get("/admin/slow?ms=1", x_api_key="letmein").text, "done\n")
            for headers in ({}, {"x_api_key": "letmeix"}, {"x_api_key": ""}):
                for path in ("/admin/slow", "/admin/none"):
                    equal(service.get(path, **headers).status, 401)
            equal(service.get("/admin/none", x_api_key="letmein").status, 404)
            equal(service.get("/admin/slow?ms=9000", x_api_key="letmein").status, 503)
            equal(service.get("/admin/slow?ms=-1", x_api_key="letmein").status, 400)
            equal(service.get("/none").headers["x-served-by"], "rondeau")
            equal(service.end(), 0)
            assert not any("letmein" in line for line in service.lines)


class Events:
    """A stream of events; each is a dict of its fields."""

    def __init__(self, service, path, **headers):
        self.connection = http.client.HTTPConnection(*service.address, timeout=30)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.answer = self.connection.getresponse()
        equal((self.answer.status, self.answer.headers["content-type"]), (200, "text/event-stream"))

    def next(self):
        """Empty at the end."""
        fields = {}
        while line := self.answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields

    def close(self):
        self.connection.close()


@with_service("sse")
def sse_misses_nothing(service):
    first = Events(service, "/news")
    equal(service.post("/news", {"headline": "it rains"}).json(), {"id": 1, "headline": "it rains"})
    equal(first.next(), {"event": "news", "id": "1", "data": '{"headline":"it rains"}'})
    first.close()
    for number in range(2, 5):
        equal(service.post("/news", {"headline": f"headline\n{number}"}).json()["id"], number)
    again = Events(service, "/news", last_event_id="2")
    equal([again.next()["id"] for _ in range(2)], ["3", "4"])
    new = Events(service, "/news", last_event_id="nonsense")  # as one that comes for the first time
    service.post("/news", {"headline": "last"})
    equal([new.next()["id"], again.next()["id"]], ["5", "5"])
    equal(pointers(service.post("/news", {"headline": "h" * 201})), ["/headline"])
    equal(service.post("/news", "{").status, 400)
    # The end is told, with a time after which to come again.
    service.send_signal(signal.SIGTERM)
    for events in (again, new):
        assert 1000 <= int(events.next()["retry"]) <= 5000
        equal(events.next(), {})
        events.close()


def frame(opcode, payload):
    """A masked frame; the mask is zero, so that the payload is as it is."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big") if size < 65536 else \
        b"\xff" + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def read_frame(connection):
    head = connection.recv(2, socket.MSG_WAITALL)
    size = head[1]
    if size >= 126:
        size = int.from_bytes(connection.recv(2 if size == 126 else 8, socket.MSG_WAITALL), "big")
    return head[0] & 15, connection.recv(size, socket.MSG_WAITALL) if size else b""


def open_websocket(service, *fields):
    """The connection, and the status of the answer to its handshake."""
    connection = service.connect()
    lines = ["GET /echo HTTP/1.1", f"Host: 127.0.0.1:{service.port}", "Connection: Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *fields]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        assert piece, head
        head += piece
    return connection, int(head.split()[1])


VERSION = "Sec-WebSocket-Version: 13"


@with_service("ws_echo")
def ws_echo_sends_back_messages(service):
    connection, status = open_websocket(service, VERSION)
    equal(status, 101)
    with connection:
        for opcode, payload in [(1, b"hello"), (2, b"\0\xff"), (1, b""), (1, "é".encode() * 20000)]:
            connection.sendall(frame(opcode, payload))
            equal(read_frame(connection), (opcode, payload))
        connection.sendall(frame(9, b"are you there"))
        equal(read_frame(connection), (10, b"are you there"))
        connection.sendall(frame(8, (1000).to_bytes(2, "big")))
        equal(read_frame(connection)[0], 8)


@with_service("ws_echo")
def ws_echo_refuses_what_is_none_and_closes_what_is_too_much(service):
    for fields, expected in [((VERSION, "Origin: https://evil.example"), 403), (("Sec-WebSocket-Version: 12",), 426)]:
        connection, status = open_websocket(service, *fields)
        connection.close()
        equal(status, expected)
    equal(service.get("/echo").status, 426)
    for sent, code in [(frame(1, b"x" * (64 * 1024 + 1)), 1009), (frame(1, b"\xff"), 1007), (frame(3, b""), 1002)]:
        connection, status = open_websocket(service, VERSION)
        equal(status, 101)
        with connection:
            connection.sendall(sent)
            opcode, payload = read_frame(connection)
            equal((opcode, int.from_bytes(payload[:2], "big")), (8, code))


@with_service("ws_echo")
def websocket_client_talks_to_ws_echo(service):
    with subprocess.Popen([program("websocket_client"), f"ws://127.0.0.1:{service.port}/echo"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as client:
        try:
            for line in ("hello", "good morning"):
                client.stdin.write(line + "\n")
                client.stdin.flush()
                equal(client.stdout.readline(), line + "\n")
            client.stdin.close()
            equal(client.wait(timeout=30), 0)
        finally:
            client.kill()
    equal(run("websocket_client", f"ws://127.0.0.1:{service.port}/none")[0], 1)


def stored(service):
    return sorted(os.listdir(os.path.join(service.folder, "uploads")))


@with_service("upload")
def upload_stores_whole_files(service):
    content = os.urandom(3 * 1024 * 1024 + 17)
    answer = service.ask("PUT", "/files/picture.png", content)
    equal((answer.status, answer.headers["location"]), (201, "/files/picture.png"))
    equal(answer.json(), {"name": "picture.png", "bytes": len(content)})
    with open(os.path.join(service.folder, "uploads", "picture.png"), "rb") as file:
        equal(hashlib.sha256(file.read()).digest(), hashlib.sha256(content).digest())
    # In pieces of no length that is told before, in the place of what was there.
    with contextlib.closing(http.client.HTTPConnection(*service.address, timeout=30)) as connection:
        connection.request("PUT", "/files/picture.png", iter([b"a" * 1000, b"b"]), encode_chunked=True,
                           headers={"transfer-encoding": "chunked"})
        equal(Answer(connection.getresponse()).json()["bytes"], 1001)
    equal(service.ask("PUT", "/files/empty", b"").status, 201)
    equal(stored(service), ["empty", "picture.png"])


@with_service("upload")
def upload_leaves_nothing_of_what_is_refused_or_broken_off(service):
    for name in ("..%2Fx", ".hidden", "a%2Fb", "x" * 101, "a%00b", "%2e%2e"):
        assert service.ask("PUT", f"/files/{name}", b"x").status in (400, 404), name
    with service.connect() as wire:
        wire.sendall(b"PUT /files/big HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\n")
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        equal(answer.status, 413)
    equal(stored(service), [])
    wires = [service.connect() for _ in range(20)]
    for wire in wires:
        wire.sendall(b"PUT /files/half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 70000)
    until(lambda: len(stored(service)) == 20)
    for wire in wires:
        wire.close()
    until(lambda: not stored(service), what="what was broken off is left")


@with_service("download")
def download_sends_a_report_of_any_length(service):
    answer = service.get("/reports/2500")
    equal((answer.status, answer.headers["content-disposition"]), (200, 'attachment; filename="squares-2500.csv"'))
    lines = answer.text.split("\r\n")
    equal((len(lines), lines[0], lines[1], lines[2500], lines[2501]), (2502, "row,square", "1,1", "2500,6250000", ""))
    for rows in ("0", "100000001", "many", "-1", "1.5"):
        equal(service.get(f"/reports/{rows}").status, 400)
    # Who does not read holds up nobody, and is not written for into memory.
    wires = [service.connect() for _ in range(10)]
    for wire in wires:
        wire.sendall(b"GET /reports/100000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        equal(wire.recv(12, socket.MSG_WAITALL), b"HTTP/1.1 200")

    def rests():
        work, memory = service.cpu_seconds(), service.resident_kib()
        time.sleep(0.3)
        return service.cpu_seconds() - work < 0.1 and service.resident_kib() - memory < 1024

    until(rests, what="it makes what nobody reads")
    equal(service.get("/reports/1").text, "row,square\r\n1,1\r\n")
    for wire in wires:
        wire.close()


def put(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def static_files_are_served_and_nothing_else():
    with new_folder() as folder:
        equal(run("static_files", folder=folder)[0], 69)  # no folder, no service
        files_are_served_and_nothing_else(os.path.join(folder, "public"))


def files_are_served_and_nothing_else(public):
    put(public, "index.html", b"<p>home")
    put(public, "assets/app.js", b"0123456789" * 100)
    put(public, "assets/app.js.gz", gzip.compress(b"0123456789" * 100))
    put(public, ".env", b"PASSWORD=x")
    put(public, "../secret", b"secret")
    os.symlink("../secret", os.path.join(public, "way-out"))
    with Service("static_files", os.path.dirname(public)) as service:
        ask_for_files(service)
        equal(service.end(), 0)


def ask_for_files(service):
    home = service.get("/")
    equal((home.status, home.text, home.headers["cache-control"]), (200, "<p>home", "no-cache"))
    equal(service.get("/", if_none_match=home.headers["etag"]).status, 304)
    script = service.get("/assets/app.js")
    equal((len(script.body), script.headers["cache-control"]), (1000, "public, max-age=31536000, immutable"))
    part = service.get("/assets/app.js", range="bytes=10-14")
    equal((part.status, part.text, part.headers["content-range"]), (206, "01234", "bytes 10-14/1000"))
    small = service.get("/assets/app.js", accept_encoding="gzip")
    equal((small.headers["content-encoding"], gzip.decompress(small.body)), ("gzip", script.body))
    equal(service.get("/users/7").text, "<p>home")
    assert service.get("/api/time").json()["now"].endswith("Z")

    equal(service.get("/assets/app.js", range="bytes=1000-").status, 416)
    for path in ("/.env", "/assets/none.js", "/%2e%2e%2fsecret", "/..%2fsecret"):
        assert service.get(path).status in (400, 404), path
    for path in ("/way-out", "/../secret"):
        assert "secret" not in service.get(path).text, path  # the page, as for any name without a dot
    equal(service.ask("POST", "/").status, 405)


def openapi_knows_its_contract():
    with new_folder() as folder:
        with Service("openapi", folder) as service:
            equal(service.post("/tasks", {"title": "Water the plants"}).headers["location"], "/tasks/1")
            equal(service.post("/tasks", {"title": "Sleep", "progress": "done", "note": "long"}).status, 201)
            equal(service.get("/tasks/1").json(),
                  {"id": 1, "task": {"title": "Water the plants", "progress": "open"}})
            equal([entry["id"] for entry in service.get("/tasks?progress=done").json()], [2])
            equal(service.get("/tasks/3").status, 404)
            equal(service.get("/tasks?limit=0").status, 400)
            equal(pointers(service.post("/tasks", {"title": "", "progress": "never"})), ["/progress", "/title"])
            docs = service.get("/docs")
            equal((docs.status, docs.headers["content-type"].startswith("text/html")), (200, True))
            answer = service.get("/openapi.json")
            document = answer.json()
            equal((document["info"]["title"], document["info"]["version"]), ("openapi", "1.0.0"))
            equal(document["paths"]["/tasks"]["post"]["operationId"], "create_task")
            equal(sorted(document["paths"]["/tasks"]["post"]["responses"])[:2], ["201", "400"])
            equal(service.end(), 0)
        put(folder, "published.json", answer.body)
        equal(run("openapi", "--openapi-diff", "published.json", folder=folder)[0], 0)
        put(folder, "older.json", answer.body.replace(b"/tasks/{id}", b"/tasks/{number}"))
        code, text, _ = run("openapi", "--openapi-diff", "older.json", folder=folder)
        equal((code, "breaking" in text), (1, True))


@with_service("transactions")
def transactions_move_money_or_do_not(service):
    def balances():
        return [account["balance"] for account in service.get("/accounts").json()]

    def move(source, target, amount, **more):
        return service.post("/transfers", {"from": source, "to": target, "amount": amount, **more})

    answer = move(1, 2, 30, note="rent")
    equal((answer.status, answer.headers["location"], answer.json()), (201, "/transfers/1", {"id": 1, "noted": True}))
    equal(balances(), [70, 30])
    # The note was used before: it fails alone.
    equal(move(1, 2, 1, note="rent").json(), {"id": 2, "noted": False})
    equal(balances(), [69, 31])
    equal(move(1, 2, 70).status, 409)
    equal(move(1, 3, 1).status, 404)
    equal(pointers(move(1, 1, 1)), ["/to"])
    equal(pointers(move(1, 2, 0)), ["/amount"])
    equal(balances(), [69, 31])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda n: move(1, 2, 10).status, range(20)))
    equal((statuses.count(201), statuses.count(409)), (6, 14))
    equal(balances(), [9, 91])


class Redis:
    """A server on a socket in that folder."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "redis.sock")
        self.program = need("redis-server")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.program, "--port", "0", "--unixsocket", self.path, "--save", ""],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(lambda: os.path.exists(self.path))

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)


def redis_counts_a_vote_once():
    with new_folder() as folder:
        redis = Redis(folder)
        try:
            redis.start()
            with Service("redis", folder, "--set", f"redis=unix://{redis.path}") as service:
                equal(service.get("/votes").json(), {})
                answer = service.ask("POST", "/votes/tea")
                equal((answer.status, answer.json()), (200, {"votes": 1}))
                equal(service.ask("POST", "/votes/coffee").status, 429)
                equal(service.ask("POST", "/votes/beer").status, 400)
                equal(service.get("/votes").json(), {"tea": 1})
                redis.stop()
                until(lambda: service.get("/readyz").status == 503)
                equal(service.get("/votes").status, 503)
                redis.start()
                until(lambda: service.get("/readyz").status == 200)
                equal(service.get("/votes").json(), {})  # it has kept nothing
                equal(service.end(), 0)
        finally:
            redis.stop()


def graceful_shutdown_loses_nothing():
    with new_folder() as folder, Service("graceful_shutdown", folder, "--set", "each=20ms") as service:
        for name in ("ann", "bob", "eve"):
            equal(service.ask("POST", "/mails", f"{name}@example.org").status, 202)
        equal(service.ask("POST", "/mails", "").status, 422)
        equal(service.ask("POST", "/mails", b"\xff").status, 400)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(service.get, "/wait") for _ in range(2)]
            reports = [pool.submit(service.get, "/report") for _ in range(2)]
            busy = f"127.0.0.1:{service.port}"
            until(lambda: len(established(service.port)) >= 8, what=f"nobody is connected to {busy}")
            time.sleep(0.2)  # their requests are read
            more = [pool.submit(service.ask, "POST", "/mails", "last@example.org") for _ in range(20)]
            for one in more:
                equal(one.result().status, 202)
            begun = time.monotonic()
            service.send_signal(signal.SIGTERM)
            equal([one.result().text for one in waiting], ["come again\n"] * 2)
            equal([one.result().text for one in reports], ["all is well\n"] * 2)
        equal(service.wait(), 0)
        assert time.monotonic() - begun < 10, "somebody was waited for"
        assert "23" in service.line_with("sent="), service.lines


def established(port):
    """The ends of connections to that port of 127.0.0.1, both of each."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return [row for row in rows if row[3] == "01" and f":{port:04X}" in row[1][8:] + row[2][8:]]


@with_service("sqlite_notes", "--set", "database=sqlite::memory:")
def sqlite_notes_keeps_notes(service):
    answer = service.post("/notes", {"text": "buy flour", "tags": ["kitchen", "kitchen"]})
    equal((answer.status, answer.headers["location"], answer.json()["text"]), (201, "/notes/1", "buy flour"))
    service.post("/notes", {"text": "'); drop table notes; --", "tags": []})
    equal([note["id"] for note in service.get("/notes?tag=kitchen").json()], [1])
    equal(len(service.get("/notes").json()), 2)
    equal(pointers(service.post("/notes", {"text": 1})), ["/tags", "/text"])
    equal(service.ask("DELETE", "/notes/1").status, 204)
    equal(service.ask("DELETE", "/notes/1").status, 404)


@with_service("hello")
def http_client_asks_several(service):
    base = f"http://127.0.0.1:{service.port}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    code, text, _ = run("http_client", f"{base}/hello/Ada", f"{base}/none", f"http://127.0.0.1:{closed}/",
                        "nonsense")
    lines = text.splitlines()
    equal((code, len(lines)), (0, 4))
    told = rf"{base}/hello/Ada: 200 after \d+ ms, 24 bytes after \d+ ms"
    assert any(re.fullmatch(told, line) for line in lines), lines
    assert any(line.startswith(f"{base}/none: 404 ") for line in lines), lines
    assert any("refused" in line for line in lines), lines
    equal(run("http_client")[0], 2)


@with_service("todo")
def todo_keeps_what_there_is_to_do(service):
    base = f"http://127.0.0.1:{service.port}"
    equal(service.get("/todos").json(), [])
    answer = service.post("/todos", {"title": "buy flour", "order": 3})
    first = {"id": 1, "title": "buy flour", "completed": False, "order": 3, "url": f"{base}/todos/1"}
    equal((answer.status, answer.json()), (201, first))
    equal(answer.headers["location"], first["url"])
    equal(service.get("/todos/1").json(), first)
    second = service.post("/todos", {"title": "bake"}).json()
    equal((second["completed"], "order" in second), (False, False))
    equal(service.get("/todos", host="todo.example").json()[1]["url"], "http://todo.example/todos/2")

    change = service.ask("PATCH", "/todos/1", as_json={"completed": True})
    equal((change.status, change.json()), (200, {**first, "completed": True}))
    equal(service.ask("PATCH", "/todos/1", as_json={"title": "buy rye flour", "order": 4}).json(),
          {**first, "completed": True, "title": "buy rye flour", "order": 4})
    for method, body in [("GET", None), ("PATCH", {"completed": True}), ("DELETE", None)]:
        equal(service.ask(method, "/todos/99", as_json=body).status, 404)
    equal(pointers(service.post("/todos", {"completed": "yes"})), ["/completed", "/title"])
    equal(pointers(service.ask("PATCH", "/todos/1", as_json={"order": 1.5})), ["/order"])
    equal(service.get("/todos/first").status, 400)
    equal(service.ask("DELETE", "/todos/1").status, 204)
    equal(service.get("/todos/1").status, 404)
    equal(service.ask("DELETE", "/todos").status, 204)
    equal(service.get("/todos").json(), [])
    equal(service.post("/todos", {"title": "again"}).json()["id"], 3)  # an address is given once


@with_service("todo")
def todo_is_for_pages_of_any_origin(service):
    equal(service.get("/todos", origin="https://page.example").headers["access-control-allow-origin"], "*")
    for method in ("POST", "PATCH", "DELETE"):
        answer = service.ask("OPTIONS", "/todos/1", origin="https://page.example",
                             access_control_request_method=method, access_control_request_headers="content-type")
        equal((answer.status // 100, answer.headers["access-control-allow-origin"]), (2, "*"))
        allowed = answer.headers["access-control-allow-methods"]
        assert allowed == "*" or method in allowed, allowed
        assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    answer = service.get("/todos/99", origin="https://page.example")
    equal((answer.status, answer.headers["access-control-allow-origin"]), (404, "*"))


def is_world(world):
    return set(world) == {"id", "randomNumber"} and 1 <= world["id"] <= 10000 and 1 <= world["randomNumber"] <= 10000


@with_service("benchmark_server")
def benchmark_answers_by_the_rules(service):
    for path, content_type, length in [("/plaintext", "text/plain", 13), ("/json", "application/json", 27)]:
        answer = service.get(path)
        equal((answer.status, answer.headers["content-type"].split(";")[0]), (200, content_type))
        equal(answer.headers["content-length"], str(length))
        assert answer.headers["server"] and answer.headers["date"], answer.headers
    equal(service.get("/plaintext").text, "Hello, World!")
    equal(service.get("/json").json(), {"message": "Hello, World!"})
    assert is_world(service.get("/db").json())
    for path in ("/queries", "/updates"):
        for query, count in [("?queries=20", 20), ("?queries=0", 1), ("?queries=-5", 1), ("?queries=501", 500), ("", 1),
                             ("?queries=foo", 1), ("?queries=", 1), ("?queries=3x", 1), ("?queries=" + "9" * 30, 500)]:
            answer = service.get(path + query)
            worlds = answer.json()
            equal((path + query, answer.status, len(worlds)), (path + query, 200, count))
            assert all(is_world(world) for world in worlds), worlds
    equal(service.get("/none").status, 404)
    equal(service.ask("POST", "/plaintext", "x").status, 405)


@with_service("benchmark_server")
def benchmark_sorts_and_escapes_fortunes(service):
    answer = service.get("/fortunes")
    equal(answer.headers["content-type"].lower(), "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>"), answer.text[:80]
    rows = re.findall(r"<tr><td>(\d+)</td><td>(.*?)</td></tr>", answer.text)
    messages = [html.unescape(message) for _, message in rows]
    equal(len(rows), 13)
    equal(messages, sorted(messages, key=str.encode))
    assert ("0", "Additional fortune added at request time.") in rows, rows
    assert "早い答えは良い答え" in messages, messages
    assert "<script>" not in answer.text and "&lt;script&gt;" in answer.text
    equal(len(re.findall(r"<tr><td>", service.get("/fortunes").text)), 13)  # one more for a request, not for each


@with_service("benchmark_server")
def benchmark_writes_what_it_tells(service):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: service.get("/updates?queries=50"), range(16)):
            equal((answer.status, len(answer.json())), (200, 50))


TESTS = [
    hello_greets,
    state_is_shared,
    validation_tells_all_mistakes_at_once,
    errors_are_problems,
    middleware_stands_around_handlers,
    sse_misses_nothing,
    ws_echo_sends_back_messages,
    ws_echo_refuses_what_is_none_and_closes_what_is_too_much,
    websocket_client_talks_to_ws_echo,
    upload_stores_whole_files,
    upload_leaves_nothing_of_what_is_refused_or_broken_off,
    download_sends_a_report_of_any_length,
    static_files_are_served_and_nothing_else,
    openapi_knows_its_contract,
    transactions_move_money_or_do_not,
    redis_counts_a_vote_once,
    graceful_shutdown_loses_nothing,
    sqlite_notes_keeps_notes,
    http_client_asks_several,
    todo_keeps_what_there_is_to_do,
    todo_is_for_pages_of_any_origin,
    benchmark_answers_by_the_rules,
    benchmark_sorts_and_escapes_fortunes,
    benchmark_writes_what_it_tells,
]
