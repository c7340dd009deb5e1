// 今日 says what is due, since when, why and who is told next; 月历 shows a month of it.
import { test, expect, logIn, ready, shot, tab, type Phone } from "./world";
import type { Page } from "@playwright/test";

/** The number that the app asked the browser to show on its icon. */
async function badge(page: Page): Promise<number | undefined> {
  return page.evaluate(() => (window as unknown as { badge?: number }).badge);
}

async function openNoting(phone: Phone): Promise<Page> {
  const page = await phone.open();
  await page.addInitScript(() => {
    const real = navigator.setAppBadge.bind(navigator);
    navigator.setAppBadge = (count) => {
      (window as unknown as { badge?: number }).badge = count;
      return real(count);
    };
  });
  return page;
}

/** When this began: a day that begins meanwhile must not change what is looked for. */
const NOW = Date.now();

/** A day as the app writes it, so many days from today in China. */
function dayWords(from = 0): string {
  const parts = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "numeric", day: "numeric" });
  const named = parts.formatToParts(NOW + from * 86_400_000);
  const part = (type: string) => named.find((part) => part.type === type)!.value;
  return `${part("month")}月${part("day")}日`;
}

/** A day of 月历, so many days from today, with something on it. */
function cell(page: Page, from: number, has: string) {
  const name = dayWords(from).replace(/\D+/g, "\\D+");
  return page.getByRole("button", { name: new RegExp(`^${name}.*${has}\\d+`) });
}

test("a mediator sees without signal what is late, why, and who is told next", async ({ server, phone }) => {
  const page = await openNoting(phone);
  await logIn(page, server.url, "liqiang");
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "今日");
  const due = page.locator("section").filter({ hasText: "到期的事" });
  const first = due.getByRole("link").first();
  await expect(first).toContainText("纠纷");
  await expect(first).toContainText("受理 逾期2天");
  await expect(first, "why then").toContainText("登记，3天内受理");
  await expect(first, "who is told next, and when").toContainText(`${dayWords(2)}`);
  await expect(first).toContainText("起村负责人能看到");
  await expect(first, "a list shows no full name").not.toContainText("赵家旺");
  await shot(page, "today-due");
  await page.getByRole("link", { name: "月历" }).click();
  const today = cell(page, 0, "!");
  await expect(today).toHaveAttribute("aria-pressed", "true");
  const count = Number(/!(\d+)/.exec((await today.textContent())!)![1]);
  expect(await badge(page), "the icon counts what is due").toBe(count);
  await expect(page.getByRole("link", { name: /受理 逾期2天/ }), "what is overdue stands on today").toBeVisible();
  await shot(page, "calendar");
  await page.getByRole("button", { name: "上个月" }).click();
  await expect(today).toHaveCount(0);
  await page.getByRole("button", { name: "下个月" }).click();
  await page.getByRole("link", { name: /受理 逾期2天/ }).click();
  await expect(page.getByRole("button", { name: "受理", exact: true })).toBeVisible();
});

test("a door where nobody was home is tried again tomorrow, with one tap", async ({ server, phone, second }) => {
  const page = await openNoting(phone);
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  const door = page.getByRole("article").nth(0);
  const name = `${await door.locator(".door-number").textContent()} ${await door.locator("b").textContent()}`;
  await door.getByRole("button", { name: "无人在家" }).click();
  await page.getByRole("button", { name: "明天再来" }).click();
  await expect(page.getByText("已记：明天再来 ✓ 已存本机")).toBeVisible();
  await expect(page.getByRole("button", { name: "明天再来" }), "it is said once").toHaveCount(0);
  await tab(page, "今日");
  await page.getByRole("link", { name: "月历" }).click();
  await cell(page, 0, "✓").click();
  await expect(page.getByRole("listitem").filter({ hasText: "无人在家" }).filter({ hasText: name })).toBeVisible();
  const turn = dayWords(1).split("月")[0] !== dayWords().split("月")[0];
  if (turn) await page.getByRole("button", { name: "下个月" }).click();
  await cell(page, 1, "!").click();
  const agreed = page.getByRole("listitem").filter({ hasText: name });
  await expect(agreed).toContainText("上次走访时记下这天再来");
  await shot(page, "calendar-tomorrow");
  await agreed.getByRole("link").click();
  await expect(page.getByText("无人在家").first()).toBeVisible();

  await phone.context.setOffline(false);
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await tab(other, "今日");
  await other.getByRole("link", { name: "月历" }).click();
  if (turn) await other.getByRole("button", { name: "下个月" }).click();
  await cell(other, 1, "!").click();
  await expect(other.getByRole("listitem").filter({ hasText: name })).toContainText("上次走访时记下这天再来");
});

test("a right that ends takes what was due by it from the screen", async ({ server, phone }) => {
  const page = await openNoting(phone);
  await logIn(page, server.url, "sunli");
  await ready(page);
  await tab(page, "今日");
  const late = page.getByRole("link", { name: /看望 逾期9天/ });
  await expect(late).toBeVisible();
  await expect.poll(() => badge(page)).toBeGreaterThan(0);
  for (const line of server.run("grant", "list", "sunli").split("\n").filter((line) => /^[0-9a-f]{32}/.test(line))) {
    server.run("grant", "end", line.split(/\s/)[0], "--by", "李主任");
  }
  // A pass, while 今日 stays on the screen.
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await expect(late).toHaveCount(0);
  await expect.poll(() => badge(page), "nor is it counted").toBe(0);
});
