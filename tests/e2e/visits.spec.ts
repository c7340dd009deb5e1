// The main job: log visits on a phone without signal, and have them at the office.
import { OpenVault } from "./vault";
import { test, expect, logIn, logVisit, ready, shot, tab, Phone } from "./world";

test("visits logged without signal survive a restart and reach the office by themselves", async ({
  server,
  phone,
  second,
}) => {
  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);

  await phone.context.setOffline(true);
  await page.reload();
  await expect(page.getByRole("navigation")).toBeVisible();

  await logVisit(page, 0, "奶奶在院里晒花生，精神好。");
  await logVisit(page, 1, "路灯不亮，答应报村委。");
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  const third = page.getByRole("article").nth(2);
  await third.getByRole("button", { name: "无人在家" }).click();
  await expect(third).toContainText("无人在家");
  await expect(third).toContainText("今天");
  await phone.close();

  page = await phone.open();
  await phone.context.setOffline(true);
  await page.goto(server.url);
  await expect(page.getByText("3 条还没到办公室")).toBeVisible();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("奶奶在院里晒花生，精神好。")).toBeVisible();
  await expect(page.getByText("已存本机")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();

  await phone.context.setOffline(false);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(1).getByRole("link").first().click();
  await expect(page.getByText("路灯不亮，答应报村委。")).toBeVisible();
  await expect(page.getByText("已到办公室").first()).toBeVisible();

  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await expect(other.getByRole("article").nth(2)).toContainText("无人在家");
  await other.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(other.getByText("奶奶在院里晒花生，精神好。")).toBeVisible();
  await expect(other.getByText("已到办公室").first()).toBeVisible();

  const today = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 10);
  const out = `${server.data}/visits.xlsx`;
  const said = server.run("export", "visits", "--area", "411500000000", "--from", today, "--to", today, "--out", out);
  expect(said).toContain("3 条");
});

test("an undone 无人在家 is withdrawn on every phone", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const door = page.getByRole("article").nth(0);
  const before = await door.textContent();
  await door.getByRole("button", { name: "无人在家" }).click();
  await expect(door).toContainText("今天");
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByText("已撤销")).toBeVisible();
  await expect(door).toHaveText(before ?? "");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();

  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await expect(other.getByRole("article").nth(0)).toHaveText(before ?? "");
});

test("a visit that was logged wrongly is withdrawn later, with a reason, on every phone", async ({
  server,
  phone,
  second,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logVisit(page, 0, "记到别家去了");
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  const wrong = page.getByRole("listitem").filter({ hasText: "记到别家去了" });
  await wrong.getByRole("link", { name: "作废" }).click();
  await expect(page.getByText("只用于记错了的")).toBeVisible();
  await page.getByRole("button", { name: "作废" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "请写明为什么作废" })).toBeVisible();
  await page.getByLabel("为什么作废").fill("门牌看错了");
  await shot(page, "withdraw-visit");
  await page.getByRole("button", { name: "作废" }).click();
  await expect(page.getByText("已作废")).toBeVisible();
  await expect(wrong).toHaveCount(0);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();

  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await other.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(other.getByText("记到别家去了")).toHaveCount(0);
});

test("a form left half-way waits as a draft, with every field as it was typed", async ({ server, phone }) => {
  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(3).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByText("电话联系", { exact: true }).click();
  await page.getByLabel("走访情况").fill("正说着电话响了");
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  await page.getByText("反映问题、处理、下次走访").click();
  await page.getByLabel("反映问题").fill("想问低保");
  // The draft is durable when the storage holds it: the browser may go at any time after.
  const vault = await OpenVault.open(page);
  const kept = async () => (await vault.entries(page, "drafts")).some(([, draft]) => draft.includes("想问低保"));
  await expect.poll(kept).toBe(true);
  await phone.close();

  page = await phone.open();
  await page.goto(server.url);
  await page.getByText("未写完").click();
  await expect(page.getByLabel("走访情况")).toHaveValue("正说着电话响了");
  await expect(page.getByRole("radio", { name: "电话联系" })).toBeChecked();
  await expect(page.getByLabel("反映问题")).toHaveValue("想问低保");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("正说着电话响了")).toBeVisible();
  await tab(page, "今日");
  await expect(page.getByText("未写完")).toHaveCount(0);
});

test("a form with nothing written says what is missing, beside the field", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "请写几个字" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "入户走访" })).toBeVisible();
});

test("a saved visit can be changed, and the change reaches the other phone", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logVisit(page, 0, "写错了字");
  await page.getByRole("link", { name: "修改", exact: true }).first().click();
  await page.getByLabel("走访情况").fill("改对了字");
  await page.getByRole("button", { name: "保存" }).click();
  const changed = page.getByRole("listitem").filter({ hasText: "改对了字" });
  await expect(changed.getByText("已到办公室")).toBeVisible();
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await other.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(other.getByText("改对了字")).toBeVisible();
  await expect(other.getByText("写错了字")).toHaveCount(0);

  await other.getByRole("link", { name: "历史" }).first().click();
  await expect(other.getByRole("heading", { name: "修改历史" })).toBeVisible();
  await expect(other.getByRole("listitem").nth(0)).toContainText("改对了字");
  await expect(other.getByRole("listitem").nth(1)).toContainText("写错了字");
  await second.context.setOffline(true);
  await other.reload();
  await expect(other.getByText("连上网后再看")).toBeVisible();
});

