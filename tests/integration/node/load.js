// autocannon against reference_server: node load.js PORT. Bounded numbers of requests, kept and pipelined connections;
// how fast they are is printed, and nobody's business: none may fail.
"use strict";

const assert = require("node:assert/strict");
const autocannon = require("autocannon");

const base = `http://127.0.0.1:${process.argv[2]}`;
const connections = 10;

async function fire(name, { path, amount, pipelining = 1, reconnectRate, ...options }) {
  const result = await autocannon({ url: base + path, connections, timeout: 30, amount, pipelining, reconnectRate, ...options });
  const { errors, timeouts, mismatches, non2xx } = result;
  assert.deepEqual({ errors, timeouts, mismatches, non2xx }, { errors: 0, timeouts: 0, mismatches: 0, non2xx: 0 }, name);
  // It does not wait for what is under way when a connection has sent its share, nor tell of an answer before which it
  // connects anew. A request that was lost shows here, too: what a connection sends is counted.
  const unseen = connections * (pipelining - 1) + (reconnectRate ? amount / reconnectRate : 0);
  const answered = result["2xx"];
  assert.ok(answered >= amount - unseen && answered <= amount, `${name}: ${answered} of ${amount} answered`);
  process.stdout.write(`${name}: ${answered} answered, ${Math.round(result.requests.average)} a second, ` +
                       `p99 ${result.latency.p99} ms\n`);
}

async function main() {
  await fire("one by one", { path: "/", amount: 5000, expectBody: "Hello, World!" });
  await fire("pipelined", { path: "/", amount: 20000, pipelining: 16, expectBody: "Hello, World!" });
  const body = "b".repeat(4096);
  await fire("bodies, pipelined", { path: "/echo", amount: 3000, pipelining: 4, method: "POST", body, expectBody: body });
  await fire("new connections", { path: "/users/7", amount: 2000, reconnectRate: 10, expectBody: "7" });
}
main().catch((why) => { console.error(why); process.exit(1); });
