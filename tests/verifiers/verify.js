// Reads [[package, secret, headers, body], ...] and writes, for each, whether it verifies.
const cases = JSON.parse(require("node:fs").readFileSync(0));
const verdicts = cases.map(([name, secret, headers, body]) => {
  const { Webhook } = require(name);
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    return false;
  }
});
process.stdout.write(JSON.stringify(verdicts));
