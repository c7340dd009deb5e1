// The vault: what a locked phone gives away (nothing), and what opens it.
import { OpenVault, filesWith, kept } from "./vault";
import { byHand, expect, logIn, logUnsent, PASSWORD, ready, SYNC, tab, test, unlock } from "./world";
import type { Page } from "@playwright/test";

const locked = (page: Page) => page.getByRole("heading", { name: "已锁定" });

test("a locked phone gives nothing away, in whatever file of the browser one looks", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const resident = (await page.getByRole("article").nth(2).locator("b").first().textContent())!.trim();
  expect(resident.length).toBeGreaterThan(1);
  const words = ["金丝雀走访甲", "金丝雀诉求乙", "金丝雀处理丙", "金丝雀草稿丁"];
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill(words[0]);
  await page.getByText("反映问题、处理、下次走访").click();
  await page.getByLabel("反映问题").fill(words[1]);
  await page.getByLabel("处理（可不填）").fill(words[2]);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await tab(page, "走访");
  await page.getByRole("searchbox").fill("金丝雀搜索戊");
  await page.getByRole("searchbox").fill("");
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill(words[3]);
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  const vault = await OpenVault.open(page);
  const drafts = async () => (await vault.entries(page, "drafts")).map(([, draft]) => draft).join();
  await expect.poll(drafts).toContain(words[3]);
  await page.goBack();
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await page.getByRole("button", { name: "立即锁定" }).click();
  await page.waitForFunction(() => document.body.innerText.includes("已锁定"));
  await phone.close();
  expect(filesWith(phone, [...words, "金丝雀搜索戊", resident, PASSWORD])).toEqual([]);
  for (const word of [...words, resident]) expect(server.log).not.toContain(word);
});

test("wrong passwords wait longer and longer and erase nothing", async ({ server, phone }) => {
  const page = await phone.open();
  // Once the clock that nobody sets is held, it stands at 0, also after a reload.
  await page.addInitScript(() => {
    const now = performance.now.bind(performance);
    performance.now = () => (sessionStorage.getItem("clock") === "held" ? 0 : now());
  });
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "锁住之前写的");
  await byHand(page);
  await phone.context.setOffline(true);
  // Both clocks stand still, however slow the machine is.
  const now = Date.now();
  await page.clock.setFixedTime(now);
  await page.evaluate(() => sessionStorage.setItem("clock", "held"));
  await page.reload();
  for (let tries = 0; tries < 4; tries++) {
    await unlock(page, `wrong-${tries}`);
    await expect(page.getByRole("alert")).toContainText(tries < 3 ? "密码不对" : /等 \d+ 秒再试/);
  }
  // The wait outlives a restart, also with a clock that was set ahead, and ends by itself.
  for (const ahead of [0, 3_600_000]) {
    await page.clock.setFixedTime(now + ahead);
    await page.reload();
    await unlock(page);
    await expect(page.getByRole("alert")).toContainText(/等 \d+ 秒再试/);
  }
  await page.evaluate(() => sessionStorage.removeItem("clock"));
  await expect(async () => {
    await unlock(page);
    await expect(page.getByRole("alert")).toHaveCount(0, { timeout: 1_000 });
  }).toPass();
  await tab(page, "今日");
  await expect(page.getByText("1 条还没到办公室")).toBeVisible();
});

test("a password that the office reset opens the phone again, and nothing is lost", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "忘记密码之前写的");
  await byHand(page);
  const grid = (await (await OpenVault.open(page)).entries(page, "cursors"))[0][0].split("/")[0];
  server.run({ input: "a-new-password" }, "account", "wangfang", "--change", "--name", "王芳", "--grid", grid);
  await phone.context.setOffline(true);
  await page.reload();
  await unlock(page, "a-new-password");
  await expect(page.getByRole("alert")).toContainText("请连上网络");
  await phone.context.setOffline(false);
  await unlock(page, "a-new-password");
  await tab(page, "今日");
  await expect(page.getByText("1 条还没到办公室")).toBeVisible();
  await page.unroute(SYNC);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  // From now on the new one opens it, without a network too, and the old one does not.
  await phone.context.setOffline(true);
  await page.reload();
  await unlock(page, PASSWORD);
  await expect(page.getByRole("alert")).toContainText("密码不对");
  await unlock(page, "a-new-password");
  await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
});

test("an untouched notebook locks after five minutes, and a form half-way waits behind it", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await byHand(page);
  /** The phone's clock moves on, and the page comes back into view. */
  const pass = (seconds: number) =>
    page.evaluate((seconds) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + seconds * 1_000;
      document.dispatchEvent(new Event("visibilitychange"));
    }, seconds);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("写了一半");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  await pass(240);
  await page.getByLabel("走访情况").press("End");
  await pass(240);
  await expect(page.getByLabel("走访情况")).toBeVisible();
  await pass(61);
  await expect(locked(page)).toBeVisible();
  expect(await page.content()).not.toContain("写了一半");
  await unlock(page);
  await expect(page.getByLabel("走访情况")).toHaveValue("写了一半");
});

