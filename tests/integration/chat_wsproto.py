"""A member of chat by wsproto: chat_wsproto.py PORT. Says nothing where all is well."""

import json
import socket
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Pong, Request, TextMessage

PORT = int(sys.argv[1])


class Member:
    def __init__(self, target):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=30)
        self.connection = WSConnection(ConnectionType.CLIENT)
        self.send(Request(host=f"127.0.0.1:{PORT}", target=target))
        assert isinstance(self.take(), AcceptConnection)

    def send(self, event):
        self.socket.sendall(self.connection.send(event))

    def say(self, **message):
        self.send(TextMessage(data=json.dumps(message)))

    def take(self):
        while True:
            for event in self.connection.events():
                return event
            data = self.socket.recv(65536)
            self.connection.receive_data(data or None)

    def next(self):
        text = ""
        while True:
            event = self.take()
            assert isinstance(event, TextMessage), event
            text += event.data
            if event.message_finished:
                return json.loads(text)

    def closed(self):
        while not isinstance(event := self.take(), CloseConnection):
            pass
        return int(event.code)


ann = Member("/rooms/proto/ws?name=ann")
assert ann.next() == {"type": "presence", "room": "proto", "members": ["ann"], "last_id": 0}
assert ann.next() == {"type": "joined", "room": "proto", "name": "ann"}
ann.send(Ping(payload=b"between"))
assert ann.take() == Pong(payload=b"between")
for i in range(1, 6):
    ann.say(type="say", text=f"no {i}", client_id=str(i))
    both = sorted((ann.next(), ann.next()), key=lambda event: event["type"])
    assert both[0] == {"type": "ack", "client_id": str(i), "id": i}, both
    assert (both[1]["id"], both[1]["text"], both[1]["from"]) == (i, f"no {i}", "ann"), both

back = Member("/rooms/proto/ws?name=bob&after=2")
assert back.next()["last_id"] == 5
assert [back.next()["id"] for _ in range(3)] == [3, 4, 5]
ann.send(BytesMessage(data=b"x"))
assert ann.closed() == 1003
back.send(CloseConnection(code=1000))
assert back.closed() == 1000
