// Every text field there is. Those of records' forms and steps are read from their tables, the others from where the
// screens are written: a field that is added joins by itself, or fails the count until the canary knows where it is.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
const DOMAIN = join(ROOT, "crates/domain/src");

/** A field of a form: its name in the record, its label on the screen, how it is filled in. */
export type Field = { name: string; label: string; input: string };

/** Ways to fill in a field that take what somebody types. */
const TYPED = ["Line", "Text", "Phone", "IdNumber"];

export const isTyped = (field: Field) => TYPED.includes(field.input);

function rustFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".rs"))
    .map((entry) => join(entry.parentPath, entry.name));
}

const FIELD = /Field::new\(\s*"(\w+)",\s*"([^"]+)",\s*Input::(\w+)/g;

function fieldsIn(text: string): Field[] {
  return [...text.matchAll(FIELD)].map(([, name, label, input]) => ({ name, label, input }));
}

/** The forms of records, by the names of their tables: HOUSEHOLD, VISIT … */
export function forms(): Map<string, Field[]> {
  const text = readFileSync(join(DOMAIN, "form/mod.rs"), "utf8");
  const tables = [...text.matchAll(/^const (\w+): \[Field; (\d+)\] = \[([\s\S]*?)\];/gm)];
  return new Map(
    tables.map(([, name, count, rows]) => {
      const fields = fieldsIn(rows);
      if (fields.length !== Number(count)) throw new Error(`${name} has ${count} fields, of which ${fields.length} are read`);
      return [name, fields];
    }),
  );
}

/** The fields that steps ask for, by the folder of their table: dispute, care, report. `field.rs` has one for all. */
export function stepFields(): Map<string, Field[]> {
  const found = new Map<string, Field[]>();
  for (const file of rustFiles(DOMAIN)) {
    const text = readFileSync(file, "utf8").split("#[cfg(test)]")[0];
    const name = file.slice(DOMAIN.length + 1);
    if (name === "form/mod.rs" || !text.includes("Field::new(")) continue;
    found.set(name.split(/[/.]/)[0], fieldsIn(text));
  }
  return found;
}

/** The codes of a table's steps, as they stand in addresses. */
export function steps(table: string): string[] {
  const text = readFileSync(join(DOMAIN, table, "steps.rs"), "utf8");
  const block = /code_table! \{\s*\/\/\/[^\n]*\n(?:\s*\/\/\/[^\n]*\n)*\s*Step \{([\s\S]*?)\n {4}\}/.exec(text);
  if (!block) throw new Error(`${table} has no table of steps`);
  return [...block[1].matchAll(/\w+ = "(\w+)"/g)].map(([, code]) => code);
}

/** Kinds of `<input>` in which no words are typed. Passwords are looked for by themselves; a number of six digits is none. */
const NO_WORDS = /type="(password|radio|checkbox|file|date)"|hidden|inputmode="numeric"/;

/** How many fields for words are written in each file of screens. */
export function fieldsOfScreens(): Record<string, number> {
  const counts: Record<string, number> = {};
  const folder = join(ROOT, "src");
  for (const file of rustFiles(folder).sort()) {
    const tags = [...readFileSync(file, "utf8").matchAll(/<(?:input|textarea)\b((?:[^>]|=>)*?)\/?>/g)];
    const typed = tags.filter(([, attributes]) => !NO_WORDS.test(attributes));
    if (typed.length) counts[file.slice(folder.length + 1)] = typed.length;
  }
  return counts;
}
