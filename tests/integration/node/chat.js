// Two members of chat by the package ws: node chat.js PORT
"use strict";
const assert = require("node:assert");
const { once } = require("node:events");
const WebSocket = require("ws");

const port = process.argv[2];

// Keeps all events; next(type) waits for the next one of that type.
class Member {
  constructor(room, name, options) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/rooms/${room}/ws?name=${name}`, options);
    this.events = [];
    this.waiting = null;
    this.socket.on("message", (data, binary) => {
      assert.equal(binary, false);
      this.events.push(JSON.parse(data));
      this.waiting?.();
    });
  }
  async next(type) {
    for (;;) {
      const at = this.events.findIndex((event) => event.type === type);
      if (at >= 0) return this.events.splice(0, at + 1).at(-1);
      await new Promise((resolve) => { this.waiting = resolve; });
    }
  }
  send(value) { this.socket.send(JSON.stringify(value)); }
  async closed(code) { assert.equal((await once(this.socket, "close"))[0], code); }
}

async function main() {
  const ann = new Member("node", "ann");
  assert.deepEqual(await ann.next("presence"), { type: "presence", room: "node", members: ["ann"], last_id: 0 });
  const bob = new Member("node", "bob", { perMessageDeflate: false });
  assert.deepEqual((await bob.next("presence")).members, ["ann", "bob"]);
  assert.equal((await bob.next("joined")).name, "bob");

  ann.send({ type: "say", text: "κόσμε \u{1F600} \"\\\n", client_id: "c1" });
  const heard = await bob.next("message");
  assert.equal(heard.text, "κόσμε \u{1F600} \"\\\n");
  assert.deepEqual([heard.id, heard.room, heard.from], [1, "node", "ann"]);
  assert.ok(Math.abs(new Date(heard.at) - Date.now()) < 60000);
  await Promise.race([ann.next("ack"), new Promise((_, fail) => setTimeout(fail, 10000, new Error("no ack")))]);

  bob.send({ type: "typing" });
  assert.equal((await ann.next("typing")).name, "bob");
  bob.socket.ping("x");
  assert.equal((await once(bob.socket, "pong"))[0].toString(), "x");
  bob.send({ type: "what" });
  assert.equal((await bob.next("error")).code, "bad_message");
  bob.send({ type: "leave" });
  await bob.closed(1000);
  assert.equal((await ann.next("left")).name, "bob");

  ann.socket.send(Buffer.from("x"));
  await ann.closed(1003);
  const eager = new Member("node", "eager");
  await eager.next("joined");
  for (let i = 0; i < 24; ++i) eager.send({ type: "say", text: String(i) });
  await eager.closed(1008);
}
main().catch((why) => { console.error(why); process.exit(1); });
