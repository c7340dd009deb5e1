// A dispute from the kitchen table: registered, mediated, agreed and signed on a phone without a network.
import { desk } from "./desk";
import { test, expect, logIn, logVisit, ready, shot, SYNC, tab } from "./world";
import { kept, OpenVault } from "./vault";
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const STORY = "两家为界墙高低争执多日";

async function save(page: Page) {
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "保存" })).toBeHidden();
}

async function add(page: Page, words: string, fill: () => Promise<void>) {
  await page.getByRole("link", { name: words }).click();
  await fill();
  await save(page);
}

async function party(page: Page, name: string, side: string) {
  await add(page, "＋ 当事人", async () => {
    await page.getByLabel("姓名").fill(name);
    await page.getByRole("radio", { name: side, exact: true }).check();
    await page.getByRole("radio", { name: "同意调解", exact: true }).check();
  });
}

async function step(page: Page, name: string) {
  await page.getByRole("button", { name, exact: true }).click();
  await expect(page.getByText(`已办：${name} ✓ 已存本机`)).toBeVisible();
}

async function sign(page: Page, who: string) {
  await page.getByRole("link", { name: new RegExp(`^${who}.*(未签|重签)`) }).click();
  await expect(page.getByText("拆除界墙")).toBeVisible();
  const pad = (await page.getByRole("img", { name: "签名区" }).boundingBox())!;
  await page.mouse.move(pad.x + 20, pad.y + 20);
  await page.mouse.down();
  await page.mouse.move(pad.x + 120, pad.y + 60, { steps: 8 });
  await page.mouse.up();
  if (who === "王建国") await shot(page, "dispute-sign");
  await page.getByRole("button", { name: "签好了" }).click();
  await expect(page.getByText("已签 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "签好了" })).toBeHidden();
}

async function begin(page: Page) {
  await tab(page, "事项");
  await page.getByRole("link", { name: "登记纠纷" }).click();
  await page.getByLabel("名称").fill("王家张家界墙");
  await page.getByRole("radio", { name: "邻里", exact: true }).check();
  await page.getByLabel("简要情况").fill(STORY);
  await save(page);
  await expect(page.getByRole("heading", { name: "王家张家界墙" })).toBeVisible();
  await party(page, "王建国", "申请人");
  await party(page, "张秀英", "被申请人");
  await step(page, "登记");
  await step(page, "受理");
  await step(page, "开始调解");
}

/** The pages that the print window makes of what is shown, as text: one string a page, without spaces. */
async function printed(page: Page, name: string): Promise<string[]> {
  const pdf = await page.pdf({ preferCSSPageSize: true });
  if (process.env.RUHU_SHOTS) writeFileSync(`${process.env.RUHU_SHOTS}/${name}.pdf`, pdf);
  const info = execFileSync("pdfinfo", ["-"], { input: pdf, encoding: "utf8" });
  expect(info).toMatch(/Page size:\s+59[45][\d.]* x 84[12][\d.]* pts \(A4\)/);
  const text = execFileSync("pdftotext", ["-layout", "-", "-"], { input: pdf, encoding: "utf8" });
  return text.split("\f").slice(0, -1).map((words) => words.replace(/\s/g, ""));
}

test("a dispute is registered, mediated, agreed and signed offline, and the office takes every step", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await tab(page, "事项");
  await expect(page.getByRole("link", { name: /赵某 与 孙某/ }), "what is late comes first").toContainText("受理 逾期2天");
  await page.getByText("已结", { exact: true }).click();
  await expect(page.getByText("还没有办结的")).toBeVisible();
  await phone.context.setOffline(true);
  await begin(page);
  await shot(page, "dispute-mediating");
  await expect(page.getByText("请先记一次调解，并告知双方权利义务").first()).toBeVisible();
  await add(page, "＋ 记一次调解", async () => {
    await page.getByLabel("陈述和经过").fill("各说各的理");
    await page.getByRole("checkbox", { name: "已告知双方权利义务" }).check();
  });
  await add(page, "＋ 写协议", async () => {
    await expect(page.getByLabel("主要事实和各方责任"), "what is known is there").toHaveValue(STORY);
    await page.getByLabel("履行方式").fill("当面履行");
    const sealed = page.getByLabel("加盖调委会印章的日期");
    await sealed.fill(await page.getByLabel("达成日期").inputValue());
    await shot(page, "dispute-agreement-form");
  });
  await add(page, "＋ 协议内容", async () => {
    await page.getByLabel("谁做什么").fill("张秀英拆除界墙");
  });
  for (const who of ["王建国", "张秀英", "调解员"]) await sign(page, who);
  // A later change of the text: the marks do not cover it.
  await page.getByRole("link", { name: /张秀英拆除界墙/ }).click();
  await expect(page.getByText("王建国、张秀英、李强已在现在的文本上签名")).toBeVisible();
  await page.getByLabel("谁做什么").fill("张秀英拆除界墙并清运");
  await save(page);
  await expect(page.getByText("文本改过，要重签")).toHaveCount(3);
  for (const who of ["王建国", "张秀英", "调解员"]) await sign(page, who);
  await shot(page, "dispute-signed");
  await step(page, "书面协议生效");
  // It is in force: what was signed is closed.
  const inForce = "协议已生效，当事人、协议内容和履行方式不能再改。要改请村负责人先“退回重办”，写明原因";
  await expect(page.getByRole("link", { name: "＋ 协议内容" })).toBeHidden();
  await expect(page.getByRole("link", { name: "＋ 当事人" })).toBeHidden();
  await expect(page.getByRole("link", { name: "＋ 记一次调解" })).toBeVisible();
  await shot(page, "dispute-in-force");
  await page.getByRole("link", { name: /张秀英拆除界墙/ }).click();
  await expect(page.locator(".lead")).toHaveText(inForce);
  await page.getByLabel("谁做什么").fill("不拆了");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByRole("alert").getByText(inForce)).toHaveText(inForce);
  await shot(page, "dispute-closed-form");
  await page.getByRole("button", { name: "放弃" }).click();
  await step(page, "进入履行");
  await page.getByRole("link", { name: "看文书、打印" }).click();
  await expect(page.getByText("归档前还缺：人民调解回访记录")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await add(page, "＋ 记一次回访", async () => {
    await page.getByRole("radio", { name: "已全部履行" }).check();
  });
  await step(page, "完成回访");
  // The documents, each on pages of its own, still without a network.
  await page.getByRole("link", { name: "看文书、打印" }).click();
  await shot(page, "papers");
  await page.getByRole("link", { name: "查看整卷" }).click();
  const agreed = page.getByRole("article").filter({ has: page.getByRole("heading", { name: "人民调解协议书" }) });
  await expect(agreed.getByRole("img", { name: "已签名" }), "the marks that were made").toHaveCount(3);
  await shot(page, "papers-all");
  const pages = await printed(page, "whole");
  const titles = ["卷宗封面", "卷宗目录", "人民调解受理登记表", "人民调解权利义务告知书", "人民调解记录", "人民调解协议书"];
  titles.push("司法确认申请书", "人民调解回访记录", "卷宗情况说明", "卷宗封底");
  const at = titles.map((title) => pages.findIndex((words) => words.startsWith(title)));
  expect(at, "each begins a page, in the order of binding").toEqual([...at].sort((one, other) => one - other));
  expect(Math.min(...at)).toBe(0);
  const whole = pages.join("\n");
  for (const words of ["椿树岗村人民调解委员会", "申请人：王建国", "被申请人：张秀英", STORY, "张秀英拆除界墙并清运", "当面履行"])
    expect(whole).toContain(words);
  expect(pages[at[5]]).toContain("人民调解委员会（盖章）");
  expect(pages[1], "the number of the page").toMatch(new RegExp(`2/${pages.length}$`));
  expect(whole, "nothing of the app around it").not.toContain("打印或存为");
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByRole("link", { name: "人民调解协议书" }).click();
  await shot(page, "paper-agreement");
  expect((await printed(page, "agreement"))[0]).toMatch(/^人民调解协议书编号：/);
  await tab(page, "事项");
  const row = page.getByRole("link", { name: /王某 与 张某/ });
  await expect(row).toContainText("已回访");
  await expect(page.getByText(STORY), "rows tell no story").toBeHidden();
  await shot(page, "matters");
  await phone.context.setOffline(false);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  // Every word of it is under the key for mediation, none among everyday records.
  const vault = await OpenVault.open(page);
  expect(JSON.stringify(await vault.entries(page, "segments_mediation"))).toContain(STORY);
  expect(JSON.stringify(await vault.entries(page, "segments"))).not.toContain(STORY);
  const bytes = (await kept(page, "segments_mediation")).map(([, value]) => Buffer.from(value, "base64").toString());
  expect(bytes.join()).not.toContain("王建国");
});

test("a step is taken back, and what needs a reason asks for it", async ({ server, phone }) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await begin(page);
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByText("已撤销")).toBeVisible();
  await expect(page.getByRole("button", { name: "开始调解", exact: true })).toBeVisible();
  await step(page, "开始调解");
  await page.getByText("其他步骤").click();
  await page.getByRole("link", { name: "终止调解" }).click();
  await page.getByRole("button", { name: "终止调解" }).click();
  await expect(page.getByText("请选择终止原因")).toBeVisible();
  await page.getByRole("radio", { name: "未达成协议" }).check();
  await page.getByLabel("原因", { exact: true }).fill("差距太大");
  await page.getByRole("button", { name: "终止调解" }).click();
  await expect(page.getByText("请先告知当事人还可以通过仲裁、行政、司法")).toBeVisible();
  await page.getByRole("checkbox", { name: /已告知/ }).check();
  await shot(page, "dispute-step");
  await page.getByRole("button", { name: "终止调解" }).click();
  await expect(page.getByText("已终止调解").first()).toBeVisible();
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
});

