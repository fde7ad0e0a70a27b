// npm ws as an upstream: a WebSocket server that echoes every message, and says whom the gate named.
// Prints {"url": …} when it listens.
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, maxPayload: 16 * 1024 * 1024 });
server.on("connection", (socket, request) => {
  socket.send(
    JSON.stringify({
      subject: request.headers["claviger-subject"] ?? null,
      authorization: request.headers.authorization ?? null,
      path: request.url,
    }),
  );
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
server.on("listening", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
