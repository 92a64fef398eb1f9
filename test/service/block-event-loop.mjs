// Keeps the event loop of a Node.js process, given by pid, busy for ever: through its debugger.
process.kill(Number(process.argv[2]), 'SIGUSR1');
for (;;) {
  try {
    const [target] = await (await fetch('http://127.0.0.1:9229/json')).json();
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    socket.onopen = () => {
      socket.send(
        JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: 'for (;;);' } }),
      );
      setTimeout(() => process.exit(), 500);
    };
    break;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
