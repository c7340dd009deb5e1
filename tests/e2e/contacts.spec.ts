// 便民电话: an office keeps the numbers, a phone has them without a network and calls with one tap.
import { desk, to } from "./desk";
import { expect, logIn, ready, shot, tab, test } from "./world";

test("who helps in the village is called with one tap, without signal", async ({ server, phone, second }) => {
  const office = await desk(second, server, "zhoulan");
  await to(office, "电话");
  await expect(office.getByRole("row", { name: /法律顾问/ })).toContainText("0000-6000102");
  await office.getByRole("button", { name: "添加电话" }).click();
  await office.getByRole("radio", { name: "就业服务" }).check();
  await office.getByLabel("姓名或单位").fill("劳动保障协理员");
  await office.getByLabel("电话（一个号码）").fill("问村委会");
  await office.getByRole("button", { name: "保存" }).click();
  await expect(office.getByText("请填写一个能拨通的号码")).toBeVisible();
  await office.getByLabel("电话（一个号码）").fill("0000-600 0199");
  await office.getByRole("button", { name: "保存" }).click();
  await expect(office.getByRole("row", { name: /劳动保障协理员/ })).toBeVisible();
  const clinic = office.getByRole("row", { name: /卫生室/ });
  await clinic.getByRole("button", { name: "删掉" }).click();
  await clinic.getByRole("button", { name: "确定删掉" }).click();
  await expect(clinic).toHaveCount(0);
  await shot(office, "office-contacts");

  let page = await phone.open();
  await logIn(page, server.url);
  await ready(page);
  await tab(page, "我的");
  await page.getByRole("link", { name: /^便民电话/ }).click();
  await expect(page.getByRole("link", { name: /劳动保障协理员/ })).toBeVisible();
  await phone.close();

  page = await phone.open();
  await phone.context.setOffline(true);
  await page.goto(`${server.url}/contacts`);
  const lawyer = page.getByRole("link", { name: /^法律顾问/ });
  await expect(lawyer).toHaveAttribute("href", "tel:00006000102");
  await expect(page.getByRole("link", { name: /劳动保障协理员/ })).toHaveAttribute("href", "tel:00006000199");
  await expect(page.getByRole("link", { name: /孙医生/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: /^反诈专线/ })).toHaveAttribute("href", "tel:96110");
  await expect(page.getByRole("heading", { level: 2 }).first()).toContainText("村");
  await shot(page, "contacts");
});
