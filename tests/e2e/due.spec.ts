// 今日 says what is due, since when, why and who is told next; 月历 shows a month of it.
import { test, expect, logIn, ready, shot, tab, WHOLE_BROWSER, type Phone } from "./world";
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

test("a visit is put off with a reason, without signal, and taken back", async ({ server, phone, second }) => {
  const page = await openNoting(phone);
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await tab(page, "今日");
  const doors = page.getByRole("article");
  const number = (await doors.first().locator(".door-number").textContent())!;
  const count = await doors.count();
  await doors.first().getByRole("link").first().click();
  await page.getByRole("link", { name: /^下次走访/ }).click();
  await page.getByText("一周后", { exact: true }).click();
  await page.getByText("农忙", { exact: true }).click();
  await shot(page, "put-off");
  await page.getByRole("button", { name: `改到${dayWords(7)}` }).click();
  await expect(page.getByText(/已改到.*✓ 已存本机/)).toBeVisible();
  await expect(page.getByRole("link", { name: /^下次走访/ })).toContainText(`改到${dayWords(7)}`);
  await expect(page.getByRole("link", { name: /^下次走访/ })).toContainText("农忙");
  await shot(page, "put-off-household");
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "今日");
  await expect(doors).toHaveCount(count - 1);
  await expect(page.locator(".door-number", { hasText: number })).toHaveCount(0);

  await phone.context.setOffline(false);
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  const other = await second.open();
  await logIn(other, server.url);
  await ready(other);
  await tab(other, "今日");
  await expect(other.getByRole("article").first()).toBeVisible();
  await expect(other.locator(".door-number", { hasText: number }), "it is put off for all who walk there").toHaveCount(0);
  await tab(other, "走访");
  await other.getByRole("searchbox").fill(number);
  await other.getByRole("article").first().getByRole("link").first().click();
  await other.getByRole("link", { name: /^下次走访/ }).click();
  await other.getByRole("button", { name: "取消改期" }).click();
  await expect(other.getByText(/已取消改期/)).toBeVisible();
  await expect(other.getByRole("link", { name: /^下次走访/ })).not.toContainText("农忙");
});

test("a phone whose clock is wrong puts a visit off by the office's", async ({ server, phone }) => {
  const page = await phone.open();
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
  });
  await logIn(page, server.url);
  await ready(page);
  await page.getByRole("article").first().getByRole("link").first().click();
  await page.getByRole("link", { name: /^下次走访/ }).click();
  await page.getByRole("button", { name: `改到${dayWords(1)}` }).click();
  await expect(page.getByText(/已改到.*✓ 已存本机/)).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  expect(server.run("quarantine", "list")).toContain("待核对 0 条");
});

test("the phone reminds of how much is due, quietly, also while the app is closed", async ({ server, phone }) => {
  phone.program = WHOLE_BROWSER;
  const page = await openNoting(phone);
  await logIn(page, server.url, "sunli");
  await ready(page);
  await tab(page, "今日");
  await expect.poll(() => badge(page)).toBeGreaterThan(0);
  const count = await badge(page);
  await tab(page, "我的");
  const toggle = page.getByRole("switch", { name: "到期提醒" });
  await expect(toggle).not.toBeChecked();
  await toggle.click();
  await expect(page.getByRole("alert").filter({ hasText: "没有允许通知" })).toBeVisible();
  await expect(toggle).not.toBeChecked();
  // As where the app is installed and the worker allows it. It holds for as long as this session does.
  const blank = await page.context().newPage();
  const session = await blank.context().newCDPSession(blank);
  const permissions = ["notifications", "periodicBackgroundSync"] as never[];
  await session.send("Browser.grantPermissions", { origin: server.url, permissions });
  await page.bringToFront();
  await toggle.click();
  await expect(page.getByRole("alert").filter({ hasText: "请" })).toHaveCount(0);
  await expect(toggle).toBeChecked();
  await shot(page, "me-reminder");

  // The browser's own event, when the app is closed.
  await page.close();
  const wake = async () => {
    const registration = new Promise<string>((found) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const ours = registrations.find((one) => server.url.startsWith(one.scopeURL.replace(/\/$/, "")));
        if (ours) found(ours.registrationId);
      });
    });
    await session.send("ServiceWorker.enable");
    const registrationId = await registration;
    await session.send("ServiceWorker.dispatchPeriodicSyncEvent", { origin: server.url, registrationId, tag: "due" });
  };
  const worker = page.context().serviceWorkers()[0];
  const shown = () =>
    worker.evaluate(async () => {
      const { registration } = self as unknown as ServiceWorkerGlobalScope;
      return (await registration.getNotifications()).map(({ title, body, silent }) => ({ title, body, silent }));
    });
  await wake();
  await expect.poll(shown).toEqual([{ title: `${count} 件事到期`, body: "点开查看", silent: true }]);

  // Once a day, also where 今日 was looked at meanwhile.
  const between = await page.context().newPage();
  await between.goto(server.url);
  await ready(between);
  await between.close();
  const shownAgain = await worker.evaluate(async () => {
    const { registration } = self as unknown as ServiceWorkerGlobalScope;
    (await registration.getNotifications()).forEach((notification) => notification.close());
    // What the browser's event does, to its end.
    await (self as unknown as { remind(): Promise<void> }).remind();
    return (await registration.getNotifications()).length;
  });
  expect(shownAgain).toBe(0);

  // Turned off, nothing is kept for it any more.
  const again = await page.context().newPage();
  await again.goto(server.url);
  await ready(again);
  await tab(again, "我的");
  const off = again.getByRole("switch", { name: "到期提醒" });
  await expect(off).toBeChecked();
  await off.click();
  await expect.poll(() => again.evaluate(() => caches.has("due"))).toBe(false);
  await expect(off).not.toBeChecked();
});
