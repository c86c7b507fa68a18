// A second reader of the sealing format, from FORMAT.md alone and on Node's own crypto: `node open_vectors.mjs`.
// It opens, refuses, derives, verifies and, for long objects, writes again everything in the JSON files beside it.
// Node 20 has neither ML-KEM nor Argon2id: their outputs are given in the vectors, and what follows is computed here.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";

const load = (name) => JSON.parse(fs.readFileSync(new URL(name, import.meta.url), "utf8"));
const hex = (text) => Buffer.from(text, "hex");
const b64 = (text) => Buffer.from(text, "base64");
const id = (text) => hex(text.replaceAll("-", ""));
const sha256 = (...parts) => crypto.createHash("sha256").update(Buffer.concat(parts)).digest();
const u16 = (n) => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b; };
const u32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b; };
const u64 = (n) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };

class Refused extends Error {}
const must = (condition, what) => { if (!condition) throw new Refused(what); };
const counts = {};
const passed = (section) => { counts[section] = (counts[section] ?? 0) + 1; };

// --- §1, §2, §3 ---

const lp = (field) => Buffer.concat([u32(field.length), field]);
const labelled = (...fields) =>
  Buffer.concat([Buffer.from("xiansuo-v1"), ...fields.map((field) => lp(Buffer.from(field)))]);

function derive(secret, label, length = 32, context = Buffer.alloc(0)) {
  const info = labelled("hkdf", label, context, u16(length));
  return Buffer.from(crypto.hkdfSync("sha256", secret, Buffer.alloc(0), info, length));
}

function padme(length) {
  const n = BigInt(length);
  if (n < 2n) return length;
  const e = n.toString(2).length - 1;
  const s = e.toString(2).length;
  const step = 1n << BigInt(e === 0 ? 0 : e - s);
  return Number(((n + step - 1n) / step) * step);
}

// --- §4 ---

const HEADER = 80, CHUNK = 65536, TAG = 16;
const FLOORS = { 1: 16384, 2: 4096, 3: 1024, 4: 4096, 5: 1024, 6: 4096, 7: 1024, 8: 1024, 9: 1024, 10: 1024,
  11: 1024, 12: 1024, 13: 1024 };

function gcmOpen(key, nonce, sealed, aad = Buffer.alloc(0)) {
  const decipher = crypto.createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  const text = decipher.update(sealed.subarray(0, sealed.length - TAG));
  try {
    return Buffer.concat([text, decipher.final()]);
  } catch {
    throw new Refused("tag");
  }
}

