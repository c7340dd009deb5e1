// Patrols, hazards, requests, outreach: found in the field without signal, seen by who has to act.
import { desk, to } from "./desk";
import { test, expect, logIn, logVisit, ready, shot, tab } from "./world";
import type { Page } from "@playwright/test";

async function save(page: Page) {
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "保存" })).toBeHidden();
}

async function sent(page: Page) {
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
}

const open = (page: Page, name: string | RegExp) => page.getByRole("link", { name, exact: true }).first().click();

test("a patrol at night notes what it finds without signal, and the hazard's owner puts it right", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "事项");
  await expect(page.getByText("小学门口"), "without mediation it begins with hazards").toBeVisible();
  await shot(page, "hazards");
  await open(page, "巡逻");
  await shot(page, "patrols");
  await page.getByRole("button", { name: "开始巡逻" }).click();
  await expect(page.getByText("还没有发现")).toBeVisible();
  const note = page.getByLabel("发现了什么");
  await page.getByRole("button", { name: "记下" }).click();
  await expect(page.getByText("请先写几个字")).toBeVisible();
  await note.fill("村东头路灯不亮");
  // The phone rings: what was typed is there again.
  await tab(page, "今日");
  await expect(page.getByRole("link", { name: /正在巡逻/ })).toBeVisible();
  await shot(page, "today-patrol");
  await open(page, /正在巡逻/);
  await expect(note).toHaveValue("村东头路灯不亮");
  await page.getByRole("button", { name: "记下" }).click();
  await expect(page.getByText("已记下 ✓ 已存本机")).toBeVisible();
  await expect(note).toHaveValue("");
  await note.fill("河堤缺口没有警示牌");
  await page.getByRole("button", { name: "记下" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "河堤缺口" })).toBeVisible();
  await page.getByRole("listitem").filter({ hasText: "河堤缺口" }).getByRole("link", { name: "转隐患" }).click();
  await expect(page.getByLabel("有什么隐患"), "what is typed is there").toHaveValue("河堤缺口没有警示牌");
  await page.getByRole("radio", { name: "防溺水", exact: true }).check();
  await page.getByRole("radio", { name: "严重", exact: true }).check();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("请填写地点").first()).toBeVisible();
  await page.getByLabel("地点").fill("河堤");
  await shot(page, "hazard-form");
  await save(page);
  await expect(page.getByText("整改 还有3天")).toBeVisible();
  await shot(page, "hazard");
  await open(page, /来自/);
  await expect(page.getByRole("link", { name: "已转隐患" }), "linked both ways").toBeVisible();
  await shot(page, "patrol-on");
  await page.getByRole("button", { name: "结束巡逻" }).click();
  await expect(page.getByText("巡逻结束 ✓ 已存本机")).toBeVisible();
  await expect(note).toBeHidden();
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(note, "ended by mistake").toBeVisible();
  await page.getByRole("button", { name: "结束巡逻" }).click();
  await expect(page.getByText(/\d\d:\d\d–\d\d:\d\d/)).toBeVisible();
  await shot(page, "patrol-ended");
  await open(page, "已转隐患");
  await open(page, "交办");
  await page.getByRole("button", { name: "交办" }).click();
  await expect(page.getByText("请写明交给谁")).toBeVisible();
  await page.getByLabel("交给谁（姓名或单位）").fill("周兰");
  await shot(page, "hazard-assign");
  await page.getByRole("button", { name: "交办" }).click();
  await expect(page.getByText("整改中").first()).toBeVisible();
  await phone.context.setOffline(false);
  await sent(page);

  const lead = await second.open();
  await logIn(lead, server.url, "zhoulan");
  await ready(lead);
  await tab(lead, "今日");
  await lead.getByRole("link", { name: /防溺水 河堤/ }).click();
  await open(lead, "已整改");
  await lead.getByLabel("怎样整改的").fill("立了牌子，拉了护栏");
  await lead.getByRole("button", { name: "已整改" }).click();
  await expect(lead.getByText("待验收").first()).toBeVisible();
  await expect(lead.getByRole("button", { name: "验收通过" }), "not one's own work").toBeHidden();
  await sent(lead);
  await sent(page);
  await tab(page, "今日");
  await page.getByRole("link", { name: /防溺水 河堤/ }).click();
  await page.getByRole("button", { name: "验收通过" }).click();
  await expect(page.getByText("已销号").first()).toBeVisible();
  await sent(page);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("what is found at a door becomes a hazard, a request, a dispute or a care case with what is typed", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url, "zhoulan");
  await ready(page);
  await phone.context.setOffline(true);
  await logVisit(page, 1, "灶台旁堆着柴火");
  await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
  const visit = page.getByRole("listitem").filter({ hasText: "灶台旁堆着柴火" });
  for (const [way, field] of [["转隐患", "有什么隐患"], ["转诉求", "要求什么"], ["转纠纷", "简要情况"], ["转关爱", "立案理由"]]) {
    await visit.getByRole("link", { name: way }).click();
    await expect(page.getByLabel(field), way).toHaveValue("灶台旁堆着柴火");
    await page.getByRole("button", { name: "放弃" }).click();
    await expect(visit).toBeVisible();
  }
  await visit.getByRole("link", { name: "转诉求" }).click();
  await page.getByLabel("要求什么").fill("想请人帮着砌一道隔墙");
  await page.getByRole("radio", { name: "土地房屋", exact: true }).check();
  await shot(page, "request-form");
  await save(page);
  await expect(page.getByText("没有留名")).toBeVisible();
  await expect(page.getByText("告知 还有15天")).toBeVisible();
  await shot(page, "request");
  await open(page, "告知受理");
  await page.getByLabel("告诉了对方什么").fill("已收下，三天内请瓦工去看");
  await page.getByRole("button", { name: "告知受理" }).click();
  await open(page, "答复");
  await page.getByLabel("告诉了对方什么").fill("墙砌好了");
  await page.getByRole("button", { name: "答复" }).click();
  await open(page, "回访办结");
  await page.getByRole("radio", { name: "满意", exact: true }).check();
  await page.getByRole("button", { name: "回访办结" }).click();
  await expect(page.getByText("已办结").first()).toBeVisible();
  await open(page, /来自/);
  await expect(visit.getByRole("link", { name: "已转诉求" })).toBeVisible();
  await shot(page, "visit-turned");
  await phone.context.setOffline(false);
  await sent(page);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("two drafts of one sort are told apart: what was begun at a door, and what was not", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  const door = page.getByRole("article").first().getByRole("link", { name: "走访", exact: true });
  const household = (await door.getAttribute("href"))!.split("/")[2];
  await page.goto(`${server.url}/households/${household}/hazard`);
  await page.getByLabel("有什么隐患").fill("这家灶台旁堆着柴火");
  await page.goto(`${server.url}/hazards/new`);
  await expect(page.getByLabel("有什么隐患")).toHaveValue("");
  await page.getByLabel("有什么隐患").fill("桥栏杆松了");
  await page.goto(`${server.url}/hazards/new`);
  await expect(page.getByLabel("有什么隐患")).toHaveValue("桥栏杆松了");
  await page.goto(server.url);
  const drafts = page.getByRole("link", { name: /未写完/ });
  await expect(drafts).toHaveCount(2);
  await shot(page, "two-drafts");
  await drafts.filter({ hasText: /隐患 \d+ / }).click();
  await expect(page.getByLabel("有什么隐患")).toHaveValue("这家灶台旁堆着柴火");
  await page.getByRole("button", { name: "放弃" }).click();
  await expect(drafts).toHaveCount(1);
  await drafts.click();
  await expect(page.getByLabel("有什么隐患")).toHaveValue("桥栏杆松了");
});

