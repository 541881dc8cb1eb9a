// The page of chat in a browser, driven over its debugging protocol: node chat_page.js PORT BROWSER PROFILE FOLDER
// Two tabs talk to each other; screenshots go into FOLDER.
"use strict";
const assert = require("node:assert");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const WebSocket = require("ws");

const [port, browser, profile, folder] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;

class Tab {
  static async open(debug) {
    const tab = new Tab();
    const target = await (await fetch(`http://127.0.0.1:${debug}/json/new?about:blank`, { method: "PUT" })).json();
    tab.socket = new WebSocket(target.webSocketDebuggerUrl);
    tab.last = 0;
    tab.asked = new Map();
    tab.requests = [];
    tab.wrong = [];
    await once(tab.socket, "open");
    tab.socket.on("message", (data) => tab.take(JSON.parse(data)));
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await tab.ask(`${domain}.enable`);
    return tab;
  }
  take({ id, result, error, method, params }) {
    if (id) {
      const { resolve, reject } = this.asked.get(id);
      this.asked.delete(id);
      return error ? reject(new Error(error.message)) : resolve(result);
    }
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
    if (method === "Network.webSocketCreated") this.requests.push(params.url);
    if (method === "Runtime.exceptionThrown") this.wrong.push(params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") this.wrong.push(params.entry.text);
  }
  ask(method, params = {}) {
    const id = ++this.last;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.ask("Runtime.evaluate", { expression, awaitPromise: true });
    assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
    return result.value;
  }
  async until(expression) {
    const end = Date.now() + 20000;
    while (!(await this.evaluate(expression))) {
      assert.ok(Date.now() < end, `${expression}: ${await this.evaluate("document.body.innerText")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async go() {
    await this.ask("Page.navigate", { url: `${origin}/` });
    await this.until("document.readyState === 'complete' && !!document.getElementById('door')");
  }
  async enter(name, room) {
    await this.evaluate(`document.getElementById("name").value = ${JSON.stringify(name)};
      document.getElementById("room").value = ${JSON.stringify(room)};
      document.getElementById("door").requestSubmit();`);
    await this.until(`document.getElementById("state").dataset.state === "here"`);
  }
  async type(text) {
    await this.evaluate(`document.getElementById("text").focus()`);
    await this.ask("Input.insertText", { text });
  }
  async press(key) {
    for (const type of ["keyDown", "keyUp"]) {
      await this.ask("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode: 13, text: type === "keyDown" ? "\r" : undefined });
    }
  }
  texts() {
    return this.evaluate(`JSON.stringify([...document.querySelectorAll("#log .text")].map((text) => text.textContent))`);
  }
  async shoot(name, scheme, width, height) {
    await this.ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await this.ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const { data } = await this.ask("Page.captureScreenshot", { format: "png" });
    fs.writeFileSync(`${folder}/${name}.png`, Buffer.from(data, "base64"));
  }
}

async function talk(debug) {
  const ann = await Tab.open(debug);
  await ann.go();
  await ann.shoot("door", "light", 900, 600);
  await ann.enter("Ann", "kitchen");
  const bob = await Tab.open(debug);
  await bob.go();
  await bob.enter("Bob", "kitchen");
  await ann.until(`document.getElementById("members").textContent.includes("Bob")`);
  assert.equal(await bob.texts(), JSON.stringify(["Is anybody here?"]));

  await ann.type("Hello <b>Bob</b>");
  await bob.until(`document.getElementById("typing").textContent === "Ann is typing …"`);
  await ann.press("Enter");
  const said = ["Is anybody here?", "Hello <b>Bob</b>"];
  await bob.until(`document.querySelectorAll("#log .text").length === 2`);
  assert.equal(await bob.texts(), JSON.stringify(said));
  assert.equal(await bob.evaluate(`document.querySelectorAll("#log b").length`), 0);
  await bob.until(`document.getElementById("typing").textContent === ""`);
  await bob.type("Hi Ann, the kettle is on.\nTea or coffee?");
  await bob.press("Enter");
  await ann.until(`document.querySelectorAll("#log .text").length === 3`);
  assert.equal(await ann.evaluate(`document.querySelectorAll("#log .own").length`), 1);

  // A connection that is lost comes back, and with it what was said meanwhile.
  await ann.evaluate(`socket.close(3000)`);
  await ann.until(`document.getElementById("state").dataset.state === "lost"`);
  await bob.type("Still there?");
  await bob.press("Enter");
  await ann.until(`document.getElementById("state").dataset.state === "here"`);
  await ann.until(`document.querySelectorAll("#log .text").length === 4`);
  await ann.shoot("light", "light", 900, 600);
  await ann.shoot("dark", "dark", 900, 600);
  await ann.shoot("narrow", "light", 380, 640);

  await bob.evaluate(`document.getElementById("leave").click()`);
  await ann.until(`!document.getElementById("members").textContent.includes("Bob")`);
  for (const tab of [ann, bob]) {
    assert.deepEqual(tab.wrong, []);
    for (const url of tab.requests) assert.equal(new URL(url).host, `127.0.0.1:${port}`, url);
  }
}

async function main() {
  const process = spawn(browser, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    `--user-data-dir=${profile}`, "--remote-debugging-port=0", "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const debug = await new Promise((resolve, reject) => {
      let said = "";
      process.stderr.on("data", (data) => {
        said += data;
        const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said);
        if (found) resolve(found[1]);
      });
      process.on("exit", () => reject(new Error(`the browser ended: ${said}`)));
    });
    await talk(debug);
  } finally {
    process.removeAllListeners("exit");
    process.kill("SIGKILL");
    await once(process, "exit");
  }
}
main().then(() => process.exit(0), (why) => { console.error(why); process.exit(1); });
