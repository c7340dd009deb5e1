// What a worker may see changes at the office, and the phone follows.
import { test, expect, logIn, logVisit, ready, tab } from "./world";

test("a right taken away empties the phone of its households, and what was saved waits for a supervisor", async ({
  server,
  phone,
}) => {
  const page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await phone.context.setOffline(true);
  await logVisit(page, 0, "权限收回之前写的");
  const [id] = server.run("grant", "list", "wangfang").split(/\s/);
  const place = /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];
  server.run("grant", "end", id, "--by", "李主任");
  await phone.context.setOffline(false);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("待核对")).toBeVisible();
  await expect(page.getByText("您目前没有这个网格的权限")).toBeVisible();
  await tab(page, "走访");
  await expect(page.getByRole("article")).toHaveCount(0);
  await expect(page.getByText("还没有分配网格")).toBeVisible();
  await tab(page, "今日");

  // Given again, and accepted: everything is there, the visit too.
  server.run("grant", "give", "wangfang", "--role", "grid-worker", "--place", place, "--class", "general");
  const waiting = /^\S{36}/m.exec(server.run("quarantine", "list"))![0];
  server.run("quarantine", "accept", waiting);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("权限收回之前写的")).toBeVisible();
});