function gcmSeal(key, nonce, text) {
  const cipher = crypto.createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

const nonceOf = (index, isLast) => Buffer.concat([Buffer.alloc(7), u32(index), Buffer.from([isLast ? 1 : 0])]);

function objectKeys(bound, fileKey) {
  const both = derive(fileKey, "object", 64, bound);
  return [both.subarray(0, 32), both.subarray(32)];
}

function openObject(sealed, { kind, objectId, fileKey }) {
  const body = sealed.length - HEADER;
  must(body > 0, "size");
  const count = Math.ceil(body / (CHUNK + TAG));
  const total = body - count * TAG;
  const lastSize = total - (count - 1) * CHUNK;
  must(lastSize >= 8 && total <= 2 ** 40, "size");
  must(sealed.subarray(0, 4).toString("latin1") === "XSUO", "magic");
  must(sealed[4] === 1 && sealed[5] === kind && kind in FLOORS, "version or kind");
  must(sealed.readUInt16BE(6) === 1 && sealed.readUInt32BE(8) === CHUNK, "suite or chunk size");
  const floor = sealed.readUInt32BE(12);
  must(floor >= FLOORS[kind] && floor <= 2 ** 30, "floor");
  must(sealed.subarray(16, 32).equals(objectId), "object id");
  const [key, commitment] = objectKeys(sealed.subarray(0, 48), fileKey);
  must(crypto.timingSafeEqual(sealed.subarray(48, HEADER), commitment), "commitment");
  const openChunk = (i) => {
    const from = HEADER + i * (CHUNK + TAG);
    const size = i === count - 1 ? lastSize : CHUNK;
    return gcmOpen(key, nonceOf(i, i === count - 1), sealed.subarray(from, from + size + TAG));
  };
  const trueBytes = Number(openChunk(count - 1).readBigUInt64BE(lastSize - 8));
  must(total === padme(Math.max(trueBytes + 8, floor)), "true length");
  const payload = Buffer.concat(Array.from({ length: count }, (_, i) => openChunk(i)));
  must(payload.subarray(trueBytes, total - 8).every((byte) => byte === 0), "padding");
  return payload.subarray(0, trueBytes);
}

function sealObject(text, { kind, objectId, fileKey, salt, floor }) {
  const bound = Buffer.concat([
    Buffer.from("XSUO"), Buffer.from([1, kind]), u16(1), u32(CHUNK), u32(floor), objectId, salt]);
  const [key, commitment] = objectKeys(bound, fileKey);
  const total = padme(Math.max(text.length + 8, floor));
  const payload = Buffer.concat([text, Buffer.alloc(total - 8 - text.length), u64(text.length)]);
  const parts = [bound, commitment];
  for (let i = 0; i * CHUNK < total; i++) {
    const isLast = (i + 1) * CHUNK >= total;
    parts.push(gcmSeal(key, nonceOf(i, isLast), payload.subarray(i * CHUNK, (i + 1) * CHUNK)));
  }
  return Buffer.concat(parts);
}

// --- §5 ---

function openSmall(sealed, key, context) {
  must(sealed.length >= 39 && sealed[0] === 1 && sealed.readUInt16BE(1) === 1, "small box header");
  const header = sealed.subarray(0, 7);
  const payload = gcmOpen(key, sealed.subarray(7, 19), sealed.subarray(19), labelled("small", header, context));
  const trueBytes = payload.readUInt32BE(payload.length - 4);
  must(payload.length === padme(Math.max(trueBytes + 4, header.readUInt32BE(3))), "small box length");
  must(payload.subarray(trueBytes, payload.length - 4).every((byte) => byte === 0), "small box padding");
  return payload.subarray(0, trueBytes);
}

// --- §6: X-Wing's combiner and RFC 9180's key schedule; ML-KEM's shared secret comes from the vector ---

const X25519_PKCS8 = hex("302e020100300506032b656e04220420");
const X25519_SPKI = hex("302a300506032b656e032100");
const x25519Private = (raw) =>
  crypto.createPrivateKey({ key: Buffer.concat([X25519_PKCS8, raw]), format: "der", type: "pkcs8" });
const x25519Public = (raw) =>
  crypto.createPublicKey({ key: Buffer.concat([X25519_SPKI, raw]), format: "der", type: "spki" });

function hpkeOpen(sealed, { privateBytes, publicBytes, mlkemShared, info }) {
  const share = sealed.subarray(1088, 1120), point = publicBytes.subarray(1184);
  const exchanged = crypto.diffieHellman(
    { privateKey: x25519Private(privateBytes.subarray(64)), publicKey: x25519Public(share) });
  const shared = crypto.createHash("sha3-256")
    .update(Buffer.concat([mlkemShared, exchanged, share, point, hex("5c2e2f2f5e5c")])).digest();
  const suite = Buffer.concat([Buffer.from("HPKE"), hex("647a00010002")]);
  const extract = (salt, label, secret) => crypto.createHmac("sha256", salt.length ? salt : Buffer.alloc(32))
    .update(Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(label), secret])).digest();
  const expand = (secret, label, context, length) => crypto.createHmac("sha256", secret)
    .update(Buffer.concat([u16(length), Buffer.from("HPKE-v1"), suite, Buffer.from(label), context, Buffer.from([1])]))
    .digest().subarray(0, length);
  const none = Buffer.alloc(0);
  const context = Buffer.concat([
    Buffer.from([0]), extract(none, "psk_id_hash", none), extract(none, "info_hash", info)]);
  const secret = extract(shared, "secret", none);
  return gcmOpen(expand(secret, "key", context, 32), expand(secret, "base_nonce", context, 12), sealed.subarray(1120));
}

// --- §8 ---

const ed25519Public = (raw) => crypto.createPublicKey(
  { key: Buffer.concat([hex("302a300506032b6570032100"), raw]), format: "der", type: "spki" });
const verifies = (message, purpose, signature, key) =>
  crypto.verify(null, labelled("signature", purpose, message), ed25519Public(key), signature);

const encodeStatement = (row) => labelled("key-statement", u16(1), id(row.key_id), row.purpose, row.holder,
  u32(row.generation), row.not_before, row.not_after ?? "", b64(row.public));

