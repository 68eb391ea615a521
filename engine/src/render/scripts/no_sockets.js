// Every web socket fails as one whose server is not there: to a port that the browser refuses by itself.
window.WebSocket = class WebSocket extends window.WebSocket {
  constructor() {
    super("wss://127.0.0.1:1/");
  }
};
