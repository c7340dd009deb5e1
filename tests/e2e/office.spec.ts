// The offices' pages: people, codes, grids handed over, the rights of the people recorded, a second factor.
import { desk, fillIn, to, WIDE } from "./desk";
import { OpenVault } from "./vault";
import { byHand, expect, logIn, logVisit, PASSWORD, ready, Server, shot, tab, test, unlock } from "./world";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import jsQR from "jsqr";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { PNG } from "pngjs";

/** Presses a button that asks once more. */
async function surely(page: Page, words: string, sure: string) {
  await page.getByRole("button", { name: words, exact: true }).first().click();
  await page.getByRole("button", { name: sure }).first().click();
}

const person = (page: Page, name: string) => page.getByRole("article").filter({ hasText: name });

/** What a camera reads off a QR code. */
async function scanned(page: Page, label: string): Promise<string> {
  const png = PNG.sync.read(await page.getByRole("img", { name: label }).screenshot());
  return jsQR(new Uint8ClampedArray(png.data), png.width, png.height)!.data;
}

/** The six digits of the moment, as an authenticator app makes them (RFC 6238). */
function totp(secret: string, at = Date.now()): string {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from(bits.join("").match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = hash[19] & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function gridOf(server: Server): string {
  return /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];
}

async function sound(page: Page, where: string) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const words = violations.map((bad) => `${bad.id}: ${bad.nodes.map((node) => node.html).join(" ; ")}`);
  expect(words, where).toEqual([]);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(width[0], `${where} is no wider than the screen`).toBeLessThanOrEqual(width[1]);
}

