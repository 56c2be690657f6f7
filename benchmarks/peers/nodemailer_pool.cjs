// nodemailer's pool: raw|compose PORT CONNECTIONS FILE MESSAGES; prints the seconds it took.
// "raw" hands over ready bytes; "compose" has it build the same text and HTML into a message each time.
const fs = require("node:fs");
const nodemailer = require("nodemailer");

const [, , way, port, connections, file, messages] = process.argv;
const raw = fs.readFileSync(file);
const html = `<html><body><p>${"The road bridge over the Ros opened on Wednesday.</p>\n<p>".repeat(700)}</p></body></html>`;
const pool = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});
const message = (number) => {
  const to = `reader${number}@example.org`;
  if (way === "raw") return { envelope: { from: "news@example.org", to: [to] }, raw };
  return { from: "News <news@example.org>", to, subject: "A digest", text: "The road bridge opened.\n".repeat(60), html };
};

(async () => {
  const started = process.hrtime.bigint();
  let next = 0;
  const work = async () => {
    while (next < Number(messages)) await pool.sendMail(message(next++));
  };
  await Promise.all(Array.from({ length: 2 * Number(connections) }, work));
  console.log(Number(process.hrtime.bigint() - started) / 1e9);
  pool.close();
})();
