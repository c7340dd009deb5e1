// Every screen: nothing for axe to find, nothing wider than the phone; the app as an app.
import { expect, logIn, logOut, logVisit, PASSWORD, ready, spoil, tab, test, type Server } from "./world";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

async function sound(page: Page, where: string) {
  const found = await new AxeBuilder({ page }).analyze();
  const words = found.violations.map((bad) => `${bad.id}: ${bad.nodes.map((node) => node.html).join(" ; ")}`);
  expect(words, where).toEqual([]);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(width[0], `${where} is no wider than the screen`).toBeLessThanOrEqual(width[1]);
}

const LOOKS = {
  light: { theme: "light", large_type: false },
  dark: { theme: "dark", large_type: false },
  "large type": { theme: "light", large_type: true },
};

for (const [name, look] of Object.entries(LOOKS)) {
  test(`every screen is sound: ${name}`, async ({ server, phone }) => {
    const shots = process.env.RUHU_SHOTS;
    const page = await phone.open();
    let number = 0;
    const seen = async (where: string) => {
      await sound(page, where);
      if (shots) await page.screenshot({ path: `${shots}/${name.replace(" ", "-")}-${++number}-${where}.png` });
    };
    await page.addInitScript((look) => {
      localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
    }, look);
    await page.goto(server.url);
    await expect(page.getByRole("button", { name: "登录", exact: true })).toBeVisible();
    await seen("login");
    await page.getByLabel("账号").fill("wangfang");
    await page.getByLabel("密码").fill(PASSWORD);
    await page.getByRole("button", { name: "登录", exact: true }).click();
    await expect(page.getByRole("article").first()).toBeVisible();
    await seen("today");
    await ready(page);
    await seen("round");
    await page.getByRole("searchbox").fill("没有这个人");
    await expect(page.getByText("没有找到")).toBeVisible();
    await seen("round-nothing-found");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
    await expect(page.getByRole("heading", { name: "入户走访" })).toBeVisible();
    await seen("form");
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByText("反映问题、处理、下次走访").click();
    await seen("form-problem");
    await page.getByRole("button", { name: "放弃" }).click();
    await expect(page.getByRole("heading", { name: "走访记录" })).toBeVisible();
    await phone.context.setOffline(true);
    await logVisit(page, 1, "看过灶台，提醒用火安全。");
    await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
    await seen("household");
    await tab(page, "今日");
    await seen("today-unsent");
    for (const [label, where] of [["事项", "matters"], ["关爱", "care"], ["我的", "me"]]) {
      await tab(page, label);
      await expect(page.getByRole("heading", { name: label, level: 1 }), "its part is there").toBeVisible();
      await seen(where);
    }
    await logOut(page);
    await expect(page.getByLabel("回执号")).toBeVisible();
    await page.getByLabel("回执号").scrollIntoViewIfNeeded();
    await seen("me-refused");
    await page.getByRole("button", { name: "立即锁定" }).click();
    // Waits without an assertion: that would give the password.
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "已锁定");
    await seen("locked");
    await page.getByRole("link", { name: "装到桌面" }).click();
    await seen("install");
    await page.setViewportSize({ width: 1280, height: 800 });
    await tab(page, "今日");
    await seen("today-wide");
    await page.goto(`${server.url}/icons/icon.svg`);
    await spoil(page, "segments");
    await page.goto(server.url);
    await expect(page.getByRole("alert")).toContainText("一部分数据读不出来");
    await seen("broken-wide");
    await page.setViewportSize({ width: 360, height: 640 });
    await seen("broken");
  });
}

