// ws against reference_server: node websockets.js PORT. Compression, fragments, pings, close codes.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const WebSocket = require("ws");

const url = `ws://127.0.0.1:${process.argv[2]}/ws`;

async function open(options) {
  const socket = new WebSocket(url, options);
  await once(socket, "open");
  return socket;
}

async function echo(socket, sent) {
  socket.send(sent);
  const [got, binary] = await once(socket, "message");
  assert.equal(binary, typeof sent !== "string");
  assert.ok(Buffer.from(sent).equals(got), `${got.length} bytes came back of ${sent.length}`);
}

async function ended(socket, code) {
  const [got] = await once(socket, "close");
  assert.equal(got, code);
}

async function messages(perMessageDeflate) {
  const socket = await open({ perMessageDeflate });
  assert.equal(socket.extensions.startsWith("permessage-deflate"), perMessageDeflate !== false);
  for (const size of [0, 1, 125, 126, 255, 256, 65535, 65536, 1 << 20]) {
    await echo(socket, "ä".repeat(size / 2));
    await echo(socket, Buffer.alloc(size, size));
  }
  // Many at once come back in their order.
  const seen = [];
  socket.on("message", (got) => seen.push(Number(got)));
  for (let i = 0; i < 1000; ++i) socket.send(String(i));
  while (seen.length < 1000) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(seen, [...seen.keys()]);
  socket.close(1000, "done");
  await ended(socket, 1000);
}

async function fragments() {
  const socket = await open({ perMessageDeflate: true });
  for (const compress of [false, true]) {
    socket.send("one ", { fin: false, compress });
    socket.ping("between");
    socket.send("two ", { fin: false });
    socket.send("three", { fin: true });
    const [[pong], [got]] = await Promise.all([once(socket, "pong"), once(socket, "message")]);
    assert.equal(pong.toString(), "between");
    assert.equal(got.toString(), "one two three");
  }
  socket.close();
  await ended(socket, 1005);
}

async function closeCodes() {
  for (const code of [1000, 1001, 1003, 1011, 3000, 4999]) {
    const socket = await open();
    socket.close(code, "said why");
    await ended(socket, code);
  }
  // Too big; and what the protocol does not allow: bytes that are no text, and a bit nobody agreed on.
  const big = await open();
  big.send(Buffer.alloc((1 << 20) + 1));
  await ended(big, 1009);
  const noText = await open();
  noText._socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]));
  await ended(noText, 1007);
  const reserved = await open({ perMessageDeflate: false });
  reserved._socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]));
  await ended(reserved, 1002);
}

async function main() {
  await messages(false);
  await messages(true);
  await messages({ serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 });
  await messages({ serverMaxWindowBits: 10, clientMaxWindowBits: 10, threshold: 0 });
  await fragments();
  await closeCodes();
}
main().catch((why) => { console.error(why); process.exit(1); });
