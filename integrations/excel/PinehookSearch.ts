// Searches an index by way of Pinehook and writes what was found into the sheet “Pinehook search”. An Office Script: paste it
// whole into Automate > New Script. It reads its settings from the sheet “Pinehook”, which the script PinehookSync makes.

interface Passage {
  rank: number;
  score: number;
  id: string;
  text: string | null;
  source: string;
}

interface Fault {
  pointer: string;
  message: string;
}

interface Reply {
  passages?: Passage[];
  code?: string;
  detail?: string;
  errors?: Fault[];
}

const SETTINGS_SHEET = "Pinehook";
const FOUND_SHEET = "Pinehook search";

/**
 * Search an index by way of Pinehook.
 * @param question What you are looking for, in words.
 * @param apiKey Your API key; read is enough. It is kept nowhere. Left empty, it is read from the sheet Pinehook.
 */
async function main(workbook: ExcelScript.Workbook, question: string, apiKey?: string): Promise<string> {
  const sheet = workbook.getWorksheet(SETTINGS_SHEET);
  const used = sheet ? sheet.getUsedRange() : undefined;
  if (!used) throw new Error("There is no sheet called Pinehook: run the script PinehookSync first, which makes it.");
  const lines = used.getValues();
  const url = setting(lines, "url").replace(/\/+$/, "");
  const key = apiKey ? apiKey.trim() : setting(lines, "api key");
  if (!/^https:\/\//.test(url)) throw new Error("The setting “url” must be where your Pinehook is, by HTTPS.");
  if (!key) throw new Error("Give your API key when you are asked for it.");
  if (!question.trim()) throw new Error("Say what you are looking for.");
  const asked = ["index", "namespace", "connection", "provider", "model", "dimension"]
    .map((name) => [name, setting(lines, name)])
    .concat([
      ["q", question.trim()],
      ["top_k", "10"],
    ])
    .filter((pair) => pair[1] !== "")
    .map((pair) => `${pair[0]}=${encodeURIComponent(pair[1])}`);
  const passages = await ask(`${url}/v1/search?${asked.join("&")}`, key);
  const cells: (string | number)[][] = [["Rank", "Score", "Id", "Text", "Source"]];
  passages.forEach((found) => cells.push([found.rank, found.score, found.id, found.text || "", found.source]));
  write(workbook, cells);
  return passages.length ? `${passages.length} found: see the sheet ${FOUND_SHEET}.` : "Nothing was found.";
}

function setting(lines: (string | number | boolean)[][], name: string): string {
  const line = lines.find((each) => String(each[0]).trim().toLowerCase() === name);
  return line ? String(line[1]).trim() : "";
}

async function ask(url: string, key: string): Promise<Passage[]> {
  let status = 0;
  let reply: Reply = {};
  try {
    const response = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
    status = response.status;
    reply = (await response.json()) as Reply;
  } catch (error) {
    if (status === 0)
      throw new Error("Pinehook cannot be reached from Excel: is the URL right, and PINEHOOK_CORS_ORIGINS set to *?");
  }
  if (status === 200 && reply.passages) return reply.passages;
  if (!reply.code) throw new Error(`The URL answered ${status}, and not as a Pinehook does.`);
  const faults = (reply.errors || []).map((fault) => `${fault.pointer.replace(/^\//, "")}: ${fault.message}`);
  throw new Error([String(reply.detail)].concat(faults).join(" · "));
}

// Text of the index stays text, also where Excel would take it for a formula.
function write(workbook: ExcelScript.Workbook, cells: (string | number)[][]): void {
  const before = workbook.getWorksheet(FOUND_SHEET);
  const sheet = before ? before : workbook.addWorksheet(FOUND_SHEET);
  const old = sheet.getUsedRange();
  if (old) old.clear(ExcelScript.ClearApplyTo.contents);
  const range = sheet.getRangeByIndexes(0, 0, cells.length, cells[0].length);
  range.setValues(
    cells.map((line) => line.map((cell) => (typeof cell === "string" && /^[=+\-@']/.test(cell) ? `'${cell}` : cell)))
  );
  sheet.activate();
}
