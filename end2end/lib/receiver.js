// Takes deliveries to webhooks, and answers as it is told.

import { createServer } from "node:http";

export class Receiver {
  static async start() {
    const receiver = new Receiver();
    /** Status of the answers. */
    receiver.status = 204;
    /** What came: headers and raw body. */
    receiver.received = [];
    receiver.server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      receiver.received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(receiver.status).end(receiver.status === 204 ? undefined : "out of order");
    });
    await new Promise((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    receiver.url = `http://127.0.0.1:${receiver.server.address().port}/hooks`;
    return receiver;
  }

  /** The first delivery of this type that came after `seen` others, once it is there. */
  async next(type, seen = 0) {
    for (let tries = 0; tries < 200; tries += 1) {
      const found = this.received.slice(seen).find(({ body }) => JSON.parse(body).type === type);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no ${type} came; only ${this.received.map(({ body }) => JSON.parse(body).type)}`);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
