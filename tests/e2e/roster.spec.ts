// The roster on the phone: registered, changed, moved, merged and withdrawn, without signal; and found.
import { test, expect, logIn, logVisit, ready, shot, tab } from "./world";
import type { Page } from "@playwright/test";

/** A tab of the bottom bar; forms and households hide it. */
async function go(page: Page, name: string): Promise<void> {
  const main = page.locator("main.page");
  await expect(main).toBeVisible();
  if ((await main.locator(".action").count()) > 0) await page.getByRole("link", { name: "返回" }).click();
  await tab(page, name);
}

async function register(page: Page, head: string): Promise<void> {
  await go(page, "走访");
  await page.getByRole("link", { name: "登记新户" }).click();
  await page.getByLabel("户主", { exact: true }).fill(head);
  await page.getByLabel("住址（可不填）").fill("李家湾南头");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: head })).toBeVisible();
}

async function addMember(page: Page, name: string, birth = ""): Promise<void> {
  await page.getByRole("link", { name: "添加成员" }).click();
  await page.getByLabel("姓名", { exact: true }).fill(name);
  if (birth) await page.getByLabel("出生日期（可不填）").fill(birth);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("link", { name: "添加成员" })).toBeVisible();
  await expect(page.getByRole("link", { name: new RegExp(`^${name}`) })).toBeVisible();
}

