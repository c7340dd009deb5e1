// A clerk's morning: rosters as the villages sent them are read, mended, decided on, taken, taken back, taken out.
import { desk, to } from "./desk";
import { expect, logIn, ready, type Server, shot, tab, test } from "./world";
import type { Page } from "@playwright/test";
import jsQR from "jsqr";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PNG } from "pngjs";

const SENT = join(import.meta.dirname, "../../crates/server/tests/server/rosters");
const HEADER = "所属网格,家庭编号,户主姓名,家庭住址,联系方式,姓名,与户主关系,性别,出生年月日,现状,备注";

const gridOf = (server: Server) => /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];

/** A file as an old table program writes it: UTF-16, tabs. */
const sheet = (name: string, rows: string[]) => ({
  name,
  mimeType: "text/csv",
  buffer: Buffer.from("\uFEFF" + [HEADER, ...rows].map((row) => row.replaceAll(",", "\t")).join("\r\n"), "utf16le"),
});

const sent = (name: string) => ({ name, mimeType: "application/octet-stream", buffer: readFileSync(join(SENT, name)) });

const choose = (page: Page, files: Parameters<ReturnType<Page["getByLabel"]>["setInputFiles"]>[0]) =>
  page.getByLabel("选花名册文件").setInputFiles(files);

const sort = (page: Page, words: string) => page.getByRole("group", { name: "看哪些" }).getByText(words);

const notes = (page: Page) => page.getByRole("region", { name: "核对" }).getByRole("article");

const history = (page: Page) => page.locator("section").filter({ has: page.getByRole("heading", { name: "导入记录" }) });

test("a roster is read, mended, decided on, taken, seen on the phone, and taken back", async ({ server, phone, second }) => {
  const grid = gridOf(server);
  const office = await desk(second, server);
  await to(office, "花名册");
  await expect(history(office)).toContainText("一年内没有导入过");
  await shot(office, "roster-empty");
  await choose(office, [
    sheet("一组.csv", [
      `${grid},9001,周一,东湾90号,138 0000 9001（儿子）,周一,户主,男,1970-1-2,在家,低保`,
      `${grid},9001,周一,,,周二,妻,女,1972年3月4日,外出务工,`,
      `${grid},9002,吴一,东湾91号,无,,户主,男,,,`,
      `合计,3,,,,,,,,,`,
    ]),
    sheet("二组.csv", [`${grid},001,郑生人,东湾92号,,郑生人,户主,男,1991-1-1,在家,`, `999902001003-01,1,,,,赵二,,,,,`]),
  ]);
  await expect(office.getByText("将要收下")).toBeVisible();
  await expect(office.getByText("一组.csv、二组.csv：5 行，2 个网格")).toBeVisible();
  await expect(office.getByText("户：新增 1，更新 0；人：新增 2，更新 0")).toBeVisible();
  await office.getByText("处没有读").click();
  await expect(office.getByText("一组.csv：没有用到的列：备注")).toBeVisible();
  await expect(notes(office)).toHaveCount(2);
  await expect(notes(office).first()).toContainText("第 4 行 没有姓名");
  await shot(office, "roster-refused");

  // Mended here: the row is taken, and its grid is compared anew.
  await notes(office).first().getByRole("button", { name: "看、改这一行" }).click();
  await notes(office).first().getByLabel("姓名", { exact: true }).fill("吴一");
  await shot(office, "roster-mend");
  await notes(office).first().getByRole("button", { name: "改好了，重新核对" }).click();
  await expect(office.getByText("户：新增 2，更新 0；人：新增 3，更新 0")).toBeVisible();
  await sort(office, "请核对").click();
  await expect(notes(office).first()).toContainText("（儿子）");
  await sort(office, "名单上没有").click();
  await expect(notes(office).first()).toContainText("整户");
  await sort(office, "请决定").click();
  await expect(notes(office)).toHaveCount(1);
  await expect(notes(office)).toContainText("没有一个相同的人");
  await expect(notes(office).getByLabel("这一户先不导入")).toBeChecked();
  await shot(office, "roster-asked");

  // Another page meanwhile loses nothing.
  await to(office, "台账");
  await to(office, "花名册");
  await expect(office.getByText("户：新增 2，更新 0；人：新增 3，更新 0")).toBeVisible();
  await office.getByRole("button", { name: "收下", exact: true }).click();
  await expect(office.getByText("已收下")).toBeVisible();
  await expect(history(office).getByRole("article")).toContainText("一组.csv、二组.csv");
  await expect(history(office).getByRole("article")).toContainText("户：新增 2，更新 0；人：新增 3，更新 0");
  await shot(office, "roster-taken");
  const [report] = await Promise.all([office.waitForEvent("download"), office.getByRole("button", { name: "下载核对表" }).click()]);
  expect(report.suggestedFilename()).toBe("花名册核对表.xlsx");

  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("searchbox").fill("周一");
  await expect(page.getByRole("link", { name: "9001 周一" })).toBeVisible();

  // The same once more changes nothing, and says so; the report that was downloaded can be taken in as it is.
  await office.getByRole("button", { name: "导入别的文件" }).click();
  await choose(office, (await report.path())!);
  await expect(office.getByText("没有要写入的")).toBeVisible();
  await office.getByRole("button", { name: "不收了，换文件" }).click();

  await history(office).getByRole("button", { name: "撤销这次导入" }).click();
  await history(office).getByRole("button", { name: "确定撤销" }).click();
  await expect(history(office).getByRole("article")).toContainText("（已撤销）");
  await expect(history(office).getByRole("button", { name: "撤销这次导入" })).toHaveCount(0);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await tab(page, "走访");
  await page.getByRole("searchbox").fill("周一");
  await expect(page.getByText("没有找到").first()).toBeVisible();
});

