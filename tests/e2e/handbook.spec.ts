// 手册: plain pages without a network, and pages of an office's own that come with the sync.
import { desk, to } from "./desk";
import { expect, logIn, ready, shot, tab, test } from "./world";

test("the handbook is read and searched without signal, and an office's page comes with the sync", async ({ server, phone, second }) => {
  const office = await desk(second, server, "chenming");
  await to(office, "手册");
  await expect(office.getByText("还没有本地的页")).toBeVisible();
  await office.getByRole("button", { name: "新写一页" }).click();
  await office.getByRole("button", { name: "保存" }).click();
  await expect(office.getByText("请填写标题")).toBeVisible();
  await office.getByLabel("标题").fill("水库放水前通知谁");
  await office.getByLabel("内容").fill("放水前一天通知下游各户。\n- 先打村广播\n例：去年七月提前一天通知，没有人被困。");
  await office.getByRole("button", { name: "保存" }).click();
  await expect(office.getByRole("article").filter({ hasText: "水库放水前通知谁" })).toBeVisible();
  await shot(office, "office-handbook");

  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "我的");
  await page.getByRole("link", { name: /^怎样办/ }).click();
  await expect(page.getByRole("link", { name: "水库放水前通知谁" })).toBeVisible();
  await phone.close();

  page = await phone.open();
  await phone.context.setOffline(true);
  await page.goto(server.url);
  await tab(page, "我的");
  await page.getByRole("link", { name: /^怎样办/ }).click();
  await shot(page, "handbook");
  await page.getByRole("searchbox").fill("验证码");
  await expect(page.getByRole("link", { name: /反诈/ })).toContainText("验证码就是你家钥匙");
  await page.getByRole("searchbox").fill("没有这个词");
  await expect(page.getByText("没有找到")).toBeVisible();
  await page.getByRole("searchbox").fill("协议");
  await shot(page, "handbook-search");
  await page.getByRole("link", { name: "书面协议要写什么" }).click();
  await expect(page.getByRole("heading", { name: "书面协议要写什么" })).toBeVisible();
  await expect(page.getByText("依据：《人民调解法》第二十八条")).toBeVisible();
  await shot(page, "handbook-page");
  await page.getByRole("link", { name: "返回" }).click();
  await page.getByRole("link", { name: "水库放水前通知谁" }).click();
  await expect(page.getByText("提前一天通知，没有人被困")).toBeVisible();
});