for (const [name, look] of Object.entries(LOOKS)) {
  test(`every page of the roster and the handbook is sound: ${name}`, async ({ server, phone }) => {
    const shots = process.env.RUHU_SHOTS;
    const page = await phone.open();
    await page.addInitScript((look) => {
      localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
    }, look);
    await logIn(page, server.url, "zhoulan");
    await ready(page);
    let number = 0;
    const seen = async (where: string, title: string) => {
      await expect(page.getByRole("heading", { name: title, level: 1 })).toBeVisible();
      await sound(page, where);
      if (shots) await page.screenshot({ path: `${shots}/roster-${name.replace(" ", "-")}-${++number}-${where}.png` });
    };
    const open = (link: string | RegExp) => page.getByRole("link", { name: link, exact: true }).first().click();
    const back = () => open("返回");
    await page.getByRole("article").first().getByRole("link").first().click();
    await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
    const head = (await page.getByRole("heading", { level: 1 }).textContent())!;
    const home = page.url();
    await seen("household", head);
    await open(/^下次走访/);
    await seen("put-off", "改期");
    await back();
    await open("修改户信息");
    await seen("edit", "户");
    await page.getByRole("link", { name: "移到别的网格" }).click();
    await seen("move-household", "移户");
    await page.goto(home);
    await page.locator("a[href^='/residents/']").first().click();
    await seen("resident", "居民");
    await page.getByRole("link", { name: "换到别的户" }).click();
    await seen("move-resident", "换户");
    await page.goBack();
    await page.locator("a[href^='/withdraw/']").click();
    await seen("withdraw", "作废");
    await page.goto(`${server.url}/duplicates`);
    await seen("duplicates", "查重");
    await page.goto(`${server.url}/round/order`);
    await seen("walking", "走访顺序");
    await page.goto(`${server.url}/calendar`);
    await seen("calendar", "月历");
    await page.goto(`${server.url}/handbook`);
    await seen("handbook", "手册");
    await page.locator("a[href^='/handbook/']").first().click();
    await expect(page.getByRole("heading", { name: "手册", level: 1 })).toHaveCount(0);
    await seen("handbook-page", (await page.getByRole("heading", { level: 1 }).textContent())!);
    await page.setViewportSize({ width: 1280, height: 800 });
    await sound(page, "wide");
    if (shots) await page.screenshot({ path: `${shots}/roster-${name.replace(" ", "-")}-wide.png` });
  });
}

for (const [name, look] of Object.entries({
  dark: { theme: "dark", large_type: false },
  "large type": { theme: "light", large_type: true },
})) {
  test(`every screen of a dispute is sound: ${name}`, async ({ server, phone }) => {
    const shots = process.env.RUHU_SHOTS;
    const page = await phone.open();
    let number = 0;
    const seen = async (where: string) => {
      await sound(page, where);
      if (shots) await page.screenshot({ path: `${shots}/dispute-${name.replace(" ", "-")}-${++number}-${where}.png` });
    };
    await page.addInitScript((look) => {
      localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
    }, look);
    await logIn(page, server.url, "liqiang");
    await ready(page);
    await tab(page, "今日");
    await expect(page.getByRole("heading", { name: /到期的事/ })).toBeVisible();
    await seen("today");
    await page.getByRole("link", { name: "月历" }).click();
    await expect(page.getByRole("button", { name: /!\d+$/ }).first()).toBeVisible();
    await seen("calendar");
    await page.getByRole("link", { name: "返回" }).click();
    await tab(page, "事项");
    await page.getByText("按颜色、状态筛选").click();
    await seen("matters");
    await page.getByRole("radio", { name: "红", exact: true }).check();
    await expect(page.getByText("没有在办的纠纷")).toBeVisible();
    await page.getByRole("radio", { name: "全部颜色" }).check();
    await page.getByRole("radio", { name: "调解中" }).check();
    const file = page.getByRole("link", { name: /何某 与 马某/ });
    await expect(page.getByRole("link", { name: /赵某 与 孙某/ })).toBeHidden();
    await file.click();
    await expect(page.getByRole("heading", { name: "承包地边界" })).toBeVisible();
    await seen("file");
    await page.getByRole("link", { name: "＋ 写协议" }).click();
    await page.getByRole("radio", { name: "书面协议" }).check();
    await seen("agreement");
    await page.getByRole("button", { name: "保存" }).click();
    await page.getByRole("link", { name: /^何桂兰.*未签/ }).click();
    await expect(page.getByRole("img", { name: "签名区" })).toBeVisible();
    await seen("sign");
    await page.getByRole("link", { name: "返回" }).click();
    await page.getByRole("link", { name: "看文书、打印" }).click();
    await seen("papers");
    await page.getByRole("link", { name: "人民调解权利义务告知书" }).click();
    await seen("paper");
    await page.setViewportSize({ width: 1280, height: 800 });
    await seen("paper-wide");
    await page.getByRole("link", { name: "返回" }).click();
    await page.getByRole("link", { name: "返回" }).click();
    await seen("file-wide");
  });
}

