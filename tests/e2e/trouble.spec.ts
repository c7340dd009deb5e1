// What goes wrong in the field: nothing a worker saved is lost by it.
import { add, atOffice, hazard, picture, save } from "./photo";
import {
  byHand,
  expect,
  fillUp,
  logIn,
  logOut,
  logUnsent,
  logVisit,
  makeRoom,
  ready,
  spoil,
  SYNC,
  tab,
  test,
  WHOLE_BROWSER,
} from "./world";
import type { Page, Route } from "@playwright/test";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

async function unsentThenSent(page: Page) {
  await tab(page, "今日");
  await expect(page.getByText("1 条还没到办公室")).toBeVisible();
  // A request that is being troubled right now is finished with first.
  await page.unrouteAll({ behavior: "wait" });
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
}

const troubles: [string, (route: Route) => Promise<void>, string][] = [
  [
    "a captive portal's page",
    (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<html>请先登录 Wi-Fi</html>" }),
    "网络要求先登录",
  ],
  [
    "an answer that was cut short",
    async (route) => {
      const body = await (await route.fetch()).text();
      await route.fulfill({ status: 200, contentType: "application/json", body: body.slice(0, body.length / 2) });
    },
    "网络要求先登录",
  ],
  ["a 500", (route) => route.fulfill({ status: 500, contentType: "text/plain", body: "oops" }), "服务器暂时出错"],
  ["a dropped connection", (route) => route.abort("connectionreset"), "没有网络"],
  [
    "an answer that was lost after the server took the ops",
    async (route) => {
      await route.fetch();
      await route.abort("connectionreset");
    },
    "没有网络",
  ],
];

for (const [name, trouble, words] of troubles) {
  test(`${name} in the middle of sync loses nothing`, async ({ server, phone }) => {
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    await page.route(SYNC, trouble);
    await logVisit(page, 0, "路上遇到的麻烦");
    await expect(page.getByText(words)).toBeVisible();
    await unsentThenSent(page);
    await tab(page, "走访");
    await page.getByText("全部", { exact: true }).click();
    await page.getByRole("article").nth(0).getByRole("link").first().click();
    await expect(page.getByText("路上遇到的麻烦")).toHaveCount(1);
  });
}

test("a session that ended asks for a new login, and sends what waited", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.route(SYNC, (route) => {
    const headers = { ...route.request().headers(), authorization: "Bearer ended" };
    return route.continue({ headers });
  });
  await logVisit(page, 0, "登录过期时写的");
  await expect(page.getByText("登录已失效")).toBeVisible();
  await page.unroute(SYNC);
  await page.getByRole("link", { name: "重新登录后发送" }).click();
  await expect(page.getByLabel("账号")).toHaveValue("wangfang");
  await page.getByLabel("密码").fill("ruhu-demo-2026");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
});

test("a wrong password says so and lets nobody in", async ({ server, phone }) => {
  const page = await phone.open();
  await page.goto(server.url);
  await page.getByLabel("账号").fill("wangfang");
  await page.getByLabel("密码").fill("wrong-password");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByText("账号或密码不对")).toBeVisible();
  await page.getByLabel("密码").fill("");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByText("请填写账号和密码")).toBeVisible();
});

test("logging out with unsent work is refused, and so is another worker's login, until the office has it", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "还没发出去");
  await phone.context.setOffline(true);
  await page.goto(`${server.url}/login`);
  await page.getByLabel("账号").fill("liqiang");
  await page.getByLabel("密码").fill("ruhu-demo-2026");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByText("请先由王芳登录处理")).toBeVisible();
  await page.goto(`${server.url}/me`);
  await logOut(page);
  await expect(page.getByText("还有 1 条记录没有到办公室")).toBeVisible();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出" }).click()]);
  const path = `${server.data}/unsent.json`;
  await file.saveAs(path);
  expect(readFileSync(path, "utf8")).not.toContain("还没发出去");
  const said = server.run("import", "ops", path);
  expect(said).toContain("收下 1");
  expect(server.run("import", "ops", path)).toContain("此前已收到 1");
  const receipt = /回执号：(\d{6})/.exec(said)![1];
  await page.getByLabel("回执号").fill(receipt === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "凭回执号退出" }).click();
  await expect(page.getByText("回执号对不上")).toBeVisible();
  await page.getByLabel("回执号").fill(receipt);
  await page.getByRole("button", { name: "凭回执号退出" }).click();
  await expect(page.getByRole("button", { name: "登录", exact: true })).toBeVisible();
  await page.unroute(SYNC);
  await phone.context.setOffline(false);
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("还没发出去")).toHaveCount(1);
});

