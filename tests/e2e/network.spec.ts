// Networks that answer badly, and browsers that say there is none.
import { Gate } from "./gate";
import { add, atOffice, hazard, picture, save } from "./photo";
import { expect, fillUp, logIn, logVisit, makeRoom, ready, tab, test } from "./world";

test("an answer that stalls in the middle is given up and asked for again", async ({ server, phone }) => {
  const gate = new Gate(server.url);
  const url = await gate.open();
  const page = await phone.open();
  await page.clock.install();
  await logIn(page, url);
  await ready(page);
  gate.fault = (path) => (path === "/api/v1/sync" ? "stall" : undefined);
  await logVisit(page, 0, "网络断在半路");
  await expect.poll(() => gate.broken).toBeGreaterThan(0);
  await tab(page, "我的");
  await expect(page.getByText("正在发送")).toBeVisible();
  gate.fault = () => undefined;
  await page.clock.fastForward(46_000);
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  gate.close();
});

test("a log-in whose answer stalls says so, and goes on at the next try", async ({ server, phone }) => {
  const gate = new Gate(server.url);
  const url = await gate.open();
  const page = await phone.open();
  await page.clock.install();
  gate.fault = (path) => (path === "/api/v1/login" ? "stall" : undefined);
  await page.goto(url);
  await page.getByLabel("账号").fill("wangfang");
  await page.getByLabel("密码").fill("ruhu-demo-2026");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect.poll(() => gate.broken).toBe(1);
  await page.clock.fastForward(46_000);
  await expect(page.getByText("连不上网络")).toBeVisible();
  gate.fault = () => undefined;
  await logIn(page, url);
  gate.close();
});

test("a browser that always says there is no network sends all the same", async ({ server, phone }) => {
  const page = await phone.open();
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "onLine", { get: () => false }));
  await logIn(page, server.url);
  await ready(page);
  await logVisit(page, 0, "浏览器说没有网络");
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
});

test("a proxy that refuses PATCH for ever lets photos through all the same", async ({ server, phone }) => {
  const gate = new Gate(server.url);
  const url = await gate.open();
  gate.fault = (_, method) => (method === "PATCH" ? "forbid" : undefined);
  const page = await phone.open();
  await logIn(page, url);
  await ready(page);
  await hazard(page, "下水井盖破损");
  await add(page, await picture(page, 1200, 900, 5));
  await expect(page.getByRole("img", { name: "照片1" })).toBeVisible();
  await save(page);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  expect(atOffice(server)).toHaveLength(1);
  expect(gate.broken, "it is not tried again for each piece").toBe(1);
  gate.close();
});

test("a draft is said to be kept when it is, and said not to be when it is not", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("写了一半");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  const session = await phone.context.newCDPSession(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 40 * 1024 * 1024 });
  await fillUp(page);
  await page.getByLabel("走访情况").fill("长".repeat(1_900));
  await expect(page.getByText("草稿没有存住")).toBeVisible();
  await expect(page.getByText("草稿已自动保存")).toHaveCount(0);
  await makeRoom(page);
  await session.send("Storage.overrideQuotaForOrigin", { origin: server.url });
  await page.getByLabel("走访情况").fill("又有地方了");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
});

test("what was typed in the moment of a lock is there after it", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("先写一点");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  // Another window locks all while the last letters are being written.
  await page.getByLabel("走访情况").evaluate((field: HTMLTextAreaElement) => {
    for (let letters = 1; letters <= 40; letters++) {
      field.value = "字".repeat(letters) + "最后";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const channel = new BroadcastChannel("ruhu");
    channel.postMessage("lock");
    channel.close();
  });
  await page.waitForFunction(() => document.querySelector("h1")?.textContent === "已锁定");
  await expect(page.getByLabel("走访情况")).toHaveValue("字".repeat(40) + "最后");
});

test("a number is read as people write it, and what is none stays", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await page.goto(`${server.url}/matters/new`);
  await expect(page.getByLabel("名称")).toBeVisible();
  // What is known (the mediator) stands below 更多, which is open then.
  const people = page.getByLabel("涉及人数");
  for (const [typed, read] of [["36人", "36"], ["３６", "36"], ["1980年3月", "1980年3月"]]) {
    await people.fill("");
    await people.pressSequentially(typed);
    await people.blur();
    await expect(people).toHaveValue(read);
  }
});

test("one tap has one effect, and a draft that was given up comes back", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const door = page.getByRole("article").nth(0);
  await door.getByRole("button", { name: "无人在家" }).dblclick();
  await expect(door).toContainText("今天");
  await door.getByRole("link").first().click();
  await expect(page.getByText("无人在家")).toHaveCount(1);
  await page.getByRole("link", { name: "返回" }).click();

  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("写了很久的一段话");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  await page.getByRole("button", { name: "放弃" }).click();
  await page.getByRole("button", { name: "撤销" }).click();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await expect(page.getByLabel("走访情况")).toHaveValue("写了很久的一段话");
});

test("logging out is asked about, and says what it takes without a network", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await page.getByRole("button", { name: "退出登录" }).click();
  await expect(page.getByText("要有网络才能再登录")).toBeVisible();
  await page.getByRole("button", { name: "不退出" }).click();
  await expect(page.getByRole("button", { name: "退出登录" })).toBeVisible();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await expect(page.getByRole("article").first()).toBeVisible();
});