test("a PIN opens the notebook while the app is in memory, five tries long, and the password after that", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await byHand(page);
  await phone.context.setOffline(true);
  await tab(page, "我的");
  await page.getByRole("switch", { name: "锁定后用 PIN 打开" }).click();
  await page.getByLabel("新 PIN").fill("123456");
  await page.getByRole("button", { name: "设好" }).click();
  await expect(page.getByText("不要用 111111")).toBeVisible();
  await page.getByLabel("新 PIN").fill("270183");
  await page.getByRole("button", { name: "设好" }).click();
  await expect(page.getByText("PIN 已设好")).toBeVisible();
  const lock = () => page.getByRole("button", { name: "立即锁定" }).click();
  const open = async (pin: string) => {
    await page.getByLabel("PIN", { exact: true }).fill(pin);
    await page.getByRole("button", { name: "打开", exact: true }).click();
  };
  await lock();
  await open("270184");
  await expect(page.getByText("还可以试 4 次")).toBeVisible();
  await open("270183");
  await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
  await lock();
  for (const left of [4, 3, 2, 1]) {
    await open("000000");
    await expect(page.getByText(`还可以试 ${left} 次`)).toBeVisible();
  }
  await open("000000");
  await expect(page.getByText("PIN 错了 5 次")).toBeVisible();
  await expect(page.getByLabel("PIN", { exact: true })).toBeHidden();
  await unlock(page);
  await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
  // The app was closed: nothing of the PIN opens anything.
  await page.reload();
  await expect(locked(page)).toBeVisible();
  await expect(page.getByLabel("PIN", { exact: true })).toBeHidden();
  await unlock(page);
  await lock();
  await open("270183");
  await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
});

test("locking by hand locks every window, and one left alone locks only itself", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const other = await phone.context.newPage();
  await other.goto(`${server.url}/me`);
  await expect(other.getByRole("heading", { name: "我的" })).toBeVisible();
  await byHand(page);
  await byHand(other);
  await other.getByRole("button", { name: "立即锁定" }).click();
  await expect(locked(other)).toBeVisible();
  await expect(locked(page)).toBeVisible();
  await unlock(other);
  await unlock(page);
  await expect(page.getByRole("heading", { name: "走访" })).toBeVisible();
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 301_000;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect(locked(page)).toBeVisible();
  await expect(other.getByRole("heading", { name: "我的" })).toBeVisible();
});

test("the phone's sensor opens the vault, and a finger that is not known does not", async ({ server, phone }) => {
  const page = await phone.open();
  // A sensor, as the browser's own tests have it. WebAuthn wants a name, not a number.
  const sensor = await phone.context.newCDPSession(page);
  await sensor.send("WebAuthn.enable");
  const { authenticatorId } = await sensor.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      hasPrf: true,
      isUserVerified: true,
    },
  });
  const url = server.url.replace("127.0.0.1", "localhost");
  await logIn(page, url);
  await ready(page);
  await byHand(page);
  await tab(page, "我的");
  await page.getByRole("switch", { name: "用指纹打开" }).click();
  await expect.poll(async () => (await kept(page, "vault")).map(([name]) => name)).toContain("fingerprint");
  await phone.context.setOffline(true);
  await page.reload();
  await expect(locked(page)).toBeVisible();
  await page.getByRole("button", { name: "用指纹打开" }).click();
  await expect(page.getByRole("heading", { name: "我的" })).toBeVisible();
  await page.getByRole("button", { name: "立即锁定" }).click();
  await sensor.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.getByRole("button", { name: "用指纹打开" }).click();
  await expect(page.getByText("指纹没有通过")).toBeVisible();
  await unlock(page);
  await page.getByRole("switch", { name: "用指纹打开" }).click();
  await expect.poll(async () => (await kept(page, "vault")).map(([name]) => name)).not.toContain("fingerprint");
  await page.getByRole("button", { name: "立即锁定" }).click();
  await expect(locked(page)).toBeVisible();
  await expect(page.getByRole("button", { name: "用指纹打开" })).toBeHidden();
});

test("what an earlier version left unsealed is sealed in place, all of it", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logUnsent(page, 0, "没加密时写的");
  const vault = await OpenVault.open(page);
  const tables = ["meta", "outbox", "segments", "cursors", "drafts"];
  const plain: [string, [string, string][]][] = [];
  for (const table of tables) plain.push([table, await vault.entries(page, table)]);
  await page.goto("about:blank");
  await page.goto(`${server.url}/api/v1/nothing`);
  await page.evaluate(async (plain) => {
    await new Promise((done) => (indexedDB.deleteDatabase("ruhu").onsuccess = done));
    const database = await new Promise<IDBDatabase>((done) => {
      const open = indexedDB.open("ruhu", 1);
      open.onupgradeneeded = () => plain.forEach(([table]) => open.result.createObjectStore(table));
      open.onsuccess = () => done(open.result);
    });
    const write = database.transaction(plain.map(([table]) => table), "readwrite");
    for (const [table, entries] of plain)
      for (const [key, value] of entries) write.objectStore(table).put(new TextEncoder().encode(value), key);
    await new Promise((done) => (write.oncomplete = done));
    database.close();
  }, plain);
  await page.goto(server.url);
  await page.getByLabel("登录密码").fill(PASSWORD);
  await page.getByLabel("再输一次").fill("something-else");
  await page.getByRole("button", { name: "加密并打开" }).click();
  await expect(page.getByRole("alert")).toContainText("两次输入的密码要相同");
  await page.getByLabel("再输一次").fill(PASSWORD);
  await page.getByRole("button", { name: "加密并打开" }).click();
  await tab(page, "今日");
  await expect(page.getByText("1 条还没到办公室")).toBeVisible();
  for (const table of tables) {
    const text = (await kept(page, table)).map(([name, value]) => name + Buffer.from(value, "base64").toString()).join();
    for (const word of ["没加密时写的", "王芳", "411502"]) expect(text).not.toContain(word);
  }
  const sealed = await OpenVault.open(page);
  expect((await sealed.entries(page, "outbox")).length).toBe(plain[1][1].length);
  await page.unroute(SYNC);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await page.reload();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("没加密时写的")).toHaveCount(1);
});
