// The real parts: the server on a free port with its own data, and phones that are Chromium profiles.
import AxeBuilder from "@axe-core/playwright";
import { test as base, chromium, expect, type BrowserContext, type Page } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const PASSWORD = "ruhu-demo-2026";
const SERVER = process.env.RUHU_SERVER ?? resolve("../../target/release/ruhu-server");
const APP = resolve("../../dist");
/** The whole Chromium, with all that a browser keeps of what was looked at, and with permissions that are asked for. */
export const WHOLE_BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Chromium without a window: the same pages, storage and workers for two thirds of the work. */
const SHELL = "/usr/bin/chromium-headless-shell";
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "ruhu-server-"));
  app = APP;
  url = "";
  log = "";
  #child?: ChildProcess;

  run(...args: (string | { input: string })[]): string {
    const env = { ...process.env, RUHU_LOG: "warn" };
    const words = args.filter((arg) => typeof arg === "string");
    const { input } = args.find((arg) => typeof arg === "object") ?? { input: "" };
    return execFileSync(SERVER, ["--data", this.data, ...words], { encoding: "utf8", env, input });
  }

  async start(port = 0, ...options: string[]): Promise<void> {
    const args = ["--data", this.data, "serve", "--listen", `127.0.0.1:${port}`, "--app", this.app, ...options];
    const child = spawn(SERVER, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.stderr.on("data", (bytes) => (this.log += bytes));
    this.url = await new Promise((found, failed) => {
      let said = "";
      child.stdout.on("data", (bytes) => {
        said += bytes;
        const url = /listening on (https?:\S+)/.exec(said);
        if (url) found(url[1]);
      });
      child.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${this.log}`)));
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.removeAllListeners("exit");
    child.once("exit", () => {});
    child.kill(signal);
    await Promise.race([ended, new Promise((done) => child.once("close", done))]);
  }

  async end(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** A phone: a browser profile that outlives its browser. */
export class Phone {
  readonly profile = mkdtempSync(join(tmpdir(), "ruhu-phone-"));
  readonly violations: string[] = [];
  /** The program that it runs. Where files are looked through or a browser is killed it is the whole one. */
  program = test.info().project.name === "flows" && existsSync(SHELL) ? SHELL : WHOLE_BROWSER;
  context!: BrowserContext;
  page!: Page;

  async open(viewport = { width: 360, height: 640 }, ...flags: string[]): Promise<Page> {
    this.context = await chromium.launchPersistentContext(this.profile, {
      executablePath: this.program,
      args: [...CHROMIUM_FLAGS, ...flags],
      headless: true,
      viewport,
      hasTouch: true,
      locale: "zh-CN",
      timezoneId: "Asia/Shanghai",
      reducedMotion: "reduce",
    });
    this.context.on("page", (page) => this.watch(page));
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    await this.watch(this.page);
    return this.page;
  }

  private async watch(page: Page) {
    await page.addLocatorHandler(page.getByRole("heading", { name: "已锁定" }), () => unlock(page));
    page.on("console", (message) => {
      if (/Content Security Policy|panicked/.test(message.text())) this.violations.push(message.text());
    });
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  async end(): Promise<void> {
    await this.context?.close().catch(() => {});
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** From now on the test itself gives the password, with `unlock`. */
export async function byHand(page: Page): Promise<void> {
  await page.removeLocatorHandler(page.getByRole("heading", { name: "已锁定" }));
}

/** Gives the password where the notebook is locked: at each start of a page. */
export async function unlock(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "打开", exact: true }).click();
}

export const test = base.extend<{ server: Server; phone: Phone; second: Phone; households: number }>({
  households: [40, { option: true }],
  server: async ({ households }, use) => {
    const server = new Server();
    server.run("demo", "--seed", "1", "--households", String(households));
    await server.start();
    await use(server);
    await server.end();
    for (const secret of [PASSWORD, "王芳", "wangfang"]) expect(server.log).not.toContain(secret);
  },
  phone: async ({}, use) => {
    const phone = new Phone();
    await use(phone);
    await phone.end();
    expect(phone.violations).toEqual([]);
  },
  second: async ({}, use) => {
    const phone = new Phone();
    await use(phone);
    await phone.end();
    expect(phone.violations).toEqual([]);
  },
});
export { expect };

export async function logIn(page: Page, url: string, account = "wangfang"): Promise<void> {
  await page.goto(url);
  await page.getByLabel("账号").fill(account);
  await page.getByLabel("密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
}

/** Waits until the roster is on the phone and the app can start without a network. */
export async function ready(page: Page): Promise<void> {
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await expect(page.getByRole("button", { name: "无人在家" }).first()).toBeVisible();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
}

export async function tab(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
}

/** Opens the form of the n-th door in view and saves a visit. */
export async function logVisit(page: Page, door: number, found: string): Promise<void> {
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(door).getByRole("link", { name: "走访", exact: true }).click();
  await expect(page.getByRole("heading", { name: "入户走访" })).toBeVisible();
  await page.getByText("已见面", { exact: true }).click();
  await page.getByLabel("走访情况").fill(found);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
}

/** Logs out on 我的, as far as the app lets one. */
export async function logOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "退出登录" }).click();
  await page.getByRole("button", { name: "清除并退出" }).click();
}

export const SYNC = "**/api/v1/sync";

/** Saves a visit of which nothing reaches the office, until `page.unroute(SYNC)`. Comes back when the first push was
 *  dropped: a page left in the middle of it could take the test's hand off the request. */
export async function logUnsent(page: Page, door: number, found: string): Promise<void> {
  await page.route(SYNC, (route) => route.abort());
  await logVisit(page, door, found);
  await expect(page.getByText("没有网络")).toBeVisible();
}

/** Puts something in the place of a stored value, or with none opens the storage as a later version would. */
export async function spoil(page: Page, table?: string) {
  await page.evaluate(async (table) => {
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("ruhu", table ? undefined : 99);
      open.onsuccess = () => done(open.result);
    });
    if (table) {
      const write = database.transaction(table, "readwrite");
      const keys = await new Promise<IDBValidKey[]>((done) => {
        const all = write.objectStore(table).getAllKeys();
        all.onsuccess = () => done(all.result);
      });
      write.objectStore(table).put(new TextEncoder().encode("{"), keys[0]);
      await new Promise((done) => (write.oncomplete = done));
    }
    database.close();
  }, table);
}

/** Nothing for axe to find, nothing wider than the phone; and a picture where pictures are wanted. */
export async function shot(page: Page, name: string) {
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((bad) => `${bad.id}: ${bad.nodes.map((node) => node.html).join(" ; ")}`), name).toEqual([]);
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(needed, name).toBeLessThanOrEqual(there);
  if (process.env.RUHU_SHOTS) await page.screenshot({ path: `${process.env.RUHU_SHOTS}/${name}.png` });
}

/** Something else fills the phone, down to the last kilobyte. */
export async function fillUp(page: Page) {
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("filling");
      open.onupgradeneeded = () => open.result.createObjectStore("filling", { autoIncrement: true });
      open.onsuccess = () => done(open.result);
    });
    for (const size of [1 << 20, 1 << 16, 1 << 12, 1 << 9]) {
      for (let fits = true; fits; ) {
        fits = await new Promise<boolean>((done) => {
          const write = database.transaction("filling", "readwrite", { durability: "strict" });
          write.objectStore("filling").add(crypto.getRandomValues(new Uint8Array(Math.min(size, 65536))));
          if (size > 65536)
            for (let more = 1; more < 16; more++)
              write.objectStore("filling").add(crypto.getRandomValues(new Uint8Array(65536)));
          write.oncomplete = () => done(true);
          write.onabort = () => done(false);
        });
      }
    }
    database.close();
  });
}

/** And goes again. */
export async function makeRoom(page: Page) {
  await page.evaluate(() => new Promise((done) => (indexedDB.deleteDatabase("filling").onsuccess = done)));
}