test("a new worker gets an account, a grid and a code, scans it, and works", async ({ server, phone, second }) => {
  const office = await desk(second, server);
  await office.getByRole("button", { name: "新建账号" }).click();
  await office.getByLabel("登录名或手机号").fill("zhaomin");
  await office.getByLabel("姓名", { exact: true }).fill("赵敏");
  await office.getByLabel("队伍").fill("义务巡逻队");
  const grid = gridOf(server);
  await office.getByLabel("所属", { exact: true }).fill(grid.slice(0, 12));
  await office.locator(".matches").getByRole("button").click();
  await office.getByRole("button", { name: "建账号", exact: true }).click();
  await person(office, "赵敏").getByRole("button").first().click();
  await office.getByRole("button", { name: "增加授权" }).click();
  await office.getByLabel("哪里").fill(grid);
  await office.getByRole("button", { name: "授权", exact: true }).click();
  await expect(person(office, "赵敏")).toContainText(/网格员 \S+第\d+网格/);
  await person(office, "赵敏").getByRole("button").first().click();
  await office.getByRole("button", { name: "发登记码" }).click();
  const address = await scanned(office, "登记二维码");
  expect(address).toContain(`${server.url}/enrol#zhaomin/`);

  const page = await phone.open();
  await page.goto(address);
  await expect(page.getByLabel("账号").first()).toHaveValue("zhaomin");
  await page.getByLabel("设一个密码").fill("12345678");
  await page.getByRole("button", { name: "登记并打开" }).click();
  await expect(page.getByRole("alert").first()).toContainText("太容易猜到");
  await page.getByLabel("设一个密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登记并打开" }).click();
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/`);
  await ready(page);
  await logVisit(page, 0, "新人走访");
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();

  // Lost on the first day: the office takes the phone out of use.
  await to(office, "我的账号");
  await to(office, "人员");
  await person(office, "赵敏").getByRole("button").first().click();
  await surely(office, "停用", "确定停用（丢失、收回）");
  await expect(office.getByText(/^手机已停用：/)).toBeVisible();
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("已由办公室停用").first()).toBeVisible();
});

test("a login name in use makes no account, and a person's name is changed by its own form", async ({ server, second }) => {
  const office = await desk(second, server);
  await office.getByRole("button", { name: "新建账号" }).click();
  await office.getByLabel("登录名或手机号").fill("WangFang");
  await office.getByLabel("姓名", { exact: true }).fill("张三");
  await office.getByLabel("所属", { exact: true }).fill(gridOf(server).slice(0, 12));
  await office.locator(".matches").getByRole("button").click();
  await office.getByRole("button", { name: "建账号", exact: true }).click();
  await expect(office.getByText("登录名 wangfang 已经有人用了")).toBeVisible();
  await office.getByRole("button", { name: "收起", exact: true }).click();
  await expect(person(office, "张三")).toHaveCount(0);
  await person(office, "王芳").getByRole("button").first().click();
  await office.getByRole("button", { name: "改姓名、队伍、所属" }).click();
  await shot(office, "office-change");
  await office.getByLabel("姓名", { exact: true }).fill("王小芳");
  await office.getByRole("button", { name: "保存修改" }).click();
  await expect(office.getByText("已改好，改前改后都已记入审计")).toBeVisible();
  await expect(person(office, "王小芳")).toHaveCount(1);
  await to(office, "审计");
  await expect(office.getByRole("row", { name: /修改账号信息.*姓名 王芳 改为 王小芳/ })).toBeVisible();
});

test("a forgotten password is set anew with a code, and nothing that was not sent is lost", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await logVisit(page, 0, "忘记密码之前写的");
  await byHand(page);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即锁定" }).click();
  const office = await desk(second, server, "zhoulan");
  await person(office, "王芳").getByRole("button").first().click();
  await office.getByRole("button", { name: "发登记码" }).click();
  const code = (await office.locator(".code").textContent())!;

  await page.getByRole("button", { name: "忘记密码" }).click();
  await page.getByLabel("登记码").fill(code.toLowerCase());
  await page.getByLabel("设一个密码").fill("稻花香里说丰年啦");
  await page.getByRole("button", { name: "登记并打开" }).click();
  await expect(page.getByRole("alert").first()).toContainText("连不上网络");
  await phone.context.setOffline(false);
  await page.getByRole("button", { name: "登记并打开" }).click();
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await page.reload();
  await unlock(page, "稻花香里说丰年啦");
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("忘记密码之前写的")).toBeVisible();
});

test("a grid goes to another worker, and what was not sent comes later, is decided on and on the receipt", async ({
  server,
  phone,
  second,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await logVisit(page, 0, "交接时还没发的");
  const office = await desk(second, server);
  await to(office, "网格交接");
  await office.getByRole("combobox", { name: "网格" }).selectOption(gridOf(server));
  await office.getByLabel("原来的人").selectOption("wangfang");
  await office.getByLabel("接手的人").selectOption("liqiang");
  await office.getByRole("button", { name: "交接", exact: true }).click();
  await expect(office.getByRole("heading", { name: "交接回执" })).toBeVisible();
  await expect(office.getByText(/由 王芳 交给 李强/)).toBeVisible();
  await phone.context.setOffline(false);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("待核对")).toBeVisible();
  await tab(page, "走访");
  await expect(page.getByText("还没有分配网格")).toBeVisible();
  await to(office, "待核对");
  await expect(office.getByText("交接时还没发的")).toBeVisible();
  await office.getByRole("button", { name: "采纳" }).click();
  await expect(office.getByText("没有待核对的记录")).toBeVisible();
  await to(office, "网格交接");
  await expect(office.getByText("待核对 0 条，已采纳 1 条")).toBeVisible();
});

test("a person recorded sees what is held, has it corrected, and has it erased, on the phones too", async ({
  server,
  phone,
  second,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
  const name = (await page.getByRole("heading", { level: 1 }).textContent())!.trim();
  await page.getByRole("link", { name: "告知" }).click();
  await expect(page.getByText("您可以：看、要一份")).toBeVisible();
  await page.getByRole("button", { name: "记为已告知" }).first().click();
  await expect(page.getByText("已记：已告知")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByRole("link", { name: "返回" }).click();
  await logVisit(page, 0, `${name}说腿疼`);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();

  const office = await desk(second, server);
  await to(office, "个人信息");
  await office.getByLabel("姓名或电话").fill(name);
  await office.getByRole("button", { name: "查找" }).click();
  await office.getByRole("button", { name: "查阅" }).first().click();
  await expect(office.getByRole("heading", { name: `${name} 的个人信息` })).toBeVisible();
  await expect(office.getByText(`${name}说腿疼`)).toBeVisible();
  const month = new Date(Date.now() + 8 * 3600_000).toISOString().slice(0, 7);
  await expect(office.getByText(`${month} `)).toBeVisible();
  const visit = office.locator("section").filter({ hasText: `${name}说腿疼` });
  await visit.getByRole("button", { name: "谁看过" }).click();
  await expect(visit.getByText("王芳（wangfang）下载到手机")).toBeVisible();
  const asks = async (wish: string) => {
    await office.getByRole("button", { name: "登记一条请求" }).click();
    await office.getByText(wish, { exact: true }).click();
    await office.getByLabel("谁提出，怎样核实身份").fill("本人，核对了身份证");
    await office.getByLabel("具体要求").fill("见登记表");
    await office.getByRole("button", { name: "登记", exact: true }).click();
    await office.getByLabel("怎样办的，或不同意的理由").fill("已核实");
  };
  await asks("更正、补充");
  await office.getByLabel("出生日期改为").fill("1956-03-08");
  await surely(office, "同意并办理", "确定");
  await expect(office.getByText("更正、补充：已办。已核实")).toBeVisible();
  await expect(office.getByText("1956-03-08")).toBeVisible();
  await page.getByRole("button", { name: "立即发送" }).click();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("70岁")).toBeVisible();

  await asks("限制处理");
  await surely(office, "同意并办理", "确定");
  await expect(office.getByText("限制处理：已办。已核实")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  const restricted = page.getByRole("link", { name: "已按要求限制使用" });
  await expect(restricted).toBeVisible();
  const address = (await restricted.getAttribute("href"))!;
  for (const path of [`${address}/move`, address.replace("residents", "withdraw")]) {
    await page.goto(`${server.url}${path}`);
    await expect(page.getByText("没有这个人"), path).toBeVisible();
    await expect(page.getByText(name), "nor by its address").toHaveCount(0);
  }

  await asks("删除");
  await surely(office, "同意并删除", "确定删除，不能恢复");
  // Whoever is erased has no page any more: one is back at the list, and told.
  await expect(office.getByText("已删除，请告诉本人")).toBeVisible();
  await expect(office.getByLabel("姓名或电话")).toBeVisible();
  await expect(office.getByText("没有这个地址")).toHaveCount(0);
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  const vault = await OpenVault.open(page);
  const held = async () => JSON.stringify([await vault.entries(page, "segments"), await vault.entries(page, "drafts")]);
  await expect.poll(held).not.toContain(name);
  expect(await held()).toContain("×××");
  await tab(page, "走访");
  await expect(page.getByText(name)).toHaveCount(0);
  await to(office, "审计");
  await expect(office.getByRole("cell", { name: "删除记录" })).toBeVisible();
});

test("who looks after the server sees how it is, and backs it up", async ({ server, second }) => {
  const office = await desk(second, server, "guanli");
  await to(office, "运行");
  await expect(office.getByText("还没有备份过")).toBeVisible();
  for (const words of [/磁盘还剩/, /条记录等着核对/, /版本 /, /SQLite 数据库/]) {
    await expect(office.getByText(words)).toBeVisible();
  }
  await office.getByRole("button", { name: "现在备份并试一次" }).click();
  await expect(office.getByText(/打开试过，里面有 \d+ 条记录/)).toBeVisible();
  await expect(office.getByText("还没有备份过")).toBeHidden();
  for (const width of [1280, 360]) {
    await office.setViewportSize({ width, height: 740 });
    await sound(office, "operation");
    await shot(office, `office-operation-${width}`);
  }
});

test("an office that nobody touches shows nothing any more after a quarter of an hour", async ({ server, second }) => {
  const office = await desk(second, server);
  await expect(person(office, "王芳")).toBeVisible();
  const pass = (minutes: number) =>
    office.evaluate((minutes) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + minutes * 60_000;
      document.dispatchEvent(new Event("visibilitychange"));
    }, minutes);
  await pass(14);
  await expect(person(office, "王芳")).toBeVisible();
  await pass(2);
  await expect(office.getByRole("alert")).toContainText("15 分钟没有操作");
  expect(await office.content()).not.toContain("王芳");
});

test("loading the page again goes on where one was, and a closed tab ends it", async ({ server, second }) => {
  const office = await desk(second, server);
  await to(office, "督办");
  await office.getByRole("combobox", { name: "类型" }).selectOption("hazard");
  await expect(office).toHaveURL(/#cases\?kind=hazard$/);
  await office.reload();
  await expect(office.getByRole("combobox", { name: "类型" })).toHaveValue("hazard");
  await expect(office.getByRole("article").filter({ hasNotText: "隐患" })).toHaveCount(0);
  await to(office, "台账");
  await office.goBack();
  await expect(office.getByRole("heading", { name: "督办" })).toBeVisible();
  const other = await office.context().newPage();
  await other.goto(`${server.url}/office#cases`);
  await expect(other.getByRole("button", { name: "登录", exact: true }), "another tab has no session").toBeVisible();
  await other.close();
  // The office ends it: the tab's token opens nothing.
  await office.getByRole("button", { name: "退出" }).click();
  await expect(office.getByRole("button", { name: "登录", exact: true })).toBeVisible();
  expect(await office.evaluate(() => JSON.stringify(sessionStorage))).not.toContain("ruhu.office");
  await office.reload();
  await expect(office.getByRole("button", { name: "登录", exact: true })).toBeVisible();
});

