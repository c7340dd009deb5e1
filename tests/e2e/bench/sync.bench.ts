// Push and pull in Chromium over loopback to the durable server, beside PouchDB 9 and pouchdb-server in
// memory with the same records in the same run.
import { fillOutbox } from "../vault";
import { byHand, expect, logIn, Phone, ready, tab, test, unlock, type Server } from "../world";
import { figure } from "./figures";
import type { Page, Request } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const resolve = createRequire(import.meta.url).resolve;
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Milliseconds from the first request until the app says that all is at the office. The app is open, as the peer's page is,
 * and the connection comes back: what the browser does when somebody unlocks (drawing, asking whether to keep the
 * password) is over.
 */
async function push(server: Server, phone: Phone, count: number, sent?: (request: Request) => void): Promise<number> {
  const page = await phone.open();
  // What other phones pushed before is here before the time runs.
  const pulled = page.waitForResponse(async (answer) => {
    if (!answer.url().endsWith("/sync") || !answer.ok()) return false;
    const { channels } = (await answer.json()) as { channels: { more: boolean }[] };
    return channels.every((channel) => !channel.more);
  });
  await logIn(page, server.url);
  await ready(page);
  await pulled;
  await phone.context.setOffline(true);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("样子");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await fillOutbox(page, count);
  if (sent) page.on("request", sent);
  await page.addInitScript(() => {
    let first: number;
    let queued = false;
    const real = window.fetch;
    window.fetch = (...args) => {
      const url = args[0] instanceof Request ? args[0].url : String(args[0]);
      if (url.endsWith("/sync")) first ??= performance.now();
      return real(...args);
    };
    const observed = window as unknown as { sent: Promise<number> };
    observed.sent = new Promise((done) => {
      new MutationObserver((_, observer) => {
        const text = document.body?.textContent ?? "";
        const unsent = text.includes("条还没到办公室");
        queued ||= unsent;
        if (!queued || unsent) return;
        observer.disconnect();
        done(performance.now() - first);
      }).observe(document, { childList: true, subtree: true, characterData: true });
    });
  });
  await byHand(page);
  await page.goto(server.url);
  await unlock(page);
  await expect(page.getByText(`${count} 条还没到办公室`)).toBeVisible();
  await phone.context.setOffline(false);
  return page.evaluate(() => (window as unknown as { sent: Promise<number> }).sent);
}

/** Bytes on the wire for a visit, of 1,000 that are pushed. Not timed: watching the requests slows them. */
async function pushBytes(server: Server): Promise<number> {
  const phone = new Phone();
  let bytes = 0;
  await push(server, phone, 1_000, (request) => {
    if (request.url().endsWith("/sync")) bytes += request.postDataBuffer()?.length ?? 0;
  });
  await phone.end();
  return bytes / 1_000;
}