test("outreach is as quick: what, where, how many", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "事项");
  await open(page, "宣讲");
  await expect(page.getByText("46人听 · 1人被劝阻受骗")).toBeVisible();
  await shot(page, "outreach");
  await page.getByRole("link", { name: "登记宣讲" }).click();
  await page.getByRole("radio", { name: "防溺水", exact: true }).check();
  await page.getByRole("radio", { name: "进学校", exact: true }).check();
  await page.getByLabel("听的人数").fill("120");
  await shot(page, "outreach-form");
  await save(page);
  await expect(page.getByRole("link", { name: /防溺水.*进学校 · 120人听/s })).toBeVisible();
  await phone.context.setOffline(false);
  await sent(page);
});

for (const [name, look] of Object.entries({
  dark: { theme: "dark", large_type: false },
  large: { theme: "light", large_type: true },
})) {
  test(`every screen of hazards, requests and patrols is sound: ${name}`, async ({ server, phone }) => {
    const page = await phone.open();
    await page.addInitScript((look) => {
      localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
    }, look);
    await logIn(page, server.url);
    await ready(page);
    await tab(page, "事项");
    await expect(page.getByText("小学门口")).toBeVisible();
    await shot(page, `reports-${name}-hazards`);
    await open(page, /小学门口/);
    await expect(page.getByText("严重隐患3天内整改")).toBeVisible();
    await shot(page, `reports-${name}-hazard`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await shot(page, `reports-${name}-wide`);
    await page.setViewportSize({ width: 360, height: 640 });
    await open(page, "交办");
    await expect(page.getByLabel("交给谁（姓名或单位）")).toBeVisible();
    await shot(page, `reports-${name}-step`);
    await open(page, "返回");
    await open(page, "返回");
    await open(page, "诉求");
    await expect(page.getByText("东巷路灯坏了三盏")).toBeVisible();
    await shot(page, `reports-${name}-requests`);
    await open(page, "巡逻");
    await open(page, /义务巡逻队/);
    await expect(page.getByText("河堤缺口处没有警示牌")).toBeVisible();
    await shot(page, `reports-${name}-patrol`);
  });
}

test("who works in two grids chooses where the patrol is, and the last one comes first", async ({ server, phone }) => {
  const place = /\d{12}-\d{2}/.exec(server.run("grant", "list", "liqiang"))![0];
  server.run("grant", "give", "wangfang", "--role", "grid-worker", "--place", place, "--class", "general");
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "事项");
  await open(page, "巡逻");
  const grids = page.getByRole("group", { name: "在哪个网格" }).getByRole("radio");
  await expect(grids).toHaveCount(2);
  await shot(page, "patrols-grids");
  const second = page.getByRole("group", { name: "在哪个网格" }).locator("label").nth(1);
  const name = await second.textContent();
  await second.click();
  await page.getByRole("button", { name: "开始巡逻" }).click();
  await page.getByRole("button", { name: "结束巡逻" }).click();
  await expect(page.getByText("巡逻结束 ✓ 已存本机")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await expect(page.getByRole("group", { name: "在哪个网格" }).locator("label").first()).toHaveText(name!);
  await expect(grids.first()).toBeChecked();
  await sent(page);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("an office sees what is open by dates alone, and a file leads to who can help", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "事项");
  await page.getByRole("link", { name: /小学门口/ }).click();
  await page.getByRole("link", { name: /便民电话/ }).click();
  await expect(page.getByRole("heading", { name: "便民电话" })).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await expect(page.getByRole("heading", { name: "隐患" })).toBeVisible();
  await shot(page, "hazard-contacts");
  const office = await desk(second, server, "zhoulan");
  await to(office, "督办");
  await expect(office.getByRole("article").first()).toBeVisible();
  await office.getByRole("combobox", { name: "类型" }).selectOption("hazard");
  const rows = office.getByRole("article");
  await expect(rows.filter({ hasNotText: "隐患" })).toHaveCount(0);
  await expect(rows.first()).toContainText("责任人");
  await expect(office.getByText("小学门口")).toBeHidden();
  const all = await rows.count();
  const total = Number(await office.getByRole("button", { name: /在办/ }).locator("b").innerText());
  expect(all, "the count is of what the list holds").toBe(total);
  // By late ones, by a number, and by nothing that there is: each says what it shows.
  const number = /\d{8}-[0-9A-F]{4}/.exec(await rows.last().innerText())![0];
  await office.getByLabel("编号里的字").fill(number.slice(-4).toLowerCase());
  await office.getByRole("button", { name: "查", exact: true }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText(number);
  await office.getByLabel("编号里的字").fill("没有");
  await office.getByRole("button", { name: "查", exact: true }).click();
  await expect(office.getByText("没有符合条件的事项")).toBeVisible();
  await shot(office, "office-reports");
});
