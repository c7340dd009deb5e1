// A bad network: an HTTP proxy before the server, which breaks what it is told to break.
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a request. `stall`: the headers of the answer come and a few bytes, then nothing. `silence`: nothing comes.
 *  `truncate`: the connection ends in the middle of the body. `lose`: the server does it, its answer is lost. `reset`: the
 *  request does not arrive. `portal`: a captive portal's page answers instead. `forbid`: a proxy refuses the method. */
export type Fault = "stall" | "silence" | "truncate" | "lose" | "reset" | "portal" | "forbid";

export const FAULTS: Fault[] = ["stall", "silence", "truncate", "lose", "reset", "portal", "forbid"];

export class Gate {
  /** Says what happens to a request; nothing where it passes. */
  fault: (path: string, method: string) => Fault | undefined = () => undefined;
  /** How many requests were broken so far. */
  broken = 0;
  readonly #open = new Set<ServerResponse>();
  readonly #listener = createServer((incoming, outgoing) => this.#handle(incoming, outgoing));

  constructor(private readonly server: string) {}

  /** Opens the gate; returns its address. */
  async open(): Promise<string> {
    await new Promise<void>((done) => this.#listener.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  close() {
    this.#listener.close();
    this.#listener.closeAllConnections();
  }

  #handle(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { url = "/", method = "GET", headers } = incoming;
    const fault = this.fault(url.split("?")[0], method);
    if (fault) this.broken++;
    if (fault === "reset") return incoming.socket.destroy();
    if (fault === "forbid") {
      incoming.resume();
      outgoing.writeHead(405, { "content-type": "text/html" });
      return outgoing.end("<html><body>405 Method Not Allowed</body></html>");
    }
    if (fault === "portal") {
      incoming.resume();
      outgoing.writeHead(200, { "content-type": "text/html" });
      return outgoing.end("<html><body>请先登录 Wi-Fi</body></html>");
    }
    const onward = request(new URL(url, this.server), { method, headers }, (answer) => {
      if (fault === "silence") return answer.resume();
      if (fault === "lose") return answer.resume().on("end", () => outgoing.destroy());
      // Each request on a connection of its own: the browser sends one again by itself that a used one lost.
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: "close" });
      if (!fault) return answer.pipe(outgoing);
      // A few bytes, and then nothing or the end of the connection.
      answer.once("data", (bytes: Buffer) => outgoing.write(bytes.subarray(0, 5), () => {
        if (fault === "truncate") outgoing.destroy();
      }));
      return answer.once("end", () => fault === "truncate" && outgoing.destroy()).resume();
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => this.#open.delete(outgoing));
    this.#open.add(outgoing);
    return incoming.pipe(onward);
  }
}