test("files as villages sent them are read, and what is no roster is refused in words", async ({ server, second }) => {
  server.run("grant", "give", "chenming", "--role", "township", "--place", "411502001000", "--class", "general");
  const office = await desk(second, server);
  await to(office, "花名册");
  for (const [name, words] of [["23.xlsx", "密码"], ["24.xls", "网页"]]) {
    await choose(office, sent(name));
    await expect(office.getByRole("alert")).toContainText(words);
  }
  await choose(office, { name: "照片.xlsx", mimeType: "application/octet-stream", buffer: Buffer.from("PK\u0003\u0004不是表格") });
  await expect(office.getByRole("alert")).toContainText("照片.xlsx：无法打开");
  // The comparison breaks off: it says so, and goes on from there.
  await second.context.route("**/roster-plan", (route) => route.abort());
  await choose(office, ["01.xlsx", "04.xlsx", "06.csv", "31.xls"].map(sent));
  await expect(notes(office).first()).toContainText("连不上办公室的服务器");
  await second.context.unroute("**/roster-plan");
  await office.getByRole("button", { name: "没核对成的再核对" }).click();
  await expect(office.getByText("将要收下")).toBeVisible();
  await expect(office.getByRole("button", { name: "没核对成的再核对" })).toHaveCount(0);
  await expect(office.getByRole("alert")).toHaveCount(0);
  await expect(office.getByText(/没有用到|隐藏|处没有读/).first()).toBeVisible();

  // Without a connection nothing is taken, and it says what to do; then it goes on.
  await second.context.setOffline(true);
  await office.getByRole("button", { name: "收下", exact: true }).click();
  await expect(office.getByRole("alert").first()).toContainText("再收一次不会重复");
  await second.context.setOffline(false);
  await office.getByRole("button", { name: "接着收下" }).click();
  await expect(office.getByRole("alert")).toHaveCount(0);
  await expect(history(office).getByRole("article")).toHaveCount(1);

  // Taken out again, with a purpose.
  await office.getByRole("button", { name: "导出花名册" }).click();
  await expect(office.getByRole("alert")).toContainText("用途");
  await office.getByLabel("用途（必填）").fill("年度核对");
  const [file] = await Promise.all([office.waitForEvent("download"), office.getByRole("button", { name: "导出花名册" }).click()]);
  await office.getByRole("button", { name: /导入别的文件/ }).click();
  await choose(office, (await file.path())!);
  await expect(office.getByText("没有要写入的")).toBeVisible();
});

test("accounts come from a sheet, and each person gets a slip that lets them in", async ({ server, phone, second }) => {
  const grid = gridOf(server);
  const office = await desk(second, server);
  await office.getByRole("button", { name: "从表建账号" }).click();
  const rows = Array.from({ length: 10 }, (_, n) => `新人${n},1380000900${n},巡逻队,,网格员,${grid},日常,`);
  const bad = ["没有地方,meiyou,,,网格员,999902001003-01,,", `王芳,wangfang,,${grid.slice(0, 12)},网格员,${grid},日常,`];
  const buffer = Buffer.from(["姓名,手机号,队伍,所属,岗位,负责网格,类别,截止日期", ...rows, ...bad].join("\n"));
  await office.getByLabel("选人员表文件").setInputFiles({ name: "人员.csv", mimeType: "text/csv", buffer });
  await expect(office.getByText("新账号 10 个")).toBeVisible();
  await expect(office.getByText("第 12 行：区划表里没有村级代码 999902001003")).toBeVisible();
  await shot(office, "staff-sheet");
  await office.getByRole("button", { name: "办理" }).click();
  await expect(office.getByText("没有办成 0 行")).toBeVisible();
  await office.getByRole("button", { name: "打印登记条（10 张）" }).click();
  await expect(office.getByRole("img", { name: "登记二维码" })).toHaveCount(10);
  await shot(office, "staff-slips");
  const pdf = await office.pdf({ format: "A4" });
  expect(pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g), "eight to a page").toHaveLength(2);
  const png = PNG.sync.read(await office.getByRole("img", { name: "登记二维码" }).first().screenshot());
  const address = jsQR(new Uint8ClampedArray(png.data), png.width, png.height)!.data;
  await office.getByRole("button", { name: "好了" }).click();
  await expect(office.getByRole("article").filter({ hasText: "新人9" })).toBeVisible();

  const page = await phone.open();
  await page.goto(address);
  await expect(page.getByLabel("账号").first()).toHaveValue("13800009000");
  await page.getByLabel("设一个密码").fill("稻花香里说丰年啦");
  await page.getByRole("button", { name: "登记并打开" }).click();
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
});
