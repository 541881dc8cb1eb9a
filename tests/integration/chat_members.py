"""A thousand members of chat in one thread: as little of RFC 6455 as it takes, so that it is the service that is measured."""

import asyncio
import base64
import json
import os
import socket
import struct

MESSAGE = b'{"type":"message","id":'


def text_frame(text):
    """Of a client: masked, by zeros."""
    data = text.encode()
    size = len(data)
    if size < 126:
        head = struct.pack("!BB", 0x81, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x81, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x81, 0x80 | 127, size)
    return head + bytes(4) + data


class Member(asyncio.Protocol):
    """Keeps the ids of messages; counts or keeps what else comes."""

    def __init__(self, port, room, name, on_message=None):
        self.port, self.room, self.name, self.on_message = port, room, name, on_message
        self.buffer = bytearray()
        self.open = False
        self.ids = []
        self.acks = []
        self.events = []  # of other kinds
        self.close_code = None
        self.ended = False
        self.changed = asyncio.Event()

    async def join(self, receive_buffer=None):
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", self.port))
        self.transport, _ = await loop.create_connection(lambda: self, sock=connection)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write((f"GET /rooms/{self.room}/ws?name={self.name} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                              f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                              f"Sec-WebSocket-Key: {key}\r\n\r\n").encode())
        await self.until(lambda: any(event["type"] == "joined" for event in self.events))
        return self

    def say(self, text, client_id):
        self.transport.write(text_frame(json.dumps({"type": "say", "text": text, "client_id": client_id})))

    async def until(self, holds, seconds=60):
        while not holds():
            assert not self.ended, f"{self.name}: it ended with {self.close_code}"
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), seconds)

    def data_received(self, data):
        self.buffer += data
        if not self.open:
            head = self.buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            assert self.buffer.startswith(b"HTTP/1.1 101 "), bytes(self.buffer[:200])
            del self.buffer[:head + 4]
            self.open = True
        at = 0
        while (end := self.frame(at)) is not None:
            at = end
        del self.buffer[:at]
        self.changed.set()

    def connection_lost(self, why):
        self.ended = True
        self.changed.set()

    def frame(self, at):
        """Takes the frame that begins there; gives where it ends, or None where it is not there yet."""
        buffer = self.buffer
        if len(buffer) < at + 2:
            return None
        size, begin = buffer[at + 1], at + 2
        if size == 126:
            if len(buffer) < at + 4:
                return None
            size, begin = int.from_bytes(buffer[at + 2:at + 4], "big"), at + 4
        elif size == 127:
            if len(buffer) < at + 10:
                return None
            size, begin = int.from_bytes(buffer[at + 2:at + 10], "big"), at + 10
        if len(buffer) < begin + size:
            return None
        opcode = buffer[at] & 15
        payload = bytes(buffer[begin:begin + size])
        if opcode == 1:
            self.event(payload)
        elif opcode == 8:
            self.close_code = int.from_bytes(payload[:2], "big")
        elif opcode == 9:
            self.transport.write(struct.pack("!BB", 0x8A, 0x80 | size) + bytes(4) + payload)
        else:
            raise AssertionError(f"a frame of kind {opcode}")
        return begin + size

    def event(self, payload):
        if payload.startswith(MESSAGE):
            self.ids.append(int(payload[len(MESSAGE):payload.index(b",", len(MESSAGE))]))
            if self.on_message:
                self.on_message(payload)
            return
        event = json.loads(payload)
        if event["type"] == "ack":
            self.acks.append(event["client_id"])
        else:
            self.events.append(event)

