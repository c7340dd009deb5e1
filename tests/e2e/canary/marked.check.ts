// Marked text through every field that takes some, on the phone and in the office; then it is looked for in the files
// of the locked phones' browsers, in the server's log, and in what goes over the wire.
import { desk, to } from "../desk";
import { camera } from "../photo";
import { OpenVault } from "../vault";
import { expect, logIn, logUnsent, PASSWORD, Phone, ready, Server, SYNC, tab } from "../world";
import { type Field, fieldsOfScreens, forms, isTyped, stepFields, steps } from "./fields";
import { test, type Page } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { connect, createServer, type AddressInfo } from "node:net";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

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
}

/** The words that were typed, and in which field. */
class Marks {
  readonly typed = new Map<string, string>();

  /** Other words for a field, of the sort that it takes. */
  next(field: string, input = "Line"): string {
    const n = this.typed.size + 1;
    const words = input === "Phone" ? `1397${String(3_104_077 + n * 1_009).padStart(7, "0")}` : input === "IdNumber" ? idNumber(n) : `金丝雀${n}号标记文字`;
    this.typed.set(words, field);
    return words;
  }

  get fields(): Set<string> {
    return new Set(this.typed.values());
  }
}

/** A resident's ID number of nobody, with its check digit (GB 11643). */
function idNumber(n: number): string {
  const digits = `41152519500101${String(n % 1000).padStart(3, "0")}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((sum, weight, at) => sum + weight * Number(digits[at]), 0);
  return digits + "10X98765432"[sum % 11];
}

/** Types a mark into the fields of a form, the folded ones too, and answers what it can't do without. */
async function fillIn(page: Page, table: string, fields: Field[], marks: Marks) {
  for (const folded of await page.locator("details:not([open]) > summary").all()) await folded.click();
  for (const field of fields) {
    const label = new RegExp(`^${field.label.replace(/[()（）]/g, "\\$&")}(（可不填）)?$`);
    const typed = page.locator("label.field").filter({ has: page.locator("span", { hasText: label }) }).locator("input, textarea");
    if (isTyped(field)) await typed.first().fill(marks.next(`${table}.${field.name}`, field.input));
    else if (field.input === "Number") await typed.first().fill(field.name === "born" ? "1950" : "3");
    else if (/Day$/.test(field.input)) await typed.first().fill(day(field.input === "ComingDay" ? 3 : 0));
    else if (field.input === "One") await page.getByRole("group", { name: field.label, exact: true }).getByRole("radio").first().check();
    else if (field.input === "Flag" && field.name !== "status") await page.getByRole("checkbox", { name: field.label, exact: true }).check();
  }
}

const day = (ahead: number) => new Date(Date.now() + 8 * 3_600_000 + ahead * 86_400_000).toISOString().slice(0, 10);

/** Goes to a screen as a link would, without loading the page again. */
async function go(page: Page, path: string) {
  await page.evaluate((path) => {
    history.pushState(null, "", path);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
}

/** Fills in a new record of a form and saves it. Returns the path that the phone goes on with. */
async function record(page: Page, path: string, table: string, marks: Marks): Promise<string> {
  await go(page, path);
  await expect(page.getByRole("button", { name: "保存" })).toBeVisible();
  await fillIn(page, table, forms().get(table)!, marks);
  await page.getByRole("button", { name: "保存" }).click();
  await expect(page.getByText("已保存 ✓ 已存本机"), table).toBeVisible();
  await expect(page.getByRole("button", { name: "保存" })).toBeHidden();
  return new URL(page.url()).pathname;
}

/** Goes through the steps of a file that have something to say, as far as they can be taken or not. */
async function say(page: Page, path: string, table: string, marks: Marks) {
  const fields = ["field", table].flatMap((of) => stepFields().get(of)!.map((field) => ({ ...field, of })));
  for (const code of steps(table)) {
    await go(page, `${path}/step/${code}`);
    await page.waitForLoadState("networkidle");
    const shown = await page.locator("label.field").all();
    for (const one of shown) {
      const words = (await one.locator("span").first().textContent())!.replace("（可不填）", "");
      const field = fields.find((field) => field.label === words && isTyped(field));
      if (field) await one.locator("input, textarea").fill(marks.next(`${field.of}/${field.label}`, field.input));
    }
    const button = page.locator("form button[type=submit]");
    if (shown.length && (await button.isEnabled())) await button.click();
  }
}

/** The fields of the phone's own screens. */
async function screens(page: Page, household: string, marks: Marks) {
  for (const [path, label] of [["/round", "查找户"], ["/round/order", "查找户"], ["/handbook", "查找手册"]]) {
    await go(page, path);
    if (path === "/round/order") await page.getByRole("article").or(page.getByRole("listitem")).first().waitFor();
    const search = page.getByRole("searchbox", { name: label });
    if (await search.isVisible()) await search.fill(marks.next("components/search_field.rs"));
  }
  await go(page, `/withdraw/${household.split("/").pop()}`);
  await page.getByLabel("为什么作废").fill(marks.next("pages/roster/residents.rs"));
  await page.getByRole("button", { name: "作废" }).click();
  // A patrol: its form, and what is found on the way.
  await go(page, "/patrols");
  await page.getByRole("button", { name: "开始巡逻" }).click();
  await expect(page.getByText("还没有发现")).toBeVisible();
  const patrol = new URL(page.url()).pathname;
  await page.getByLabel("发现了什么").fill(marks.next("FINDING.what"));
  marks.next("pages/patrol.rs");
  await page.getByRole("button", { name: "记下" }).click();
  await expect(page.getByText("已记下 ✓ 已存本机")).toBeVisible();
  await record(page, `${patrol}/edit`, "PATROL", marks);
  // A photo's name, and a draft that is left open.
  await go(page, "/hazards/new");
  const picture = Buffer.from(await page.evaluate(drawn), "base64");
  await camera(page).setInputFiles({ name: `${marks.next("photo's name")}.jpg`, mimeType: "image/jpeg", buffer: picture });
  await expect(page.locator(".photos img")).toHaveCount(1);
  const draft = marks.next("draft");
  await page.getByLabel("有什么隐患").fill(draft);
  await expect(page.getByText("草稿已自动保存")).toBeVisible();
  const vault = await OpenVault.open(page);
  await expect.poll(async () => JSON.stringify(await vault.entries(page, "drafts"))).toContain(draft);
}

/** A small picture, drawn by the browser, in base64. */
async function drawn(): Promise<string> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [320, 240];
  canvas.getContext("2d")!.fillRect(0, 0, 200, 100);
  return canvas.toDataURL("image/jpeg").split(",")[1];
}

/** Every record's form on a phone, and the words of every step. */
async function writeOnPhone(page: Page, url: string, marks: Marks) {
  await page.goto(url);
  await page.getByLabel("账号").fill(marks.next("pages/access/login.rs"));
  await page.getByLabel("密码").fill("not the password");
  await page.getByRole("button", { name: "登录", exact: true }).click();
  await expect(page.getByText(/不对/)).toBeVisible();
  await page.getByRole("button", { name: "第一次使用" }).click();
  await page.getByLabel("账号").first().fill(marks.next("pages/access/login.rs"));
  await page.getByLabel("登记码").fill("AAAA-BBBB-CCCC");
  marks.typed.set("AAAA-BBBB-CCCC", "pages/access/login.rs");
  await page.getByLabel("设一个密码").fill(PASSWORD);
  await page.getByRole("button", { name: "登记并打开" }).click();
  await logIn(page, url, "zhoulan");
  await ready(page);
  const household = await record(page, "/households/new", "HOUSEHOLD", marks);
  await record(page, `${household}/resident`, "RESIDENT", marks);
  await record(page, `${household}/visit`, "VISIT", marks);
  const dispute = await record(page, "/matters/new", "DISPUTE", marks);
  for (const [kind, table] of [["party", "PARTY"], ["mediation_session", "SESSION"], ["agreement", "AGREEMENT"], ["term", "TERM"], ["follow_up", "FOLLOW_UP"]])
    await record(page, `${dispute}/${kind}/new`, table, marks);
  const care = await record(page, "/care/new", "CARE_CASE", marks);
  for (const [kind, table] of [["plan_item", "PLAN_ITEM"], ["care_visit", "CARE_VISIT"]])
    await record(page, `${care}/${kind}/new`, table, marks);
  const hazard = await record(page, "/hazards/new", "HAZARD", marks);
  const request = await record(page, "/requests/new", "REQUEST", marks);
  await record(page, "/outreach/new", "OUTREACH", marks);
  for (const [path, table] of [[dispute, "dispute"], [care, "care"], [hazard, "report"], [request, "report"]])
    await say(page, path, table, marks);
  await screens(page, household, marks);
  await go(page, "/me");
  await expect(page.getByText("全部已到办公室")).toBeVisible();
  await page.getByRole("button", { name: "立即锁定" }).click();
  await page.waitForFunction(() => document.body.innerText.includes("已锁定"));
}

/** Every field of the offices' page. `known` is the name of somebody who is recorded. */
async function writeInOffice(office: Page, server: Server, url: string, known: string, marks: Marks) {
  const fill = async (file: string, label: string, input = "Line") =>
    office.getByLabel(new RegExp(`^${label}(（[^）]*）)?$`)).first().fill(marks.next(`office/${file}.rs`, input));
  const press = (name: string) => office.getByRole("button", { name, exact: true }).first().click();
  await office.goto(`${url}/office`);
  await fill("login", "账号");
  await office.getByLabel("密码").fill("not the password");
  await press("登录");
  await expect(office.getByText(/不对/)).toBeVisible();
  await office.getByLabel("账号").fill("chenming");
  await office.getByLabel("密码").fill(PASSWORD);
  await press("登录");
  await to(office, "人员");
  await press("新建账号");
  for (const label of ["登录名或手机号", "姓名", "队伍"]) await fill("people", label);
  await fill("places", "所属");
  await office.getByLabel("所属", { exact: true }).fill("411525105");
  await office.locator(".matches").getByRole("button").nth(1).click();
  await press("建账号");
  await expect(office.getByText("账号已建好")).toBeVisible();
  await office.locator(".person-head").first().click();
  await press("改姓名、队伍、所属");
  for (const label of ["姓名", "队伍"]) await fill("person", label);
  await fill("places", "所属");
  await press("保存修改");
  await expect(office.getByText("请选择所属的村")).toBeVisible();
  await fill("people", "查找人员");
  await to(office, "待核对");
  await fill("waiting", "退回原因");
  await press("退回");
  await to(office, "督办");
  await fill("supervision", "编号里的字");
  await fill("places", "地方");
  await press("查");
  await expect(office.getByText("没有这个地方")).toBeVisible();
  await fill("supervision", "原因");
  await press("催办");
  await to(office, "花名册");
  const grid = /\d{12}-\d{2}/.exec(server.run("grant", "list", "wangfang"))![0];
  const buffer = Buffer.from(`网格编码,户号,姓名\n${grid},9001,\n`);
  await office.getByLabel("选花名册文件").setInputFiles({ name: "一组.csv", mimeType: "text/csv", buffer });
  await press("看、改这一行");
  await fill("roster/notes", "姓名");
  await press("改好了，重新核对");
  await press("收下");
  await expect(office.getByText("已收下")).toBeVisible();
  await fill("roster/export", "用途");
  await press("导出花名册");
  await to(office, "台账");
  await fill("ledgers", "用途");
  await to(office, "网格");
  await press("新建网格");
  for (const label of ["网格编码", "网格名称", "统一网格编码"]) await fill("grids/mod", label);
  await press("建网格");
  await press("取消");
  await press("调整");
  for (const label of ["名称", "统一网格编码"]) await fill("grids/mod", label);
  await press("保存名称");
  await press("调整");
  if (await office.getByRole("button", { name: "选户" }).count()) {
    await press("选户");
    await fill("grids/split", "筛选");
  }
  await to(office, "网格交接");
  await press("交接");
  await to(office, "个人信息");
  await fill("personal", "姓名或电话");
  await fill("places", "地方");
  await press("查找");
  await expect(office.getByText("没有这个地方")).toBeVisible();
  await office.getByLabel(/^地方/).fill("");
  await press("查找");
  await office.getByLabel("姓名或电话").fill(known);
  await press("查找");
  await press("查阅");
  await press("登记一条请求");
  await office.getByRole("radio", { name: "更正" }).check();
  for (const label of ["谁提出，怎样核实身份", "具体要求"]) await fill("dossier", label);
  await press("登记");
  await fill("dossier", "姓名改为");
  await fill("dossier", "电话改为", "Phone");
  await fill("dossier", "怎样办的，或不同意的理由");
  await press("不同意");
  await to(office, "手册");
  await press("新写一页");
  for (const label of ["标题", "依据", "内容"]) await fill("handbook", label);
  await press("保存");
  await to(office, "电话");
  await press("添加电话");
  await fill("contacts", "姓名或单位");
  await fill("contacts", "电话", "Phone");
  await fill("contacts", "说明");
  await press("保存");
  await to(office, "审计");
  await fill("audit", "谁");
  await press("查");
}

/** Has something of another worker's wait for a decision. */
async function haveSomethingWait(page: Page, server: Server, url: string, marks: Marks, exported: string) {
  await logIn(page, url, "wangfang");
  await ready(page);
  await logUnsent(page, 0, marks.next("a visit that waits"));
  const [id] = server.run("grant", "list", "wangfang").split(/\s/);
  server.run("grant", "end", id, "--by", "李主任");
  await tab(page, "我的");
  // What could not be sent, as the file that is carried to the office by hand.
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出" }).click()]);
  await file.saveAs(exported);
  await page.unroute(SYNC);
  await page.getByRole("button", { name: "立即发送" }).click();
  await expect.poll(() => server.run("quarantine", "list")).toContain("待核对 1 条");
  await page.getByRole("button", { name: "立即锁定" }).click();
  await page.waitForFunction(() => document.body.innerText.includes("已锁定"));
}

/** Bytes as they are, and what they hold where they begin a compressed stream. */
function* readings(bytes: Buffer): Generator<Buffer> {
  yield bytes;
  const ways: [number[], (bytes: Buffer) => Buffer][] = [
    [[0x1f, 0x8b], gunzipSync],
    [[0x78, 0x9c], inflateSync],
    [[0x78, 0x01], inflateSync],
    [[0x78, 0xda], inflateSync],
  ];
  for (const [start, open] of ways)
    for (let at = bytes.indexOf(Buffer.from(start)); at >= 0; at = bytes.indexOf(Buffer.from(start), at + 1))
      yield* opened(() => open(bytes.subarray(at)));
  // Brotli and bare deflate have no beginning of their own: a whole file or body may be one.
  yield* opened(() => brotliDecompressSync(bytes));
  yield* opened(() => inflateRawSync(bytes));
}

function* opened(open: () => Buffer): Generator<Buffer> {
  try {
    yield open();
  } catch {
    // It only looked like the beginning of one.
  }
}

/** Which of these words are in the bytes, in the ways that text is kept. */
function found(bytes: Buffer, words: Iterable<string>): string[] {
  const all = [...words].map((word) => [word, Buffer.from(word, "utf8"), Buffer.from(word, "utf16le"), Buffer.from(encodeURIComponent(word)), Buffer.from(JSON.stringify(word).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).slice(1, -1))] as const);
  const hits = new Set<string>();
  for (const reading of readings(bytes))
    for (const [word, ...ways] of all) if (ways.some((way) => reading.includes(way))) hits.add(word);
  return [...hits];
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** Hits in the profiles' files, in the server's log, and on the wire. */
async function hits(tls: boolean): Promise<[Marks, string[], string[], string[]]> {
  const marks = new Marks();
  const server = new Server();
  const [phone, worker, office] = [new Phone(), new Phone(), new Phone()];
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
    // An action that can't be done is named long before the test's own time is over.
    const open = async (one: Phone, viewport?: { width: number; height: number }) => {
      const page = await one.open(viewport, ...trust);
      page.setDefaultTimeout(20_000);
      return page;
    };
    const exported = join(server.data, "unsent.json");
    await haveSomethingWait(await open(worker), server, url, marks, exported);
    if (tls) {
      await writeOnPhone(await open(phone), url, marks);
      const known = [...marks.typed].find(([, field]) => field === "RESIDENT.name")![0];
      await writeInOffice(await open(office, { width: 1280, height: 800 }), server, url, known, marks);
    }
    for (const one of tls ? [phone, worker, office] : [worker]) await one.close();
    wire.close();
    await server.stop();
    const secret = [...marks.typed.keys(), PASSWORD];
    const paths = [exported, ...[phone, worker, office].flatMap((one) => files(one.profile))];
    const kept = paths.flatMap((path) => found(readFileSync(path), secret).map((word) => `${word} in ${path}`));
    return [marks, kept, found(Buffer.from(server.log), secret), found(Buffer.concat(wire.passed), secret)];
  } finally {
    await Promise.all([phone.end(), worker.end(), office.end(), server.end()]);
  }
}

test("marked text in every field there is is found nowhere but where it belongs", async () => {
  test.setTimeout(300_000);
  const [marks, inFiles, log, wire] = await hits(true);
  const inForms = [...forms()].flatMap(([table, fields]) => fields.filter(isTyped).map((field) => `${table}.${field.name}`));
  const inSteps = [...stepFields()].flatMap(([table, fields]) => [...new Set(fields.filter(isTyped).map((field) => `${table}/${field.label}`))]);
  const typed = marks.fields;
  expect([...inForms, ...inSteps].filter((field) => !typed.has(field)), "fields of forms and steps without a mark").toEqual([]);
  // The two of the forms themselves are all of those above.
  const { "components/record_form.rs": _, ...screens } = fieldsOfScreens();
  for (const [file, count] of Object.entries(screens)) {
    const there = [...marks.typed.values()].filter((field) => field === file).length;
    expect(there, `fields of ${file} with a mark`).toBeGreaterThanOrEqual(count);
  }
  // Each field there is, once: some were filled in on several screens.
  const fields = inForms.length + inSteps.length + Object.values(screens).reduce((sum, count) => sum + count);
  console.log(`canary: ${fields} fields, ${marks.typed.size} times; ${inFiles.length} hits in files, ${log.length} in logs, ${wire.length} in traffic`);
  expect([inFiles, log, wire]).toEqual([[], [], []]);
});

test("without TLS it is found on the wire: one knows how to look", async () => {
  const [, inFiles, log, wire] = await hits(false);
  expect([inFiles, log]).toEqual([[], []]);
  expect(wire.length).toBeGreaterThan(0);
});
