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
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill("写到一半");
  const [id] = server.run("grant", "list", "wangfang").split(/\s/);
  const place = /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];
  server.run("grant", "end", id, "--by", "李主任");
  await phone.context.setOffline(false);
  await expect.poll(() => server.run("quarantine", "list")).toContain("待核对 1 条");
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await expect.poll(() => server.run("quarantine", "list")).toContain("待核对 2 条");
  await page.getByRole("link", { name: "返回" }).click();
  await tab(page, "我的");
  await expect(page.getByText("待核对")).toHaveCount(2);
  await expect(page.getByText("没有这个网格的权限")).toHaveCount(2);
  await tab(page, "走访");
  await expect(page.getByRole("article")).toHaveCount(0);
  await expect(page.getByText("还没有分配网格")).toBeVisible();

  // Given again, and accepted: everything is there, the visit too.
  server.run("grant", "give", "wangfang", "--role", "grid-worker", "--place", place, "--class", "general");
  for (const [waiting] of server.run("quarantine", "list").matchAll(/^\S{36}/gm)) server.run("quarantine", "accept", waiting);
  await tab(page, "我的");
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await tab(page, "走访");
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(0).getByRole("link").first().click();
  await expect(page.getByText("权限收回之前写的")).toBeVisible();
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByText("全部", { exact: true }).click();
  await page.getByRole("article").nth(1).getByRole("link").first().click();
  await expect(page.getByText("写到一半")).toBeVisible();
});