test("where one window logs out, another closes too, and saves nothing that would be nobody's", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const [heard, deaf] = [await phone.context.newPage(), await phone.context.newPage()];
  await deaf.addInitScript(() => Object.defineProperty(BroadcastChannel.prototype, "onmessage", { set: () => {} }));
  for (const window of [heard, deaf]) {
    await window.goto(server.url);
    await expect(window.getByRole("article").first()).toBeVisible();
  }
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await logOut(page);
  for (const window of [page, heard]) {
    await expect(window.getByRole("button", { name: "登录", exact: true })).toBeVisible();
  }
  await deaf.getByRole("button", { name: "无人在家" }).first().click();
  await expect(deaf.getByRole("button", { name: "登录", exact: true })).toBeVisible();
  const left = await deaf.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("ruhu");
      open.onsuccess = () => done(open.result);
    });
    const keys = database.transaction("outbox").objectStore("outbox").getAllKeys();
    return new Promise<number>((done) => (keys.onsuccess = () => done(keys.result.length)));
  });
  expect(left).toBe(0);
});

test("a log-in page that was left open clears nothing that another window saved meanwhile", async ({ server, phone }) => {
  const stale = await phone.open();
  await stale.goto(server.url);
  await byHand(stale);
  await expect(stale.getByRole("button", { name: "登录", exact: true })).toBeVisible();
  const page = await phone.context.newPage();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "另一个窗口里存的");
  await stale.route(SYNC, (route) => route.abort());
  await stale.getByLabel("账号").fill("liqiang");
  await stale.getByLabel("密码").fill("ruhu-demo-2026");
  await stale.getByRole("button", { name: "登录", exact: true }).click();
  await expect(stale.getByRole("heading", { name: "已锁定" })).toBeVisible();
  await page.unroute(SYNC);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await page.reload();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("另一个窗口里存的")).toBeVisible();
});

test("a full phone keeps the form open and says what to do", async ({ server, phone }) => {
  const page = await phone.open();
  const devtools = await phone.context.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 40 * 1024 * 1024 });
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await fillUp(page);
  // The notebook opens all the same, though a wrong password could not be counted.
  await page.reload();
  await page.getByLabel("走访情况").fill("存储满了也不能丢");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "手机存储空间不足" })).toBeVisible();
  await expect(page.getByLabel("走访情况")).toHaveValue("存储满了也不能丢");
  await makeRoom(page);
  await expect(async () => {
    await page.getByRole("button", { name: "保存" }).click({ timeout: 1_000 }).catch(() => {});
    await expect(page.getByText("存储满了也不能丢"), "on the household's page").toBeVisible({ timeout: 5_000 });
  }).toPass();
});

test("the server killed in the middle of the day is found again", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const port = Number(new URL(server.url).port);
  await server.stop("SIGKILL");
  await logVisit(page, 0, "服务器停了也照常记");
  await expect(page.getByText("没有网络")).toBeVisible();
  await server.start(port);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
});

test("where stored records can't be read, what was not sent can still be carried to the office", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await server.stop("SIGKILL");
  await logVisit(page, 0, "还没发出去");
  // A photo of a saved hazard, and one of a form that was not saved.
  await hazard(page, "祠堂门楼倾斜");
  await add(page, await picture(page, 500, 400, 41));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await save(page);
  await hazard(page, "没写完的");
  await add(page, await picture(page, 500, 400, 42));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await page.goto("about:blank");
  await page.goto(`${server.url}/icons/icon.svg`);
  await spoil(page, "segments");
  await page.goto(server.url);
  await expect(page.getByRole("alert")).toContainText("一部分数据读不出来");
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "导出没发送的记录" }).click(),
  ]);
  await expect(page.getByText("已导出 3 条修改、2 张照片、1 份草稿")).toBeVisible();
  const path = `${server.data}/rescued.json`;
  await file.saveAs(path);
  const said = server.run("import", "ops", path);
  expect(said).toContain("记录：收下 3");
  expect(said).toContain("照片：收下 1，此前已收到 0，不能收下 0");
  expect(said).toContain("另有 1 张草稿里的照片");
  expect(atOffice(server)).toHaveLength(1);
  expect(readFileSync(`${path}.照片1.jpg`).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
});

test("an older app than the storage says so, and tells what to do", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const other = await phone.context.newPage();
  await other.goto(`${server.url}/icons/icon.svg`);
  await spoil(other);
  await page.getByRole("article").nth(0).getByRole("button", { name: "无人在家" }).click();
  await expect(page.getByText("请刷新这个页面再继续").first()).toBeVisible();
  await page.reload();
  await expect(page.getByRole("alert")).toContainText("已保存的记录都在");
});

test("the browser's word that there is a network is enough to sync", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const devtools = await phone.context.newCDPSession(page);
  const registration = new Promise<string>((found) =>
    devtools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      if (registrations[0]) found(registrations[0].registrationId);
    }),
  );
  await devtools.send("ServiceWorker.enable");
  const registrationId = await registration;
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  // All is calm: the timer's next pass is a minute away.
  const asked = page.waitForRequest(SYNC, { timeout: 30_000 });
  const origin = new URL(server.url).origin;
  await devtools.send("ServiceWorker.dispatchSyncEvent", { origin, registrationId, tag: "ruhu", lastChance: false });
  await asked;
});

