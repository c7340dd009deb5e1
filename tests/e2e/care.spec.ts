// People in difficulty: looked after in time, for a reason, by those who are on the case and nobody else.
import { test, expect, logIn, ready, shot, tab } from "./world";
import { OpenVault } from "./vault";
import type { Page } from "@playwright/test";

const WHY = "老伴今年过世，一个人吃饭常凑合";

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

test("a carer sees who is due, looks, and opens a case that somebody else confirms", async ({ server, phone, second }) => {
  const page = await phone.open();
  await logIn(page, server.url, "sunli");
  await ready(page);
  await tab(page, "今日");
  const due = page.getByRole("region").or(page.locator("section")).filter({ hasText: "到期的事" });
  await expect(due.getByRole("link").first()).toContainText("看望 逾期9天");
  await shot(page, "today-care");
  await phone.context.setOffline(true);
  await due.getByRole("link").first().click();
  await expect(page.getByText("独自生活，子女在外地")).toBeVisible();
  await shot(page, "care-case");
  await page.getByRole("link", { name: "记一次看望" }).click();
  await page.getByLabel("近况").fill("精神还好，夜里睡不踏实");
  await page.getByRole("radio", { name: "心理疏导", exact: true }).check();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("心理疏导要本人同意").first()).toBeVisible();
  await page.getByRole("checkbox", { name: "本人同意心理疏导" }).check();
  await shot(page, "care-look");
  await save(page);
  await expect(page.getByText("夜里睡不踏实")).toBeVisible();
  await tab(page, "今日");
  await expect(page.getByRole("heading", { name: /该走访的户/ })).toBeVisible();
  await tab(page, "关爱");
  await expect(page.getByRole("link", { name: /东湾3号/ })).toContainText("看望 还有30天");

  // A new case, from the door.
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  const door = page.getByRole("article").nth(3).getByRole("link").first();
  await door.click();
  await expect(page.getByRole("heading", { name: "家庭成员" })).toBeVisible();
  const name = (await page.getByRole("heading", { level: 1 }).textContent())!.trim();
  await page.getByRole("link", { name: "立关爱个案" }).click();
  await page.getByLabel("姓名").fill(name);
  await page.getByRole("list", { name: "已登记的人" }).getByRole("button", { name }).first().click();
  await page.getByRole("radio", { name: "独居空巢", exact: true }).check();
  await page.getByLabel("立案理由").fill(WHY);
  await page.getByRole("radio", { name: "每7天", exact: true }).check();
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("请填写定这个间隔的理由").first(), "no interval without a reason").toBeVisible();
  await page.getByLabel("定这个间隔的理由").fill("刚出事，头一个月常去");
  await shot(page, "care-form");
  await save(page);
  await expect(page.getByText("待确认").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "确认立案" }), "not one's own").toBeHidden();
  await page.getByRole("link", { name: "＋ 要做的事" }).click();
  await page.getByLabel("谁做什么").fill("联系老年食堂送饭");
  await save(page);
  await tab(page, "关爱");
  await expect(page.getByRole("link", { name: new RegExp(`^${name[0]}某`) }).first()).toBeVisible();
  await expect(page.getByText(WHY), "rows say nothing of why").toBeHidden();
  await expect(page.getByText(name, { exact: true }), "rows have no full names").toBeHidden();
  await shot(page, "care-list");
  await phone.context.setOffline(false);
  await sent(page);

  const lead = await second.open();
  await logIn(lead, server.url, "zhoulan");
  await ready(lead);
  await tab(lead, "关爱");
  await lead.getByText("待确认", { exact: true }).first().click();
  await lead.getByRole("link", { name: new RegExp(`^${name[0]}.*待确认`, "s") }).first().click();
  await expect(lead.getByText(WHY)).toBeVisible();
  await lead.getByRole("button", { name: "确认立案" }).click();
  await expect(lead.getByText("已办：确认立案 ✓ 已存本机")).toBeVisible();
  await sent(lead);
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
  await sent(page);
  await tab(page, "关爱");
  await expect(page.getByRole("link", { name: new RegExp(`^${name[0]}.*关爱中`, "s") }).first()).toContainText("看望 还有7天");

  // Paused with a reason, until a day.
  await page.getByRole("link", { name: new RegExp(`^${name[0]}.*看望 还有7天`, "s") }).first().click();
  await page.getByText("其他步骤").click();
  await page.getByRole("link", { name: "暂停" }).click();
  await page.getByRole("button", { name: "暂停" }).click();
  await expect(page.getByText("请填写恢复的日期")).toBeVisible();
  await page.getByLabel("什么时候恢复").fill(new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10));
  await page.getByLabel("原因").fill("去女儿家住二十天");
  await page.getByRole("button", { name: "暂停" }).click();
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByText("关爱中").first()).toBeVisible();
});

for (const [name, look] of Object.entries({
  dark: { theme: "dark", large_type: false },
  large: { theme: "light", large_type: true },
})) {
  test(`every screen of care is sound: ${name}`, async ({ server, phone }) => {
    const page = await phone.open();
    await page.addInitScript((look) => {
      localStorage.setItem("ruhu.preferences", JSON.stringify({ account: "", ...look }));
    }, look);
    await logIn(page, server.url, "sunli");
    await ready(page);
    await tab(page, "今日");
    await expect(page.getByRole("link", { name: /东湾3号/ })).toBeVisible();
    await shot(page, `care-${name}-today`);
    await tab(page, "关爱");
    await page.getByRole("link", { name: /东湾3号/ }).click();
    await expect(page.getByText("独自生活，子女在外地")).toBeVisible();
    await shot(page, `care-${name}-case`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await shot(page, `care-${name}-wide`);
    await page.setViewportSize({ width: 360, height: 640 });
    await page.getByText("其他步骤").click();
    await page.getByRole("link", { name: "暂停" }).click();
    await expect(page.getByLabel("什么时候恢复")).toBeVisible();
    await shot(page, `care-${name}-step`);
    await page.getByRole("link", { name: "返回" }).click();
    await tab(page, "关爱");
    await page.getByRole("link", { name: "新个案" }).click();
    await expect(page.getByLabel("立案理由")).toBeVisible();
    await shot(page, `care-${name}-form`);
  });
}

test("a phone without the right to care holds nothing of it", async ({ server, phone, second }) => {
  const carer = await second.open();
  await logIn(carer, server.url, "sunli");
  await ready(carer);
  const own = await OpenVault.open(carer);
  const there = (await own.entries(carer, "segments_care")).map(([, segment]) => segment).join();
  expect(there, "one knows how to look").toContain("独自生活，子女在外地");

  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "关爱");
  await expect(page.getByText("没有关爱权限")).toBeVisible();
  await shot(page, "care-no-right");
  const vault = await OpenVault.open(page);
  expect(await vault.entries(page, "segments_care")).toEqual([]);
  for (const table of ["segments", "segments_mediation", "outbox", "meta", "cursors", "drafts"]) {
    const text = (await vault.entries(page, table)).map((entry) => entry.join()).join();
    for (const word of ["独自生活，子女在外地", "care_case", "/care"]) expect(text, table).not.toContain(word);
  }
});