test("an office's account that comes to the phone app is told where it works", async ({ server, phone }) => {
  const page = await phone.open();
  await page.goto(server.url);
  await fillIn(page, "chenming");
  await expect(page.getByRole("alert").first()).toContainText("这是办公室的账号");
  await shot(page, "login-office");
  await page.getByRole("link", { name: "办公室登录" }).click();
  await expect(page.getByRole("heading", { name: "入户 · 办公室" })).toBeVisible();
  await fillIn(page, "chenming");
  await expect(page.getByRole("navigation", { name: "页面" })).toBeVisible();
});

test("a second factor keeps out who knows the password alone", async ({ server, second }) => {
  const office = await desk(second, server);
  await to(office, "我的账号");
  await office.getByRole("button", { name: "启用动态码" }).click();
  const secret = (await office.locator(".code").textContent())!;
  expect(await scanned(office, "动态码二维码")).toContain(secret);
  await office.getByLabel("动态码", { exact: true }).fill("000000");
  await office.getByRole("button", { name: "启用", exact: true }).click();
  await expect(office.getByText("这个码不对")).toBeVisible();
  await office.getByLabel("动态码", { exact: true }).fill(totp(secret));
  await office.getByRole("button", { name: "启用", exact: true }).click();
  await expect(office.getByText("动态码已启用。")).toBeVisible();
  await office.getByRole("button", { name: "退出" }).click();
  await fillIn(office, "chenming");
  await expect(office.getByRole("alert")).toContainText("请填写动态码");
  // Each code is good once, and the one of the next half minute already.
  await fillIn(office, "chenming", totp(secret, Date.now() + 30_000));
  await expect(office.getByRole("navigation", { name: "页面" })).toBeVisible();
});

