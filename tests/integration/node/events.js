// eventsource against feature_server: node events.js PORT. The stream ends after five events; who comes back says where
// it was, and sees every event once.
"use strict";

const assert = require("node:assert/strict");
const EventSource = require("eventsource");

const source = new EventSource(`http://127.0.0.1:${process.argv[2]}/counting`);
const seen = [];
let opened = 0;
source.onopen = () => ++opened;
source.onmessage = ({ data, lastEventId }) => {
  assert.equal(data, lastEventId);
  seen.push(Number(data));
  if (seen.length < 23) return;
  source.close();
  assert.deepEqual(seen, Array.from({ length: 23 }, (_, i) => i + 1));
  assert.equal(opened, 5);
};