test("the app can be installed", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const devtools = await phone.context.newCDPSession(page);
  const { errors, data } = await devtools.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data ?? "{}");
  for (const image of [...manifest.icons, ...manifest.screenshots]) {
    const answer = await page.request.get(server.url + image.src);
    expect(answer.ok(), image.src).toBe(true);
    if (image.type !== "image/png") continue;
    const png = await answer.body();
    expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, image.src).toBe(image.sizes);
  }
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  expect(installabilityErrors.filter((error) => error.errorId !== "in-incognito")).toEqual([]);
});

test.describe("an update", () => {
  test("waits while a form is open and is applied between tasks", async ({ server, phone }) => {
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
    await page.getByLabel("走访情况").fill("正在写");
    const folder = await release(server);
    const state = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        await registration!.update().catch(() => {});
        return registration!.waiting?.state;
      });
    await expect.poll(state).toBe("installed");
    await expect(page.getByLabel("走访情况")).toHaveValue("正在写");
    await page.getByRole("button", { name: "保存" }).click();
    await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
    await tab(page, "我的");
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "有新版本" }).click();
    await loaded;
    await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
    expect(await page.evaluate(() => caches.keys())).toEqual(["ruhu-next"]);
    rmSync(folder, { recursive: true });
  });

  test("of which one file can't be had is left alone, and the version before goes on", async ({ server, phone }) => {
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    const before = await page.evaluate(() => caches.keys());
    const folder = await release(server, (files) => files.add("/a-file-that-is-missing.js"));
    const installing = await page.evaluate(async () => {
      const registration = (await navigator.serviceWorker.getRegistration())!;
      const found = new Promise<string>((done) => {
        registration.onupdatefound = () => {
          const worker = registration.installing!;
          worker.onstatechange = () => done(worker.state);
        };
      });
      await registration.update();
      return found;
    });
    expect(installing).toBe("redundant");
    await phone.context.setOffline(true);
    await page.reload();
    await expect(page.getByRole("button", { name: "无人在家" }).first()).toBeVisible();
    expect(await page.evaluate(() => caches.keys())).toEqual(expect.arrayContaining(before));
    rmSync(folder, { recursive: true });
  });

  test("downloads only the files that changed", async ({ server, phone }) => {
    const page = await phone.open();
    const asked: string[] = [];
    const through = createServer((request, answer) => {
      asked.push(request.url!);
      const { method, headers } = request;
      const passed = ask(server.url + request.url, { method, headers }, (from) => {
        answer.writeHead(from.statusCode!, from.headers);
        from.pipe(answer);
      });
      // The server is down while its app is exchanged.
      passed.on("error", () => answer.destroy());
      request.pipe(passed);
    });
    await new Promise<void>((done) => through.listen(0, "127.0.0.1", done));
    const url = `http://127.0.0.1:${(through.address() as AddressInfo).port}`;
    await logIn(page, url);
    await ready(page);
    const kept = () => page.evaluate(async () => (await caches.keys()).filter((name) => name.startsWith("ruhu-")));
    const folder = await release(server, (_, folder) => {
      appendFileSync(join(folder, "handbook.txt"), "\n");
      rmSync(join(folder, "handbook.txt.br"), { force: true });
    });
    asked.length = 0;
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())!.update());
    await expect.poll(() => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())!.waiting?.state)).toBe("installed");
    const files = asked.filter((path) => !path.startsWith("/api/"));
    // A browser looks for a new worker also by itself, soon after a page was opened.
    expect(files).toContain("/sw.js");
    expect(files.filter((path) => path !== "/sw.js")).toEqual(["/handbook.txt"]);
    await tab(page, "我的");
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "有新版本" }).click();
    await loaded;
    await expect.poll(kept).toEqual(["ruhu-next"]);
    await phone.context.setOffline(true);
    await page.reload();
    await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
    through.close();
    rmSync(folder, { recursive: true });
  });

  test("never mixes its files with those of the version before", async ({ server, phone }) => {
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    const loaded = async (load: () => Promise<unknown>) => {
      const names: string[] = [];
      const note = (request: { url(): string }) => {
        const name = /ruhu-([0-9a-f]{12,16})(_bg)?\.(js|wasm)$/.exec(request.url());
        if (name) names.push(name[1]);
      };
      page.on("request", note);
      await load();
      await expect(page.getByRole("button", { name: "无人在家" }).first()).toBeVisible();
      page.off("request", note);
      expect(names.length, "a script and its module").toBeGreaterThanOrEqual(2);
      return [...new Set(names)];
    };
    const [old] = await loaded(() => page.reload());
    const renamed = "0123456789abcdef";
    const folder = await release(server, () => {}, { from: old, to: renamed });
    const state = () =>
      page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        await registration!.update().catch(() => {});
        return registration!.waiting?.state;
      });
    await expect.poll(state).toBe("installed");
    // The server has only the new files, and an old one asked for is not answered with another.
    const gone = await page.request.get(`${server.url}/ruhu-${old}_bg.wasm`);
    expect([gone.status(), (await gone.body()).length]).toEqual([404, 0]);
    expect(await loaded(() => page.reload())).toEqual([old]);
    await tab(page, "我的");
    await page.getByRole("button", { name: "有新版本" }).waitFor();
    const taken = page.waitForEvent("load");
    await page.getByRole("button", { name: "有新版本" }).click();
    await taken;
    expect(await loaded(() => page.goto(`${server.url}/round`))).toEqual([renamed]);
    rmSync(folder, { recursive: true });
  });
});