test("where there are no demo data an office turns its second factor on before anything else", async ({ second }) => {
  const server = new Server();
  server.run("init");
  server.run("import", "areas", "../../crates/server/data/areas-xinyang.csv");
  server.run({ input: PASSWORD }, "account", "zhenzhang", "--name", "陈明");
  server.run("grant", "give", "zhenzhang", "--role", "township", "--place", "411502001000", "--class", "general");
  await server.start();
  const office = await desk(second, server, "zhenzhang");
  const tabs = office.getByRole("navigation", { name: "页面" }).getByRole("button");
  await expect(tabs).toHaveText(["我的账号"]);
  await expect(office.getByText("办公室账号都要启用动态码")).toBeVisible();
  if (process.env.RUHU_SHOTS) await office.screenshot({ path: `${process.env.RUHU_SHOTS}/office-factor-wanted.png` });
  await office.getByRole("button", { name: "启用动态码" }).click();
  const secret = (await office.locator(".code").textContent())!;
  await office.getByLabel("动态码", { exact: true }).fill(totp(secret));
  await office.getByRole("button", { name: "启用", exact: true }).click();
  await expect(office.getByText("动态码已启用。")).toBeVisible();
  await expect(tabs.first()).toHaveText("人员");
  await to(office, "人员");
  await expect(office.getByRole("button", { name: "新建账号" })).toBeVisible();
  // The authenticator is lost: whoever runs the server turns it off, and a new one comes before anything else.
  await office.getByRole("button", { name: "退出" }).click();
  await fillIn(office, "zhenzhang");
  await expect(office.getByRole("alert")).toContainText("请填写动态码");
  expect(server.run("factor-off", "zhenzhang", "--by", "李主任")).toContain("动态码已停用");
  await fillIn(office, "zhenzhang");
  await expect(tabs).toHaveText(["我的账号"]);
  await server.end();
});

