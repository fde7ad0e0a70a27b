node --max-http-header-size=32768 server.js
