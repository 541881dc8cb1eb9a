// undici against reference_server: node requests.js PORT. Pipelines, answers of every kind, and idle closes that race.
"use strict";

const assert = require("node:assert/strict");
const { Pool, Client, fetch } = require("undici");

const base = `http://127.0.0.1:${process.argv[2]}`;

async function pipelines() {
  const client = new Client(base, { pipelining: 10 });
  const asked = [];
  for (let i = 0; i < 2000; ++i) {
    asked.push(client.request({ path: `/users/${i}`, method: "GET" }).then(async ({ statusCode, body }) => {
      assert.equal(statusCode, 200);
      assert.equal(await body.text(), String(i));
    }));
  }
  await Promise.all(asked);
  await client.close();
}

async function bodies() {
  const pool = new Pool(base, { connections: 4, pipelining: 10 });
  const sizes = [0, 1, 1023, 65536, 1 << 20];
  await Promise.all(sizes.flatMap((size) => [1, 2, 3].map(async () => {
    const sent = Buffer.alloc(size, "b");
    const { statusCode, body } = await pool.request({ path: "/echo", method: "POST", body: sent });
    assert.equal(statusCode, 200);
    assert.ok(Buffer.from(await body.arrayBuffer()).equals(sent));
  })));
  await pool.close();
  // Chunked, and an answer that comes in pieces.
  async function* pieces() { for (let i = 0; i < 50; ++i) yield Buffer.from(`piece ${i}\n`); }
  const echoed = await fetch(`${base}/echo`, { method: "POST", body: pieces(), duplex: "half" });
  assert.equal((await echoed.text()).split("\n").length, 51);
  assert.equal((await (await fetch(`${base}/stream`)).text()).split("\n").length, 9);
  assert.deepEqual(await (await fetch(`${base}/json`)).json(), { message: "Hello, World!" });
  const head = await fetch(`${base}/big`, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(8 << 20));
  assert.equal((await fetch(`${base}/none`)).status, 404);
}

// Ended in the middle, again and again; who asks behind it on other connections has its answer.
async function aborts() {
  for (let i = 0; i < 50; ++i) {
    const end = new AbortController();
    const big = fetch(`${base}/big`, { signal: end.signal }).then((answer) => answer.text());
    setTimeout(() => end.abort(), i % 10);
    await Promise.allSettled([big]);
    assert.equal((await fetch(`${base}/`)).status, 200);
  }
}

async function main() {
  await pipelines();
  await bodies();
  await aborts();
}
main().catch((why) => { console.error(why); process.exit(1); });
