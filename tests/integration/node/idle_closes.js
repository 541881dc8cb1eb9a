// undici against a reference_server that soon closes idle connections: node idle_closes.js PORT MILLISECONDS.
// Requests come just when their connection is being closed. That may meet a request on its way, in HTTP/1.1 nobody can
// help it; but then not one byte of an answer has come, and the request is good to be made again.
"use strict";

const assert = require("node:assert/strict");
const { Agent, request } = require("undici");

const base = `http://127.0.0.1:${process.argv[2]}`;
const idle = Number(process.argv[3]);
let met = 0;

async function ask(path, dispatcher) {
  try {
    return await request(base + path, { dispatcher });
  } catch (why) {
    assert.ok(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(why.code), why);
    ++met;
    return request(base + path, { dispatcher });
  }
}

async function main() {
  let answered = 0;
  await Promise.all(Array.from({ length: 16 }, async (_, worker) => {
    // It believes in the connection far longer than the server does.
    const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 60_000, keepAliveTimeoutThreshold: 0 });
    for (let i = 0; i < 24; ++i) {
      const { statusCode, body } = await ask(`/users/${worker}-${i}`, dispatcher);
      assert.equal(statusCode, 200);
      assert.equal(await body.text(), `${worker}-${i}`);
      ++answered;
      await new Promise((resolve) => setTimeout(resolve, idle - 6 + i / 2));
    }
    await dispatcher.close();
  }));
  console.log(`${answered} answered, ${met} met a close`);
}
main().catch((why) => { console.error(why); process.exit(1); });