const encodeWords = (row) => labelled("office-message", u16(1), id(row.voice_key_id), hex(row.fingerprint),
  id(row.message_id), id(row.object_id), row.kind, u32(row.ordinal), row.day, row.text);

// --- §9 ---

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Schoolbook multiplication of polynomials, then reduction by x^5 + x^2 + 1.
function times(a, b) {
  let product = 0;
  for (let bit = 0; bit < 5; bit++) if ((b >> bit) & 1) product ^= a << bit;
  for (let bit = 8; bit >= 5; bit--) if ((product >> bit) & 1) product ^= 0b100101 << (bit - 5);
  return product;
}

function checkSum(values) {
  let sum = 0, weight = 1;
  for (const value of values) { sum ^= times(value, weight); weight = times(weight, 2); }
  return sum;
}

function bitsOf(values) {
  const bits = values.map((value) => value.toString(2).padStart(5, "0")).join("") + "00000";
  return Buffer.from(bits.match(/.{8}/g).map((octet) => parseInt(octet, 2)));
}

function receiptText(formSecret, cookieSecret) {
  const octets = derive(Buffer.concat([lp(formSecret), lp(cookieSecret)]), "receipt/text", 15);
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, "0")).join("").slice(0, 115);
  const values = bits.match(/.{5}/g).map((group) => parseInt(group, 2));
  const check = [...ALPHABET].findIndex((_, value) => checkSum([...values, value]) === 5);
  return [...values, check].map((value) => ALPHABET[value]).join("").match(/.{4}/g).join("-");
}

function parseReceipt(typed) {
  must(typed.length <= 200, "length");
  const text = typed.normalize("NFKC").replace(/[^\p{N}\p{Lu}\p{Ll}\p{Lt}]/gu, "")
    .replace(/[a-z]/g, (letter) => letter.toUpperCase()).replace(/[IL]/g, "1").replace(/O/g, "0");
  const values = [...text].map((character) => ALPHABET.indexOf(character));
  must(values.length === 24 && values.every((value) => value >= 0), "form");
  must(checkSum(values) === 5, "check");
  return bitsOf(values.slice(0, 23));
}

// --- §11.1 ---

const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)); // UTF-8 sorts as code points do