/**
 * The server with a release: the same files under another version, `change` made to them and to their list, and where
 * `hash` is given another hash in their names.
 */
async function release(
  server: Server,
  change: (files: Set<string>, folder: string) => void = () => {},
  hash = { from: "-", to: "-" },
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "ruhu-release-"));
  cpSync(server.app, folder, { recursive: true });
  const at = (file: string) => join(folder, file === "/" ? "index.html" : file);
  const digest = (kind: string, bytes: string | Buffer) => createHash(kind).update(bytes).digest("base64");
  if (hash.from !== hash.to) {
    rmSync(join(folder, "index.html.br"));
    let index = readFileSync(join(folder, "index.html"), "utf8").replaceAll(hash.from, hash.to);
    for (const name of readdirSync(folder).filter((name) => name.endsWith(".js") || name.includes(hash.from))) {
      if (name.endsWith(".js")) {
        // The scripts name each other.
        const script = readFileSync(join(folder, name), "utf8");
        const renamed = script.replaceAll(hash.from, hash.to);
        if (renamed !== script) {
          writeFileSync(join(folder, name), renamed);
          index = index.replaceAll(digest("sha384", script), digest("sha384", renamed));
        }
        // A compressed copy would keep the old name, or the old words.
        rmSync(join(folder, `${name}.br`), { force: true });
      }
      if (!name.endsWith(".js.br")) renameSync(join(folder, name), join(folder, name.replace(hash.from, hash.to)));
    }
    writeFileSync(join(folder, "index.html"), index);
  }
  const worker = readFileSync(join(folder, "sw.js"), "utf8");
  const list: Record<string, string> = JSON.parse(/const FILES = (\{.*\});/.exec(worker)![1]);
  const files = new Set(Object.keys(list).map((file) => file.replace(hash.from, hash.to)));
  change(files, folder);
  const hashes = [...files].map((file) => [file, existsSync(at(file)) ? digest("sha256", readFileSync(at(file))) : "none"]);
  const next = worker
    .replace(/const VERSION = "\w+"/, 'const VERSION = "next"')
    .replace(/const FILES = \{.*\};/, () => `const FILES = ${JSON.stringify(Object.fromEntries(hashes))};`);
  writeFileSync(join(folder, "sw.js"), next);
  rmSync(join(folder, "sw.js.br"), { force: true });
  await server.stop();
  server.app = folder;
  await server.start(Number(new URL(server.url).port));
  return folder;
}

test("a large grid scrolls with only the rows in view in the page", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await expect(page.getByRole("article").last()).toContainText("020");
  expect(await page.getByRole("article").count()).toBeLessThanOrEqual(20);
});