test("a mediator and a grid worker change one file: fields merge, and of the one that both changed both are shown", async ({
  server,
  phone,
  second,
}) => {
  const one = await phone.open();
  await logIn(one, server.url, "liqiang");
  await ready(one);
  await begin(one);
  await sent(one);
  const own = /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];
  const place = own.replace(/-01$/, "-02");
  server.run("grant", "give", "wangfang", "--role", "grid-worker", "--place", place, "--class", "mediation");
  const two = await second.open();
  await logIn(two, server.url);
  await ready(two);
  const change = async (page: Page, place: string, title?: string) => {
    await page.route(SYNC, (route) => route.abort());
    await tab(page, "事项");
    await page.getByRole("link", { name: /王某 与 张某/ }).click();
    await page.getByRole("link", { name: "修改", exact: true }).click();
    await page.getByLabel("地点").fill(place);
    if (title) await page.getByLabel("名称").fill(title);
    await save(page);
  };
  await change(one, "东湾村口");
  await change(two, "村部", "界墙纠纷");
  for (const page of [one, two, one]) {
    await page.unroute(SYNC);
    await sent(page);
  }
  await tab(one, "事项");
  await one.getByRole("link", { name: /王某 与 张某/ }).click();
  await expect(one.getByRole("heading", { name: "界墙纠纷" }), "the other's field").toBeVisible();
  const contested = one.getByRole("group", { name: "地点" });
  await expect(contested).toContainText("东湾村口");
  await expect(contested).toContainText("村部");
  await contested.getByRole("button", { name: "用这个" }).first().click();
  await expect(one.getByText("已选定 ✓ 已存本机")).toBeVisible();
  await expect(contested).toBeHidden();
});