async function sent(page: Page): Promise<void> {
  await go(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
}

async function find(page: Page, query: string) {
  await go(page, "走访");
  await page.getByRole("searchbox").fill(query);
  return page.getByRole("article").first();
}

test("a household and its people are registered without signal, found, moved, taken back and sent", async ({ server, phone, second }) => {
  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await page.getByRole("link", { name: "登记新户" }).click();
  await expect(page.getByLabel("户号", { exact: true }), "the next number of the grid").toHaveValue("021");
  await page.getByLabel("电话（可不填）").fill("12");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "请填写户主" })).toBeVisible();
  await page.getByLabel("户主", { exact: true }).fill("尉迟清");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "电话号码不对" })).toBeVisible();
  await page.getByLabel("电话（可不填）").fill("139 0000 7788");
  await page.getByRole("group", { name: "标签" }).getByText("困难", { exact: true }).click();
  await shot(page, "household-form");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("heading", { name: "尉迟清" })).toBeVisible();
  await addMember(page, "尉迟清", "1951-02-28");
  await page.getByRole("link", { name: "添加成员" }).click();
  await page.getByLabel("姓名", { exact: true }).fill("解小雨");
  await page.getByLabel("出生日期（可不填）").fill("2999-01-01");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "出生日期还没到" })).toBeVisible();
  await page.getByLabel("出生日期（可不填）").fill("2015-06-01");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("link", { name: /^解小雨/ })).toBeVisible();
  await shot(page, "household-new");

  for (const query of ["尉迟", "yuchi", "yuchiq", "ycq", "7788", "021"]) {
    await find(page, query);
    await expect(page.getByRole("article").filter({ hasText: "尉迟清" }), query).toBeVisible();
  }
  await expect(await find(page, "xiexiao"), "who lives there is said, and the surname read as one").toContainText("解小雨 · 还没走访过");
  await shot(page, "search-member");

  await page.getByRole("article").first().getByRole("link").first().click();
  await page.getByRole("link", { name: /^解小雨/ }).click();
  await page.getByRole("link", { name: "换到别的户" }).click();
  await page.getByRole("searchbox").fill("002");
  await shot(page, "resident-move");
  await page.getByRole("button", { name: /^002/ }).click();
  await expect(page.getByText(/已换到 002 .* ✓ 已存本机/)).toBeVisible();
  await expect(page.getByRole("link", { name: /^解小雨/ })).toBeVisible();
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByRole("link", { name: /^解小雨/ })).toHaveCount(0);

  await (await find(page, "021")).getByRole("link").first().click();
  await page.getByRole("link", { name: "修改户信息" }).click();
  await page.getByRole("link", { name: "登记错了，作废" }).click();
  await page.getByRole("button", { name: "作废" }).click();
  await expect(page.getByText("请写明为什么作废")).toBeVisible();
  await page.getByLabel("为什么作废").fill("写错了村");
  await page.getByRole("button", { name: "作废" }).click();
  await expect(page.getByText("户里还登记着 2 人")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByRole("link", { name: /^解小雨/ }).click();
  await page.getByRole("link", { name: "登记错了，作废" }).click();
  await page.getByLabel("为什么作废").fill("是邻居家的孩子");
  await shot(page, "withdraw");
  await page.getByRole("button", { name: "作废" }).click();
  await expect(page.getByText("已作废 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("link", { name: /^解小雨/ })).toHaveCount(0);
  await phone.close();

  page = await phone.open();
  await page.goto(server.url);
  await sent(page);
  const lead = await second.open();
  await logIn(lead, server.url, "zhoulan");
  await ready(lead);
  await (await find(lead, "ycq")).getByRole("link").first().click();
  await expect(lead.getByRole("link", { name: /^尉迟清/ })).toContainText("75岁");
  await expect(lead.getByText("解小雨")).toHaveCount(0);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("who may be registered twice is said while one types; a lead merges the two, and parts them again", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await register(page, "欧阳建国");
  await addMember(page, "欧阳建国", "1960-02-29");
  await page.locator(".action a").click();
  await page.getByLabel("走访情况").fill("先登记的一户");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("先登记的一户")).toBeVisible();

  await register(page, "欧阳建国家");
  await page.getByRole("link", { name: "添加成员" }).click();
  await page.getByLabel("姓名", { exact: true }).fill("欧阳建国");
  await page.getByLabel("出生日期（可不填）").fill("1960-02-29");
  const warning = page.getByRole("region", { name: "可能已登记" });
  await expect(warning).toContainText("欧阳建国（021 李家湾南头）");
  await expect(warning).toContainText("姓名和出生日期相同");
  await shot(page, "twin-warning");
  await page.getByRole("button", { name: "保存" }).click();
  await go(page, "走访");
  await page.getByRole("link", { name: "登记新户" }).click();
  await page.getByLabel("户号", { exact: true }).fill("021");
  await page.getByLabel("户主", { exact: true }).fill("欧阳家");
  await expect(page.getByRole("region", { name: "可能已登记" })).toContainText("户号相同");
  await page.getByRole("button", { name: "保存" }).click();
  await page.locator(".action a").click();
  await page.getByLabel("走访情况").fill("后登记的一户");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("后登记的一户")).toBeVisible();
  await sent(page);
  await page.getByRole("link", { name: /^查重/ }).click();
  await expect(page.getByText("2 对")).toBeVisible();
  await page.getByRole("link", { name: /户号相同/ }).click();
  await expect(page.getByText("请村负责人合并")).toBeVisible();
  await expect(page.getByRole("button", { name: "留这一条" })).toHaveCount(0);

  const lead = await second.open();
  await logIn(lead, server.url, "zhoulan");
  await ready(lead);
  await tab(lead, "我的");
  await lead.getByRole("link", { name: /^查重/ }).click();
  await shot(lead, "duplicates");
  await lead.getByRole("link", { name: /户号相同/ }).click();
  await shot(lead, "pair");
  await lead.getByRole("button", { name: "留这一条" }).first().click();
  await expect(lead.getByText("已合并 ✓ 已存本机")).toBeVisible();
  await expect(lead.getByText("1 对")).toBeVisible();
  await lead.getByRole("link", { name: /姓名和出生日期相同/ }).click();
  await lead.getByRole("button", { name: "留这一条" }).first().click();
  await expect(lead.getByText("没有发现重复登记")).toBeVisible();
  await sent(lead);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");

  await sent(page);
  await go(page, "走访");
  await page.getByRole("searchbox").fill("021");
  await expect(page.getByText("1 户")).toBeVisible();
  await page.getByRole("article").first().getByRole("link").first().click();
  await expect(page.getByText("先登记的一户")).toBeVisible();
  await expect(page.getByText("后登记的一户"), "the visits of both").toBeVisible();
  await page.getByRole("link", { name: "修改户信息" }).click();
  await expect(page.getByText("已并入：021 欧阳家")).toBeVisible();
  await expect(page.getByRole("button", { name: "分开" }), "that is the lead's").toHaveCount(0);
  await page.getByRole("link", { name: "返回" }).click();

  await (await find(lead, "021")).getByRole("link").first().click();
  await lead.getByRole("link", { name: "修改户信息" }).click();
  await shot(lead, "household-merged");
  await lead.getByRole("button", { name: "分开" }).click();
  await expect(lead.getByText("已分开 ✓ 已存本机")).toBeVisible();
  await sent(lead);
  await sent(page);
  await go(page, "走访");
  await page.getByRole("searchbox").fill("021");
  await expect(page.getByText("2 户")).toBeVisible();
});