test("a phone whose browser data was wiped logs in again and has what the office has", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logVisit(page, 0, "清空之前写的");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const devtools = await phone.context.newCDPSession(page);
  await page.goto("about:blank");
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(server.url).origin, storageTypes: "all" });
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("清空之前写的")).toHaveCount(1);
});

test("a phone set back to an old copy of itself loses nothing, sends nothing twice and goes on", async ({
  server,
  phone,
  second,
}) => {
  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "复制之前写的");
  await phone.close();
  const copy = `${server.data}/profile`;
  cpSync(phone.profile, copy, { recursive: true });
  page = await phone.open();
  await page.goto(server.url);
  await ready(page);
  await logVisit(page, 0, "复制之后写的");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await phone.close();
  rmSync(phone.profile, { recursive: true, maxRetries: 10, retryDelay: 100 });
  cpSync(copy, phone.profile, { recursive: true });
  page = await phone.open();
  await page.goto(server.url);
  await ready(page);
  await logVisit(page, 0, "换回旧副本后写的");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  for (const window of [page, other]) {
    await tab(window, "走访");
    await window.getByText("全部", { exact: true }).click();
    await window.getByRole("article").nth(0).getByRole("link").first().click();
    for (const words of ["复制之前写的", "复制之后写的", "换回旧副本后写的"])
      await expect(window.getByText(words)).toHaveCount(1);
  }
});

test("a browser that may keep nothing says so, and lets nobody begin", async ({ server, phone }) => {
  phone.program = WHOLE_BROWSER;
  // As in a private window of some browsers, or with all site data blocked in the settings.
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  mkdirSync(join(phone.profile, "Default"), { recursive: true });
  writeFileSync(join(phone.profile, "Default/Preferences"), JSON.stringify(preferences));
  const page = await phone.open();
  await page.goto(server.url);
  await expect(page.getByRole("alert")).toContainText("请退出无痕模式");
  await expect(page.getByRole("button", { name: "登录", exact: true })).toHaveCount(0);
});

test("whether the browser promises to keep the records is asked for and shown", async ({ server, phone }) => {
  const page = await phone.open();
  await page.addInitScript(() => {
    const asked = window as unknown as { asked: number };
    asked.asked = 0;
    const persist = navigator.storage.persist.bind(navigator.storage);
    navigator.storage.persist = () => {
      asked.asked++;
      return persist();
    };
  });
  await logIn(page, server.url);
  await ready(page);
  expect(await page.evaluate(() => (window as unknown as { asked: number }).asked)).toBe(1);
  await tab(page, "我的");
  await expect(page.getByText("浏览器未保证；装到桌面更稳妥")).toBeVisible();
  const devtools = await phone.context.newCDPSession(page);
  const origin = new URL(server.url).origin;
  await devtools.send("Browser.grantPermissions", { origin, permissions: ["durableStorage"] });
  await page.evaluate(() => navigator.storage.persist());
  await tab(page, "今日");
  await tab(page, "我的");
  await expect(page.getByText("是，系统不会自动清理")).toBeVisible();
});

test("a browser that lacks what the app is built with says so in place of a blank page", async ({ server, phone }) => {
  const page = await phone.open();
  const old = "这个浏览器太旧";
  // Each feature of WebAssembly by itself: a browser of its time knows those before it.
  for (let feature = 0; feature < 5; feature++) {
    const other = await phone.context.newPage();
    await other.addInitScript((lacks) => {
      const knows = WebAssembly.validate.bind(WebAssembly);
      let asked = 0;
      WebAssembly.validate = (bytes) => asked++ !== lacks && knows(bytes);
    }, feature);
    for (const path of ["/", "/office"]) {
      await other.goto(server.url + path);
      await expect(other.getByText(old)).toBeVisible();
    }
    await other.close();
  }
  for (const lacks of ["indexedDB", "ReadableStream", "WebAssembly", "BigInt"]) {
    const other = await phone.context.newPage();
    await other.addInitScript((name) => Object.defineProperty(window, name, { value: undefined }), lacks);
    await other.goto(server.url);
    await expect(other.getByText(old), lacks).toBeVisible();
    await other.close();
  }
  // What can be done without is done without.
  await page.addInitScript(() => Object.defineProperty(window, "CompressionStream", { value: undefined }));
  await logIn(page, server.url);
  await ready(page);
  await expect(page.getByText(old)).toBeHidden();
});

test("a module that can't be compiled is said so in place of a blank page", async ({ server, phone }) => {
  const page = await phone.open();
  await page.route(/_bg.*\.wasm$/, (route) => route.fulfill({ contentType: "application/wasm", body: "no module" }));
  for (const path of ["/", "/office"]) {
    await page.goto(server.url + path);
    await expect(page.getByText("没有打开。请先刷新一次")).toBeVisible();
  }
});
