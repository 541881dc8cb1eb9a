// A page to try chat in. It speaks what README.md describes, and comes back by itself when a connection is lost.
"use strict";

const kTypingFor = 4000;     // ms that somebody is shown as typing
const kTypingEvery = 3000;   // the service announces it no more often
const kMostRetries = 6;
const $ = (id) => document.getElementById(id);

let socket = null;
let me = "";
let room = "";
let lastId = 0;              // of the newest message that is shown
let retries = 0;
let retryTimer = 0;
let sent = 0;                // for client_id
const unacked = new Map();   // client_id → text
const typing = new Map();    // name → timer
let members = new Set();
let typedAt = 0;

function say(state, text) {
  $("state").dataset.state = state;
  $("state").textContent = text;
}

// Everything is set as text: nothing that anybody says becomes markup.
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function append(item) {
  const log = $("log");
  const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  log.append(item);
  while (log.childElementCount > 1000) log.firstElementChild.remove();
  if (follows) log.scrollTop = log.scrollHeight;
}

function note(text, wrong) {
  append(element("li", wrong ? "event wrong" : "event", text));
}

function show(message) {
  if (message.id <= lastId) return;  // it is there already
  lastId = message.id;
  const item = element("li", message.from === me ? "message own" : "message");
  item.dataset.id = message.id;
  const who = element("div", "who", message.from);
  const at = element("time", "", new Date(message.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  at.dateTime = message.at;
  who.append(at);
  item.append(who, element("p", "text", message.text));
  append(item);
  stopTyping(message.from);
}

function showMembers() {
  $("members").replaceChildren(...[...members].sort().map((name) => element("li", "", name === me ? `${name} (you)` : name)));
}

function showTyping() {
  const names = [...typing.keys()].sort();
  $("typing").textContent = names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing …`
    : `${names.slice(0, 3).join(", ")} are typing …`;
}
function stopTyping(name) {
  clearTimeout(typing.get(name));
  if (typing.delete(name)) showTyping();
}

const sentences = {
  rate_limited: "That was too fast: not sent.",
  too_long: "That was too long: not sent.",
  empty: "There was nothing to send.",
  busy: "The room is busy: not sent.",
  unavailable: "It could not be stored: not sent.",
  history_gone: "Some older messages are not kept any more.",
};

const handlers = {
  presence(event) {
    members = new Set(event.members);
    showMembers();
  },
  joined(event) {
    members.add(event.name);
    showMembers();
    note(`${event.name} came`);
  },
  left(event) {
    members.delete(event.name);
    showMembers();
    stopTyping(event.name);
    note(`${event.name} left`);
  },
  message: show,
  typing(event) {
    clearTimeout(typing.get(event.name));
    typing.set(event.name, setTimeout(() => stopTyping(event.name), kTypingFor));
    showTyping();
  },
  ack(event) { unacked.delete(event.client_id); },
  lagged(event) { note(`${event.missed} messages late`); },
  error(event) {
    note(sentences[event.code] ?? `Refused: ${event.code}`, true);
    const text = unacked.get(event.client_id);
    if (text !== undefined && !$("text").value) $("text").value = text;
    unacked.delete(event.client_id);
  },
};

function url() {
  const there = new URL(`rooms/${encodeURIComponent(room)}/ws`, location.href);
  there.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  there.hash = "";
  there.search = new URLSearchParams({ name: me, after: lastId });
  return there;
}

function connect() {
  say("away", "connecting …");
  const opened = socket = new WebSocket(url());
  opened.onopen = () => {
    retries = 0;
    say("here", `${me} in ${room}`);
  };
  opened.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    handlers[event.type]?.(event);
  };
  opened.onclose = ({ code, reason }) => {
    if (opened !== socket) return;
    socket = null;
    if (code === 1000 || code === 1008) {
      note(reason || "The connection was closed.", code !== 1000);
      say("lost", reason || "closed");
      return;
    }
    if (retries++ >= kMostRetries) return say("lost", "not connected; reload the page to try again");
    const wait = Math.min(30000, 500 * 2 ** retries) * (0.5 + Math.random() / 2);
    say("lost", reason ? `${reason}; trying again` : "connection lost; trying again");
    retryTimer = setTimeout(connect, wait);
  };
}

async function enter() {
  $("room-title").textContent = room;
  $("export").href = `rooms/${encodeURIComponent(room)}/export.csv.gz`;
  $("log").replaceChildren();
  lastId = 0;
  $("door").hidden = true;
  $("chat").hidden = false;
  location.hash = room;
  localStorage.setItem("name", me);
  try {
    const answer = await fetch(`rooms/${encodeURIComponent(room)}/messages?limit=50`);
    if (answer.ok) (await answer.json()).messages.forEach(show);
  } catch {
    // The WebSocket tells what is wrong, or brings all of it.
  }
  connect();
  $("text").focus();
}

function leave() {
  clearTimeout(retryTimer);
  if (socket?.readyState === WebSocket.OPEN) socket.send('{"type":"leave"}');
  socket = null;
  $("chat").hidden = true;
  $("door").hidden = false;
  say("away", "not connected");
  listRooms();
}

async function listRooms() {
  try {
    const { rooms } = await (await fetch("rooms")).json();
    $("open-rooms").replaceChildren(...rooms.map((open) => {
      const option = element("option", "", `${open.members} here`);
      option.value = open.room;
      return option;
    }));
  } catch {
    // Only suggestions.
  }
}

$("door").addEventListener("submit", (event) => {
  event.preventDefault();
  me = $("name").value.trim();
  room = $("room").value.trim();
  if (me && room) enter();
});
$("leave").addEventListener("click", leave);
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  if (socket?.readyState !== WebSocket.OPEN) return note("Not connected: not sent.", true);
  const id = String(++sent);
  unacked.set(id, text);
  socket.send(JSON.stringify({ type: "say", text, client_id: id }));
  $("text").value = "";
  typedAt = 0;
});
$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});
$("text").addEventListener("input", () => {
  const now = Date.now();
  if (now - typedAt < kTypingEvery || socket?.readyState !== WebSocket.OPEN) return;
  typedAt = now;
  socket.send('{"type":"typing"}');
});

$("name").value = localStorage.getItem("name") ?? "";
$("room").value = decodeURIComponent(location.hash.slice(1)) || "lobby";
listRooms();