test("a household moves to another grid with its people and visits, and leaves the first worker's phone", async ({ server, phone, second }) => {
  const worker = await second.open();
  await logIn(worker, server.url);
  await ready(worker);
  await logVisit(worker, 0, "移户之前的走访");
  await sent(worker);
  await tab(worker, "走访");
  await worker.getByText("全部", { exact: true }).click();
  const name = (await worker.getByRole("article").first().locator(".door-head b").textContent())!;
  
  const page = await phone.open();
  await logIn(page, server.url, "zhoulan");
  await ready(page);
  await (await find(page, name)).getByRole("link").first().click();
  await expect(page.getByText("移户之前的走访")).toBeVisible();
  const members = await page.locator("a[href^='/residents/']").count();
  await page.getByRole("link", { name: "修改户信息" }).click();
  await page.getByRole("link", { name: "移到别的网格" }).click();
  await expect(page.getByText(/家庭成员 \d+ 人、走访记录 \d+ 条一起移/)).toBeVisible();
  await shot(page, "household-move");
  await page.getByRole("button", { name: "移到这个网格" }).click();
  await expect(page.getByText(/已移到 .*✓ 已存本机/)).toBeVisible();
  await expect(page.getByText("移户之前的走访")).toBeVisible();
  await expect(page.locator("a[href^='/residents/']")).toHaveCount(members);
  await sent(page);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");

  await sent(worker);
  await tab(worker, "走访");
  await worker.getByRole("searchbox").fill(name);
  await expect(worker.getByText("没有找到")).toBeVisible();
});

test("a mediator finds a dispute among the doors, by a party, its number or what it is about", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await tab(page, "事项");
  const row = page.locator("a[href^='/matters/']").filter({ hasText: "受理" }).first();
  const number = /\d{8}-[0-9A-F]{4}/.exec((await row.textContent())!)![0];
  await row.click();
  const name = (await page.locator("a[href*='/party/'] b").first().textContent())!;
  await go(page, "走访");
  for (const query of [number, number.slice(-4).toLowerCase(), name, name.slice(1)]) {
    await page.getByRole("searchbox").fill(query);
    await expect(page.getByRole("link", { name: new RegExp(number) }), query).toBeVisible();
  }
  await shot(page, "search-matters");
  await page.getByRole("searchbox").fill("没有这件事");
  await expect(page.getByRole("heading", { name: /^纠纷/ })).toHaveCount(0);
});

test("the walking order is changed by dragging and by putting a door behind another, and taken back", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await page.getByRole("link", { name: "顺序" }).click();
  const rows = page.locator(".walk-name");
  const order = async (count: number) => (await rows.allTextContents()).slice(0, count).map((name) => name.slice(0, 3));
  await expect.poll(() => order(4)).toEqual(["001", "002", "003", "004"]);
  await shot(page, "walking");
  const handle = (await page.locator(".handle").first().boundingBox())!;
  const row = (await page.locator(".walk").nth(1).boundingBox())!.y - (await page.locator(".walk").first().boundingBox())!.y;
  const [x, y] = [handle.x + handle.width / 2, handle.y + handle.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y + row, { steps: 3 });
  await page.mouse.move(x, y + 2 * row, { steps: 3 });
  await shot(page, "walking-dragged");
  await page.mouse.up();
  await expect(page.getByText("顺序已改 ✓ 已存本机")).toBeVisible();
  await expect.poll(() => order(4)).toEqual(["002", "003", "001", "004"]);
  await page.getByRole("button", { name: "撤销" }).click();
  await expect.poll(() => order(4)).toEqual(["001", "002", "003", "004"]);

  await page.getByRole("button", { name: "移到…" }).first().click();
  await page.getByRole("searchbox").fill("015");
  await shot(page, "walking-after");
  await page.getByRole("button", { name: "放它后面" }).click();
  await expect.poll(() => order(3)).toEqual(["002", "003", "004"]);
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByText("全部", { exact: true }).click();
  await expect(page.locator(".door-number").first()).toHaveText("002");
  await page.getByRole("link", { name: "顺序" }).click();
  await page.getByRole("button", { name: "移到…" }).nth(4).click();
  await page.getByRole("button", { name: "放在最前" }).click();
  await expect.poll(() => order(2)).toEqual(["006", "002"]);
});

test("two people who change a household in the same place choose between their words", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const lead = await second.open();
  await logIn(lead, server.url, "zhoulan");
  await ready(lead);
  const change = async (one: Page, address: string) => {
    await (await find(one, "002")).getByRole("link").first().click();
    await one.getByRole("link", { name: "修改户信息" }).click();
    await one.getByLabel("住址（可不填）").fill(address);
    await one.getByRole("button", { name: "保存" }).click();
    await expect(one.getByRole("heading", { name: "家庭成员" })).toBeVisible();
  };
  await second.context.setOffline(true);
  await change(lead, "东湾路西第二家");
  await change(page, "东湾二号院");
  await sent(page);
  await second.context.setOffline(false);
  await sent(lead);
  await (await find(lead, "002")).getByRole("link").first().click();
  const contested = lead.getByRole("group", { name: "住址" });
  await expect(contested).toContainText("两人都改了这里");
  await shot(lead, "household-contested");
  await contested.getByRole("listitem").filter({ hasText: "东湾二号院" }).getByRole("button", { name: "用这个" }).click();
  await expect(contested).toHaveCount(0);
  await expect(lead.getByText("东湾二号院")).toBeVisible();
});
