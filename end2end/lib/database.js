// The database of one server: a file in its folder, or a schema of its own on the PostgreSQL server that
// TEST_DATABASE names, as for the Rust tests.

import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";

const SERVER = process.env.TEST_DATABASE;
const FILE = "coffer.db";

class File {
  constructor(folder) {
    this.folder = folder;
    this.url = `sqlite:${join(folder, FILE)}`;
  }

  /** Everything that is kept there, as bytes. */
  async kept() {
    const names = (await readdir(this.folder)).filter((name) => name.startsWith(FILE));
    return Buffer.concat(await Promise.all(names.map((name) => readFile(join(this.folder, name)))));
  }

  async drop() {}
}

class Schema {
  constructor() {
    this.name = `browser_${randomBytes(8).toString("hex")}`;
    this.url = `${SERVER}${SERVER.includes("?") ? "&" : "?"}options[search_path]=${this.name}`;
  }

  async asked(ask) {
    const client = new Client({ connectionString: SERVER });
    await client.connect();
    try {
      return await ask(client);
    } finally {
      await client.end();
    }
  }

  create() {
    return this.asked((client) => client.query(`CREATE SCHEMA ${this.name}`));
  }

  /** Everything that is kept there, as bytes: each value of each row. */
  kept() {
    return this.asked(async (client) => {
      const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = $1", [this.name]);
      const values = [];
      for (const { tablename } of tables.rows) {
        const table = await client.query({ text: `SELECT * FROM ${this.name}."${tablename}"`, rowMode: "array" });
        values.push(...table.rows.flat());
      }
      const bytes = (value) => (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value)));
      return Buffer.concat(values.filter((value) => value !== null).map(bytes));
    });
  }

  drop() {
    return this.asked((client) => client.query(`DROP SCHEMA ${this.name} CASCADE`));
  }
}

/** An empty one, for a server whose files are in `folder`. */
export async function database(folder) {
  if (!SERVER) return new File(folder);
  const schema = new Schema();
  await schema.create();
  return schema;
}
