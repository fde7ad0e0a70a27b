const answer = await fetch("https://api.example/tickets", {
  method: "POST",
  headers: { Authorization: `Bearer ${token}` },
});
const { ticket } = await answer.json();
const socket = new WebSocket("wss://api.example/feed");
socket.addEventListener("open", () => socket.send(JSON.stringify({ ticket })));
