// Marked text through every field that takes some, on the phone and in the office; then it is looked for in the files
// of the locked phone's browser, in the server's log, and in what goes over the wire.
import { OpenVault, filesWith } from "../vault";
import { expect, logIn, PASSWORD, Phone, ready, Server, tab } from "../world";
import { test, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

/** Everything that passes between browsers and the server. */
class Wire {
  readonly passed: Buffer[] = [];
  readonly #listener = createServer((near) => {
    const far = connect(this.port, "127.0.0.1");
    near.on("data", (bytes) => this.passed.push(bytes));
    far.on("data", (bytes) => this.passed.push(bytes));
    near.pipe(far).pipe(near);
    for (const end of [near, far]) end.on("error", () => [near, far].forEach((other) => other.destroy()));
  });

  constructor(private readonly port: number) {}

  async open(): Promise<number> {
    await new Promise<void>((done) => this.#listener.listen(0, "127.0.0.1", done));
    return (this.#listener.address() as AddressInfo).port;
  }

  close() {
    this.#listener.close();
  }

  hits(words: string[]): number {
    const all = Buffer.concat(this.passed);
    return words.filter((word) => all.includes(Buffer.from(word, "utf8"))).length;
  }
}

async function writeEverywhere(page: Page, office: Page, url: string, words: string[]) {
  const [found, asked, done, draft, search, name, team, reason] = words;
  await logIn(page, url);
  await ready(page);
  await page.getByRole("article").nth(0).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill(found);
  await page.getByText("反映问题、处理、下次走访").click();
  await page.getByLabel("反映问题").fill(asked);
  await page.getByLabel("处理（可不填）").fill(done);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机")).toBeVisible();
  await tab(page, "走访");
  await page.getByRole("searchbox").fill(search);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("article").nth(1).getByRole("link", { name: "走访", exact: true }).click();
  await page.getByLabel("走访情况").fill(draft);
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  const vault = await OpenVault.open(page);
  await expect.poll(async () => JSON.stringify(await vault.entries(page, "drafts"))).toContain(draft);
  expect(JSON.stringify(await vault.entries(page, "outbox"))).toContain(found);
  await page.goBack();
  await tab(page, "我的");
  await expect(page.getByText("全部已到办公室")).toBeVisible();

  await office.goto(`${url}/office`);
  await office.getByLabel("账号").fill("chenming");
  await office.getByLabel("密码").fill(PASSWORD);
  await office.getByRole("button", { name: "登录", exact: true }).click();
  await office.getByRole("button", { name: "新建账号" }).click();
  await office.getByLabel("登录名或手机号").fill("zhaomin");
  await office.getByLabel("姓名", { exact: true }).fill(name);
  await office.getByLabel("队伍").fill(team);
  await office.getByLabel("所属").fill(reason);
  await office.getByLabel("所属").fill("411525105");
  await office.locator(".matches").getByRole("button").nth(1).click();
  await office.getByRole("button", { name: "建账号" }).click();
  await expect(office.getByText(name)).toBeVisible();

  await page.getByRole("button", { name: "立即锁定" }).click();
  await page.waitForFunction(() => document.body.innerText.includes("已锁定"));
}

/** Hits in the profiles' files, in the server's log, and on the wire. */
async function hits(tls: boolean): Promise<[number, number, number, number]> {
  const words = Array.from({ length: 8 }, (_, at) => `金丝雀${at}号标记文字`);
  const server = new Server();
  const [phone, desk] = [new Phone(), new Phone()];
  try {
    server.run("demo", "--seed", "1", "--households", "20");
    const [key, chain] = ["key.pem", "chain.pem"].map((name) => join(server.data, name));
    const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    if (tls) execFileSync("openssl", [...request, "-keyout", key, "-out", chain, ...named], { stdio: "ignore" });
    await server.start(0, ...(tls ? ["--tls-cert", chain, "--tls-key", key] : []));
    const wire = new Wire(Number(new URL(server.url).port));
    const url = `${tls ? "https" : "http"}://localhost:${await wire.open()}`;
    // The certificate is of the test's own making: no authority speaks for it.
    const trust = tls ? ["--ignore-certificate-errors"] : [];
    const page = await phone.open(undefined, ...trust);
    const office = await desk.open({ width: 1280, height: 800 }, ...trust);
    await writeEverywhere(page, office, url, words);
    await phone.close();
    await desk.close();
    wire.close();
    await server.stop();
    const secret = [...words, PASSWORD];
    const logged = secret.filter((word) => server.log.includes(word)).length;
    return [words.length, filesWith(phone, secret).length + filesWith(desk, secret).length, logged, wire.hits(secret)];
  } finally {
    await Promise.all([phone.end(), desk.end(), server.end()]);
  }
}

test("marked text is found nowhere but where it belongs", async () => {
  const [fields, files, log, wire] = await hits(true);
  console.log(`canary: ${fields} fields; ${files} hits in files, ${log} in logs, ${wire} in traffic`);
  expect([files, log, wire]).toEqual([0, 0, 0]);
});

test("without TLS it is found on the wire: one knows how to look", async () => {
  const [, files, log, wire] = await hits(false);
  expect([files, log]).toEqual([0, 0]);
  expect(wire).toBeGreaterThan(0);
});
