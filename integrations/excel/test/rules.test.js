'use strict';

const assert = require('node:assert/strict');
const { rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { complaints } = require('../validate');
const { script } = require('./powerquery');

test('what Excel’s editor refuses is refused here', () => {
  const name = `planted-${process.pid}.ts`;
  const path = join(__dirname, '..', name);
  const text =
    'async function main(book: ExcelScript.Workbook) {\n  const x = JSON.parse("1");\n  const f = () => 1;\n  let a: any = f() + x;\n  console.log(a, book);\n}\n';
  writeFileSync(path, text);
  try {
    const told = complaints(name).join('\n');
    for (const part of [
      ':2: the type of a variable',
      ':3: arrow functions',
      ':4: any is not',
      ':5: console cannot',
      'what Excel calls',
    ])
      assert.ok(told.includes(part), told);
  } finally {
    rmSync(path);
  }
});

test('a Power Query script that cannot be read is refused', async () => {
  await assert.rejects(script('let Bridge = in Bridge'));
});