class Couch {
  url = "";
  page = "";
  #child!: ChildProcess;
  #files = createServer((request, answer) => {
    const script = request.url?.endsWith("pouchdb.js");
    answer.setHeader("content-type", script ? "text/javascript" : "text/html");
    const path = join(dirname(resolve("pouchdb/package.json")), "dist/pouchdb.js");
    answer.end(script ? readFileSync(path) : "<!doctype html><script src='/pouchdb.js'></script>");
  });
  #folder = mkdtempSync(join(tmpdir(), "pouchdb-"));

  async start() {
    this.#files.listen(0, "127.0.0.1");
    await once(this.#files, "listening");
    this.page = `http://127.0.0.1:${(this.#files.address() as { port: number }).port}`;
    const free = createServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as { port: number };
    await new Promise((done) => free.close(done));
    const bin = join(dirname(resolve("pouchdb-server/package.json")), "bin/pouchdb-server");
    this.#child = spawn(process.execPath, [bin, "--in-memory", "--no-stdout-logs", "--port", String(port)], {
      cwd: this.#folder,
      stdio: "ignore",
    });
    this.url = `http://127.0.0.1:${port}`;
    await expect.poll(() => fetch(this.url).then((answer) => answer.ok, () => false), { timeout: 60_000 }).toBe(true);
  }

  stop() {
    this.#child.kill("SIGKILL");
    this.#files.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Milliseconds to replicate `count` visit-like documents to the server and to a fresh database. */
async function pouch(page: Page, couch: Couch, count: number): Promise<{ push: number; pull: number }> {
  await page.goto(couch.page);
  return page.evaluate(
    async ([server, count]) => {
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      const PouchDB = (window as any).PouchDB;
      const name = `visits-${Math.random().toString(36).slice(2)}`;
      const local = new PouchDB(name);
      const household = crypto.randomUUID();
      const documents = Array.from({ length: count as number }, (_, n) => ({
        _id: crypto.randomUUID(),
        kind: "visit",
        channel: "411502001003-01/general",
        household,
        at: Date.now() + n,
        workers: ["王芳"],
        outcome: "met",
        purposes: ["routine"],
        found: `第${n}次:家里都好,老人血压正常,药够吃${n % 30}天。`,
      }));
      for (let from = 0; from < documents.length; from += 1000) await local.bulkDocs(documents.slice(from, from + 1000));
      const remote = `${server}/${name}`;
      let start = performance.now();
      await local.replicate.to(remote);
      const push = performance.now() - start;
      const fresh = new PouchDB(`${name}-fresh`);
      start = performance.now();
      await fresh.replicate.from(remote);
      const pull = performance.now() - start;
      await local.destroy();
      await fresh.destroy();
      return { push, pull };
    },
    [couch.url, count] as const,
  );
}

test("sync", async ({ server, phone, second }) => {
  const couch = new Couch();
  await couch.start();
  try {
    const peerPage = await second.open();
    figure("push_bytes_per_visit", await pushBytes(server), "B");
    for (const count of [1_000, 10_000]) {
      const ours: number[] = [];
      const theirs: number[] = [];
      const pulls: number[] = [];
      for (let round = 0; round < 5; round++) {
        const one = new Phone();
        ours.push(await push(server, one, count));
        await one.end();
        const peer = await pouch(peerPage, couch, count);
        theirs.push(peer.push);
        pulls.push(peer.pull);
      }
      figure(`push_${count}`, median(ours), "ms", { peer: "pouchdb", peer_value: median(theirs) });
      if (count === 10_000) {
        const pull = await firstPull(server, phone);
        const peer = { peer: "pouchdb", peer_value: median(pulls) };
        figure("first_pull_per_10000_records", (pull.ms * count) / pull.records, "ms", peer);
      }
    }
  } finally {
    couch.stop();
  }
});

/** Milliseconds from the first sync request until the last page is stored, and how many records came. */
async function firstPull(server: Server, phone: Phone): Promise<{ ms: number; records: number }> {
  const page = await phone.open();
  let records = 0;
  page.on("response", async (answer) => {
    if (!answer.url().endsWith("/sync")) return;
    const body = await answer.json().catch(() => null);
    for (const channel of body?.channels ?? []) records += channel.records.length;
  });
  await page.addInitScript(() => {
    const real = window.fetch;
    window.fetch = (...args) => {
      const url = args[0] instanceof Request ? args[0].url : String(args[0]);
      if (url.endsWith("/sync")) (window as unknown as { first: number }).first ??= performance.now();
      return real(...args);
    };
  });
  await logIn(page, server.url);
  const ms = await page.evaluate(async () => {
    const stored = async () => {
      const database = await new Promise<IDBDatabase>((done) => {
        const open = indexedDB.open("ruhu");
        open.onsuccess = () => done(open.result);
      });
      const request = database.transaction("segments").objectStore("segments").getAllKeys();
      const names = await new Promise<IDBValidKey[]>((done) => (request.onsuccess = () => done(request.result)));
      database.close();
      return names.join();
    };
    // Quiet for 300 ms: the last page is in.
    let [segments, last] = [await stored(), performance.now()];
    while (performance.now() - last < 300) {
      const now = await stored();
      if (now !== segments) [segments, last] = [now, performance.now()];
    }
    return last - (window as unknown as { first: number }).first;
  });
  await expect.poll(() => records).toBeGreaterThan(30_000);
  return { ms, records };
}
