// A server of ws's, which sends back what it gets: node websocket_server.js [deflate]. Prints its port, then what was
// agreed on with the one client it has, whether that answers pings, and how it has closed.
"use strict";

const { WebSocketServer } = require("ws");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: process.argv[2] === "deflate" ? { threshold: 0 } : false,
});
server.on("listening", () => console.log(server.address().port));
server.on("connection", (socket) => {
  let pongs = 0;
  server.close();
  socket.ping("there?");
  socket.on("pong", (data) => { if (data.toString() === "there?") ++pongs; });
  socket.on("message", (data, binary) => socket.send(data, { binary }));
  socket.on("close", (code) => console.log(`${socket.extensions.split(";")[0] || "plain"} ${pongs} ${code}`));
});