function encodeRecord(value) {
  if (Array.isArray(value)) return `[${value.map(encodeRecord).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const keys = Object.keys(value).sort(byCodePoint);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${encodeRecord(value[key])}`).join(",")}}`;
  }
  if (typeof value === "number") must(Number.isSafeInteger(value) && !Object.is(value, -0), "number");
  if (typeof value === "string") must(value.isWellFormed(), "surrogate");
  return JSON.stringify(value);
}

function decodeRecord(encoded) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(encoded));
  } catch {
    throw new Refused("not JSON");
  }
  must(value !== null && typeof value === "object" && !Array.isArray(value), "not a record");
  must(Buffer.from(encodeRecord(value)).equals(encoded), "not canonical");
  return value;
}

// --- the vectors ---

const refuses = (action, name) => assert.throws(action, Refused, `must be refused: ${name}`);

{
  const file = load("derivation.json");
  for (const row of file.derive) {
    assert.equal(derive(hex(row.secret), row.label, row.length, hex(row.context)).toString("hex"), row.output);
    passed("derive");
  }
  for (const [length, padded] of file.padme) { assert.equal(padme(length), padded); passed("padme"); }
  const { argon2id, host_key, key } = file.passphrase;
  assert.equal(derive(Buffer.concat([hex(argon2id), hex(host_key)]), "staff/passphrase").toString("hex"), key);
  passed("passphrase");
}

for (const row of load("objects.json").objects) {
  const terms = { kind: row.kind, objectId: id(row.object_id), fileKey: hex(row.file_key), salt: hex(row.salt),
    floor: row.floor };
  const text = Buffer.from(Array.from({ length: row.true_bytes }, (_, i) => i % 251));
  assert.equal(sha256(text).toString("hex"), row.plaintext_sha256);
  const sealed = row.sealed ? b64(row.sealed) : sealObject(text, terms);
  assert.equal(sealed.length, row.sealed_bytes, row.name);
  assert.equal(sha256(sealed).toString("hex"), row.sealed_sha256, row.name);
  assert.ok(sealObject(text, terms).equals(sealed), row.name);
  assert.ok(openObject(sealed, terms).equals(text), row.name);
  for (const cut of [sealed.length - 1, sealed.length - 17, HEADER + CHUNK + TAG].filter((n) => n < sealed.length))
    refuses(() => openObject(sealed.subarray(0, cut), terms), `${row.name} cut at ${cut}`);
  passed("objects");
}

{
  const file = load("parts.json");
  const open = (rows) => Buffer.concat(rows.map((row, n) => {
    const last = Buffer.from([n === rows.length - 1 ? 1 : 0]);
    const context = Buffer.concat([id(rows[0].object_id), id(row.object_id), u32(n), last]);
    const fileKey = derive(hex(file.file_key), "object/part", 32, context);
    return openObject(b64(row.sealed), { kind: file.kind, objectId: id(row.object_id), fileKey });
  }));
  const text = open(file.parts);
  assert.equal(text.length, file.true_bytes);
  assert.equal(sha256(text).toString("hex"), file.plaintext_sha256);
  refuses(() => open(file.parts.slice(0, -1)), "file without its last part");
  refuses(() => open(file.parts.slice(1)), "file without its head");
  refuses(() => open([file.parts[0], file.parts[2]]), "file without its middle");
  refuses(() => open([file.parts[0], file.parts[0], file.parts[2]]), "part in another's place");
  passed("parts");
}

{
  const file = load("refusals.json");
  const terms = { kind: file.kind, objectId: id(file.object_id), fileKey: hex(file.file_key) };
  openObject(b64(file.opens), terms);
  for (const [name, body] of Object.entries(file.refused)) {
    refuses(() => openObject(b64(body), terms), name);
    passed("refusals");
  }
}

{
  const file = load("small_boxes.json");
  const form = hex(file.form_secret), cookie = hex(file.cookie_secret), token = hex(file.session_token);
  const both = Buffer.concat([lp(form), lp(cookie)]), lookupId = derive(token, "session/lookup-id");
  const draftId = derive(both, "draft/id"), draftKey = derive(both, "draft/key");
  const tag = derive(draftKey, "draft/content", 32, sha256(hex(file.content)));
  assert.equal(tag.toString("hex"), file.content_tag);
  const sameFile = derive(hex(file.desk_private), "same-file/key", 32, id(file.desk_key_id));
  assert.equal(derive(sameFile, "same-file/mark", 32, hex(file.sha256)).toString("hex"), file.same_file_mark);
  const expected = {
    draft: [draftKey, labelled("small", "draft", draftId, id(file.object_id))],
    session: [derive(token, "session/key"), labelled("small", "session", lookupId, id(file.staff_key_id))],
    digest: [derive(hex(file.desk_private), "digest/key", 32, id(file.desk_key_id)),
      labelled("small", "digest", id(file.tip_id))],
  };
  for (const box of file.boxes) {
    const [key, context] = expected[box.name] ?? [hex(box.key), hex(box.context)];
    assert.equal(openSmall(b64(box.sealed), key, context).toString("hex"), box.plaintext, box.name);
    refuses(() => openSmall(b64(box.sealed), key, Buffer.concat([context, Buffer.from([0])])), "another context");
    passed("small boxes");
  }
}

{
  const file = load("hpke.json");
  const privateBytes = hex(file.private), publicBytes = b64(file.public);
  assert.equal(sha256(labelled("hpke", "fingerprint", publicBytes)).toString("hex"), file.fingerprint);
  for (const row of file.sealed) {
    const info = labelled("hpke", u16(1), row.name, id(file.object_id), id(file.recipient_key_id));
    assert.equal(info.toString("hex"), row.info);
    const terms = { privateBytes, publicBytes, mlkemShared: hex(row.mlkem_shared_secret), info };
    assert.equal(hpkeOpen(b64(row.sealed), terms).toString("hex"), row.plaintext, row.name);
    refuses(() => hpkeOpen(b64(row.sealed), { ...terms, info: Buffer.alloc(0) }), "another info");
    passed("hpke");
  }
}

{
  const file = load("signatures.json");
  const key = hex(file.verify_key);
  assert.ok(verifies(hex(file.message.message), "message", hex(file.message.signature), key));
  assert.ok(!verifies(hex(file.message.message), "key-statement", hex(file.message.signature), key));
  passed("signatures");
  for (const row of file.statements) {
    assert.ok(encodeStatement(row).equals(b64(row.encoded)), row.purpose);
    assert.ok(verifies(encodeStatement(row), "key-statement", hex(row.signature), key), row.purpose);
    const other = encodeStatement({ ...row, generation: row.generation + 1 });
    assert.ok(!verifies(other, "key-statement", hex(row.signature), key));
    passed("signatures");
  }
  const said = file.office_message, voice = hex(said.voice_verify_key);
  const seed = derive(hex(said.desk_private), "desk/voice", 32, id(said.desk_key_id));
  assert.equal(seed.toString("hex"), said.voice_seed);
  assert.equal(encodeWords(said).toString("hex"), said.encoded);
  assert.ok(verifies(encodeWords(said), "office-message", hex(said.signature), voice));
  assert.ok(!verifies(encodeWords(said), "message", hex(said.signature), voice));
  assert.ok(!verifies(encodeWords({ ...said, ordinal: 4 }), "office-message", hex(said.signature), voice));
  passed("signatures");
}

{
  const file = load("chains.json");
  const issues = { root: ["desk", "alternate", "director", "recovery", "staff", "cleaner-issuer", "unit", "voice"],
    staff: ["case"], "cleaner-issuer": ["cleaner"] };
  const whose = (row) => row.purpose === "staff" ? row.holder.split(":")[0] : row.holder;
  const chainHolds = ({ links, purpose, holder, on }) => {
    const rows = links.map((name) => file.statements[name]), leaf = rows.at(-1);
    if (rows.length > 2 || leaf.purpose !== purpose || whose(leaf) !== holder) return false;
    if (on < leaf.not_before || (leaf.not_after && on > leaf.not_after)) return false;
    let key = hex(file.root), issuer = "root";
    for (const row of rows) {
      if (!issues[issuer]?.includes(row.purpose)) return false;
      if (!verifies(encodeStatement(row), "key-statement", hex(row.signature), key)) return false;
      if (row === leaf) return true;
      if (leaf.not_before < row.not_before || (row.not_after && leaf.not_before > row.not_after)) return false;
      if (leaf.purpose === "case" && !["desk", "alternate"].includes(row.holder.split(":")[1])) return false;
      [key, issuer] = [b64(row.public).subarray(-32), row.purpose];
    }
    return false;
  };
  for (const chain of file.chains) {
    assert.equal(chainHolds(chain), chain.holds, JSON.stringify(chain));
    passed("chains");
  }
}

{
  const file = load("receipts.json");
  for (const row of file.receipts) {
    assert.equal(receiptText(hex(row.form_secret), hex(row.cookie_secret)), row.text);
    const bits = parseReceipt(row.text);
    assert.equal(derive(bits, "receipt/lookup-id").toString("hex"), row.lookup_id);
    assert.equal(derive(bits, "receipt/informant-key", 96).toString("hex"), row.informant_private);
    passed("receipts");
  }
  for (const [name, typed] of Object.entries(file.typed_for_the_first)) {
    assert.ok(parseReceipt(typed).equals(parseReceipt(file.receipts[0].text)), name);
    passed("receipts");
  }
  for (const [name, typed] of Object.entries(file.refused)) {
    refuses(() => parseReceipt(typed), name);
    passed("receipts");
  }
}

{
  const file = load("records.json");
  for (const row of file.canonical) {
    assert.ok(Buffer.from(encodeRecord(row.value)).equals(b64(row.encoded)));
    assert.deepEqual(decodeRecord(b64(row.encoded)), row.value);
    passed("records");
  }
  for (const encoded of file.refused) {
    refuses(() => decodeRecord(b64(encoded)), b64(encoded).toString());
    passed("records");
  }
  const { desk, director, file_key } = file.halves;
  assert.equal(Buffer.from(hex(desk).map((byte, i) => byte ^ hex(director)[i])).toString("hex"), file_key);
  passed("halves");
}

{
  const file = load("staff_keys.json");
  const sealed = b64(file.sealed);
  assert.equal(sealed[0], 1);
  const context = labelled("small", "staff", id(file.staff_key_id));
  assert.equal(openSmall(sealed.subarray(17), hex(file.stretched), context).toString("hex"), file.private);
  assert.equal(derive(hex(file.recovery_secret), "recovery/key", 96).toString("hex"), file.recovery_private);
  passed("staff keys");
}

console.log(JSON.stringify(counts));
