// An office at work in its browser.
import { expect, PASSWORD, type Phone, type Server } from "./world";
import type { Page } from "@playwright/test";

export const WIDE = { width: 1280, height: 800 };

/** An office's browser, logged in. */
export async function desk(phone: Phone, server: Server, account = "chenming", viewport = WIDE): Promise<Page> {
  const page = await phone.open(viewport);
  await page.goto(`${server.url}/office`);
  await fillIn(page, account);
  await expect(page.getByRole("navigation", { name: "页面" })).toBeVisible();
  return page;
}

export async function fillIn(page: Page, account: string, code?: string) {
  await page.getByLabel("账号").fill(account);
  await page.getByLabel("密码").fill(PASSWORD);
  if (code) await page.getByLabel("动态码").fill(code);
  await page.getByRole("button", { name: "登录", exact: true }).click();
}

export const to = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "页面" }).getByRole("button", { name, exact: true }).click();