test("somebody known is found again, a dispute that may be the same is shown, and who is above presses for it", async ({
  server,
  phone,
  second,
}) => {
  const page = await phone.open();
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await logVisit(page, 0, "说起门前堆的东西");
  await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
  const name = (await page.getByRole("heading", { level: 1 }).textContent())!.trim();
  await page.getByRole("link", { name: "登记纠纷", exact: true }).click();
  await page.getByLabel("名称").fill("门前堆放");
  await page.getByRole("radio", { name: "邻里", exact: true }).check();
  await page.getByLabel("简要情况").fill(STORY);
  await save(page);
  await expect(page.getByRole("link", { name: "那次走访" })).toBeVisible();
  await page.getByRole("link", { name: "＋ 当事人" }).click();
  await page.getByLabel("姓名").fill(name);
  const known = page.getByRole("list", { name: "已登记的人" });
  await shot(page, "dispute-known");
  await known.getByRole("button", { name }).first().click();
  await expect(known).toBeHidden();
  await expect(page.getByLabel("电话")).toHaveValue(/^1990000\d{4}$/);
  // Another name is another person; chosen again, they are who they are.
  const drafted = async () => {
    const vault = await OpenVault.open(page);
    const drafts = (await vault.entries(page, "drafts")).map(([, draft]) => JSON.parse(draft));
    return drafts.find((draft) => draft.kind === "party").values.resident;
  };
  await expect.poll(drafted).toMatch(/^[0-9a-f-]{36}$/);
  await page.getByLabel("姓名").fill("没登记的人");
  await expect.poll(drafted).toBeNull();
  await page.getByLabel("姓名").fill(`${name}`);
  await page.getByRole("radio", { name: "申请人", exact: true }).check();
  await save(page);
  // The same door again: the form says so before anything is saved.
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await page.getByRole("link", { name: "登记纠纷", exact: true }).click();
  const alike = page.getByRole("region", { name: "可能重复" });
  await expect(alike).toContainText("地点相同");
  await shot(page, "dispute-alike");
  await page.getByLabel("名称").fill("又是门前堆放");
  await page.getByRole("radio", { name: "邻里", exact: true }).check();
  await save(page);
  await alike.getByRole("button", { name: "关联为先前纠纷" }).click();
  await expect(page.getByText("先前纠纷")).toBeVisible();
  await expect(alike).toBeHidden();
  await sent(page);
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "纠纷", exact: true })).toBeVisible();
  await expect(page.getByRole("link", { name: /^蓝?邻里/ }), "the household's").toHaveCount(2);
  await shot(page, "household-disputes");

  const office = await desk(second, server, "chenming");
  await office.getByRole("button", { name: "督办", exact: true }).click();
  await office.getByRole("combobox", { name: "类型" }).selectOption("dispute");
  const late = office.getByRole("article").first();
  await expect(late).toContainText("受理 逾期2天");
  for (const word of ["赵德明", "排水沟", STORY]) await expect(office.getByText(word)).toBeHidden();
  await late.getByRole("button", { name: "领办" }).click();
  await expect(office.getByText("请写明原因")).toBeVisible();
  await late.getByLabel("原因").fill("请今天受理");
  await late.getByRole("button", { name: "领办" }).click();
  await expect(late).toContainText("未签收");
  await shot(office, "office-matters");

  await sent(page);
  await tab(page, "今日");
  const row = page.getByRole("link", { name: /赵某 与 孙某/ });
  await expect(row).toContainText("上级已领办，请签收");
  await shot(page, "today-matters");
  await row.click();
  await expect(page.getByText("领办：请今天受理")).toBeVisible();
  await shot(page, "dispute-pressed");
  await page.getByRole("button", { name: "签收" }).click();
  await expect(page.getByText("已办：签收 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "签收" })).toBeHidden();
  await sent(page);
  await office.getByRole("button", { name: "人员", exact: true }).click();
  await office.getByRole("button", { name: "督办", exact: true }).click();
  await office.getByRole("combobox", { name: "类型" }).selectOption("dispute");
  await expect(late).toContainText("已签收");
  // With the right to look at mediation the file can be read; that is on record.
  await late.getByRole("button", { name: "看卷宗" }).click();
  const register = office.getByRole("article").filter({ has: office.getByRole("heading", { name: "人民调解受理登记表" }) });
  await expect(register).toContainText("赵德明");
  await shot(office, "office-file");
  const pages = await printed(office, "office-file");
  expect(pages.join()).toContain("人民调解受理登记表");
  expect(pages.join(), "what is not a document stays on the screen").not.toContain("已记入审计");
  await office.getByRole("button", { name: "返回" }).click();
  await expect(late).toContainText("已签收");
  await office.getByRole("button", { name: "台账", exact: true }).click();
  await office.getByRole("radio", { name: "矛盾纠纷台账" }).check();
  await office.getByLabel("从").fill("2020-01-01");
  await office.getByRole("button", { name: "导出" }).click();
  await expect(office.getByRole("alert")).toContainText("一次最多一年");
  await office.getByLabel("从").fill(new Date(Date.now() - 300 * 86_400_000).toISOString().slice(0, 10));
  await shot(office, "office-ledger");
  const [file] = await Promise.all([
    office.waitForEvent("download"),
    expect(office.getByText("已导出 4 条")).toBeVisible(),
    office.getByRole("button", { name: "导出" }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^矛盾纠纷台账 .*\.xlsx$/);
  const out = join(server.data, "纠纷台账.xlsx");
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const said = server.run("export", "disputes", "--area", "411500000000", "--from", "2026-01-01", "--to", today, "--out", out);
  expect(said).toContain("纠纷台账：4 条");
  // A file that is there is not written over unasked.
  const again = ["export", "disputes", "--area", "411500000000", "--from", "2026-01-01", "--to", today, "--out", out];
  expect(() => server.run(...again)).toThrow(/已经有了，没有改动它/);
  expect(server.run(...again, "--force")).toContain("纠纷台账：4 条");
});

async function sent(page: Page) {
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
}