test("doors are found by any part of a name, initials, the phone's tail and the number", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const door = page.getByRole("article").nth(4);
  const number = (await door.locator(".door-number").textContent()) ?? "";
  const head = (await door.locator("b").textContent()) ?? "";
  await door.getByRole("link").first().click();
  const phoneNumber = (await page.locator("a[href^='tel:']").getAttribute("href"))?.slice(4) ?? "";
  await page.getByRole("link", { name: "返回" }).click();
  const search = page.getByRole("searchbox");
  for (const query of [head, head.slice(-1), number, String(Number(number)), phoneNumber.slice(-4)]) {
    await search.fill(query);
    await expect(page.getByRole("article").filter({ hasText: head }).first(), query).toBeVisible();
  }
  // 2 of the demo's names, with the initials that anyone would type.
  const everyone: Record<string, string> = { 朱: "z", 沈: "s", 王: "w", 高: "g", 吕: "l", 杨: "y", 萧: "x", 曾: "z", 单: "s" };
  await search.fill("");
  await page.getByText("全部", { exact: true }).click();
  const heads = await page.locator(".door b").allTextContents();
  const known = heads.filter((name) => everyone[name[0]]);
  expect(known.length).toBeGreaterThan(1);
  for (const name of known) {
    await search.fill(everyone[name[0]]);
    await expect(page.getByRole("article").filter({ hasText: name }).first(), name).toBeVisible();
  }
  await search.fill("没有这个人");
  await expect(page.getByText("没有找到")).toBeVisible();
});

test("two windows of one phone show the same and send it once", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const twin = await phone.context.newPage();
  await twin.goto(server.url);
  await ready(twin);
  await phone.context.setOffline(true);
  await page.getByRole("article").nth(0).getByRole("button", { name: "无人在家" }).click();
  await expect(twin.getByRole("article").nth(0)).toContainText("今天");
  await twin.getByRole("article").nth(1).getByRole("button", { name: "无人在家" }).click();
  await expect(page.getByRole("article").nth(1)).toContainText("今天");
  await phone.context.setOffline(false);
  for (const window of [page, twin]) {
    await tab(window, "我的");
    await expect(window.getByText("全部已到办公室")).toBeVisible();
  }
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await other.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(other.locator(".timeline .visit").filter({ hasText: "今天" })).toHaveCount(1);
});

test("what two people wrote in the same place is shown to both, and one tap chooses", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await logVisit(page, 0, "第一次写的。");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);

  const openHousehold = async (where: typeof page) => {
    await tab(where, "走访");
    await where.getByText("全部", { exact: true }).click();
    await where.getByRole("article").nth(0).getByRole("link").first().click();
  };
  const edit = async (where: typeof page, words: string) => {
    await openHousehold(where);
    await where.getByRole("link", { name: "修改", exact: true }).first().click();
    await where.getByLabel("走访情况").fill(words);
    await where.getByRole("button", { name: "保存" }).click();
    await expect(where.getByText("已保存 ✓ 已存本机")).toBeVisible();
  };
  await phone.context.setOffline(true);
  await second.context.setOffline(true);
  await edit(page, "药吃完了，要去镇上买。");
  await edit(other, "邻居已经代买了药。");
  for (const one of [phone, second, phone]) {
    await one.context.setOffline(false);
    await tab(one.page, "我的");
    await one.page.getByRole("button", { name: "立即发送" }).click();
    await expect(one.page.getByText("全部已到办公室")).toBeVisible();
  }
  await openHousehold(page);
  const contested = page.getByRole("group", { name: "走访情况" });
  await expect(contested).toContainText("两人都改了这里");
  await expect(contested).toContainText("药吃完了，要去镇上买。");
  await expect(contested).toContainText("邻居已经代买了药。");
  await expect(contested).toContainText("王芳");
  await contested.getByRole("listitem").filter({ hasText: "药吃完了" }).getByRole("button", { name: "用这个" }).click();
  await expect(contested).toHaveCount(0);
  await expect(page.getByText("药吃完了，要去镇上买。")).toBeVisible();
  await expect(page.getByText("邻居已经代买了药。")).toHaveCount(0);

  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await tab(other, "我的");
  await other.getByRole("button", { name: "立即发送" }).click();
  await openHousehold(other);
  await expect(other.getByText("药吃完了，要去镇上买。")).toBeVisible();
  await expect(other.getByRole("group", { name: "走访情况" })).toHaveCount(0);
});
