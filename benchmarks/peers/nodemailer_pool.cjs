// nodemailer's pool: raw|compose PORT CONNECTIONS FILE MESSAGES; prints the seconds it took.
// "raw" hands over ready bytes; "compose" has it build the message each time from the text and HTML of the same mail,
// which stand beside FILE.
const fs = require("node:fs");
const nodemailer = require("nodemailer");

const [, , way, port, connections, file, messages] = process.argv;
const raw = fs.readFileSync(file);
const html = fs.readFileSync(file.replace(/\.eml$/, ".html"), "utf8");
const text = fs.readFileSync(file.replace(/\.eml$/, ".txt"), "utf8");
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
  return { from: "News <news@example.org>", to, subject: "A digest", text, html };
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