for (const [name, look] of Object.entries({
  light: { theme: "light", large_type: false },
  dark: { theme: "dark", large_type: false },
  "large type": { theme: "light", large_type: true },
})) {
  test(`every page of the office is sound: ${name}`, async ({ server, phone, second }) => {
    const shots = process.env.RUHU_SHOTS;
    const page = await phone.open();
    await logIn(page, server.url);
    await ready(page);
    await phone.context.setOffline(true);
    await logVisit(page, 0, "等着核对的话");
    const [id] = server.run("grant", "list", "wangfang").split(/\s/);
    server.run("grant", "end", id);
    await phone.context.setOffline(false);
    await expect.poll(() => server.run("quarantine", "list")).toContain("待核对 1 条");
    for (const viewport of [WIDE, { width: 360, height: 640 }]) {
      const office = await second.open(viewport);
      const seen = async (where: string) => {
        await sound(office, where);
        const path = `${shots}/office-${name.replace(" ", "-")}-${viewport.width}-${where}.png`;
        if (shots) await office.screenshot({ path, fullPage: true });
      };
      await office.addInitScript((look) => {
        localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
      }, look);
      await office.goto(`${server.url}/office`);
      await expect(office.getByRole("button", { name: "登录", exact: true })).toBeVisible();
      await seen("login");
      await fillIn(office, "chenming");
      await person(office, "李强").getByRole("button").first().click();
      await office.getByRole("button", { name: "增加授权" }).click();
      await office.getByRole("button", { name: "发登记码" }).click();
      await expect(office.getByRole("img", { name: "登记二维码" })).toBeVisible();
      await seen("people");
      await to(office, "花名册");
      const sent = join(import.meta.dirname, "../../crates/server/tests/server/rosters/06.csv");
      await office.getByLabel("选花名册文件").setInputFiles(sent);
      await expect(office.getByText("将要收下")).toBeVisible();
      await office.getByRole("button", { name: "看、改这一行" }).first().click();
      await seen("roster");
      await to(office, "待核对");
      await expect(office.getByText("等着核对的话")).toBeVisible();
      await seen("waiting");
      await to(office, "督办");
      await office.getByRole("button", { name: "看卷宗" }).first().click();
      await expect(office.getByRole("heading", { name: "人民调解受理登记表" })).toBeVisible();
      await seen("file");
      await to(office, "台账");
      await expect(office.getByRole("button", { name: "导出" })).toBeVisible();
      await seen("ledger");
      await to(office, "网格");
      await office.getByRole("button", { name: "新建网格" }).click();
      await office.getByRole("button", { name: "调整" }).first().click();
      await office.getByRole("button", { name: "选户" }).click();
      await expect(office.getByText("已选 0 户")).toBeVisible();
      await seen("grids");
      await to(office, "网格交接");
      await expect(office.getByText("还没有交接过")).toBeVisible();
      await seen("hand-over");
      await to(office, "个人信息");
      await office.getByLabel("姓名或电话").fill("王");
      await office.getByRole("button", { name: "查找" }).click();
      await expect(office.getByText("请至少写两个字")).toBeVisible();
      await seen("personal");
      await to(office, "审计");
      await expect(office.getByRole("table")).toBeVisible();
      await seen("audit");
      await to(office, "我的账号");
      await office.getByRole("button", { name: "启用动态码" }).click();
      await expect(office.getByRole("img", { name: "动态码二维码" })).toBeVisible();
      await seen("security");
      await second.close();
    }
  });
}
