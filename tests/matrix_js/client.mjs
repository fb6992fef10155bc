// A Matrix client with the same encryption as Element (matrix-js-sdk, rust crypto), driven by lines: one JSON command on
// stdin, one JSON answer or event on stdout. tests/js_client.py is the other end and says what the commands mean.
// Command {"id": 1, "do": "say", ...} -> {"id": 1, "ok": ...} or {"id": 1, "error": "..."}; others' events: {"event": {...}}.
import { createInterface } from "node:readline";
import { createClient } from "matrix-js-sdk";
import {
  AllDevicesIsolationMode,
  EventShieldColour,
  EventShieldReason,
  OnlySignedDevicesIsolationMode,
  VerificationPhase,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

const LOOK_MS = 50;
const WAIT_MS = 15_000;

// stdout is for our lines only; libraries may warn on stderr, and their talk of every step is dropped.
for (const name of ["log", "info", "debug"]) console[name] = () => {};
console.warn = console.error;
logger.setLevel("error");

let client;
let crypto;

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function until(look, what, milliseconds = WAIT_MS) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

// ---------------------------------------------------------------------------------------------------- hearing

async function shieldOf(event) {
  const info = event.isEncrypted() ? await crypto.getEncryptionInfoForEvent(event) : null;
  if (info === null) return { shield: null, reason: null };
  const reason = info.shieldReason === null ? null : EventShieldReason[info.shieldReason];
  return { shield: EventShieldColour[info.shieldColour], reason };
}

async function described(event) {
  return {
    room: event.getRoomId(),
    id: event.getId(),
    sender: event.getSender(),
    kind: event.getType(),
    state_key: event.getStateKey() ?? null,
    content: event.getOriginalContent(),
    relation: event.getWireContent()["m.relates_to"] ?? {},
    redacts: event.event.redacts ?? event.getWireContent().redacts ?? null,
    redacted: event.isRedacted(),
    replaced_by: event.replacingEventId() ?? null,
    body: event.getContent().body ?? null, // with the last correction applied
    encrypted: event.isEncrypted(),
    readable: !event.isDecryptionFailure(),
    failure: event.decryptionFailureReason ?? null,
    ...(await shieldOf(event)),
  };
}

const unread = new Set(); // ids of what was told as unreadable: the key may come after what it opens

async function hear(event, room, toStart) {
  if (toStart || event.getSender() === client.getUserId()) return;
  await client.decryptEventIfNeeded(event);
  if (event.isDecryptionFailure()) unread.add(event.getId());
  tell({ event: await described(event) });
}

async function hearAgain(event) {
  if (!event.isDecryptionFailure() && unread.delete(event.getId())) tell({ event: await described(event) });
}

// --------------------------------------------------------------------------------------------------- commands

const commands = {
  async login({ url, user, password, signed }) {
    const door = createClient({ baseUrl: url });
    const session = await door.loginRequest({
      type: "m.login.password",
      identifier: { type: "m.id.user", user },
      password,
      initial_device_display_name: "Element's cousin",
    });
    client = createClient({
      baseUrl: url,
      accessToken: session.access_token,
      userId: session.user_id,
      deviceId: session.device_id,
      cryptoCallbacks: {},
    });
    await client.initRustCrypto({ useIndexedDB: false });
    crypto = client.getCrypto();
    crypto.setDeviceIsolationMode(signed ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false));
    client.on("Room.timeline", hear);
    client.on("Event.decrypted", hearAgain);
    client.on("toDeviceEvent", (event) => tell({ to_device: { kind: event.getType(), sender: event.getSender() } }));
    const synced = new Promise((resolve) => client.once("sync", resolve));
    await client.startClient({ initialSyncLimit: 20 });
    await synced;
    if (signed) await commands.bootstrap({ user, password });
    return { user_id: session.user_id, device_id: session.device_id };
  },

  // Makes the own cross-signing identity and signs this device with it; in the mode "signed" nobody may speak without.
  async bootstrap({ user, password }) {
    await crypto.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: (upload) =>
        upload({ type: "m.login.password", identifier: { type: "m.id.user", user }, password }),
    });
    return crypto.isCrossSigningReady();
  },

  // As Element opens a direct chat.
  async dm({ other }) {
    const { room_id: room } = await client.createRoom({
      preset: "trusted_private_chat",
      is_direct: true,
      invite: [other],
      initial_state: [
        { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } },
        { type: "m.room.guest_access", state_key: "", content: { guest_access: "can_join" } },
      ],
    });
    await client.setAccountData("m.direct", { [other]: [room] });
    await until(() => client.getRoom(room) && crypto.isEncryptionEnabledInRoom(room), "the own room");
    return room;
  },

  async invites() {
    return client.getRooms().filter((room) => room.getMyMembership() === "invite").map((room) => room.roomId);
  },

  async join({ room }) {
    await client.joinRoom(room);
    await until(() => client.getRoom(room)?.getMyMembership() === "join", "the room");
    return room;
  },

  async invite({ room, user }) {
    await client.invite(room, user);
  },

  async members({ room }) {
    const members = client.getRoom(room)?.getMembers() ?? [];
    return Object.fromEntries(members.map((member) => [member.userId, member.membership]));
  },

  async send({ room, kind, content }) {
    return (await client.sendEvent(room, kind, content)).event_id;
  },

  async redact({ room, event }) {
    return (await client.redactEvent(room, event)).event_id;
  },

  async timeline({ room }) {
    const events = client.getRoom(room)?.getLiveTimeline().getEvents() ?? [];
    return Promise.all(events.map(described));
  },

  // What this client thinks of somebody's identity and devices.
  async trust({ user }) {
    const identity = await crypto.getUserVerificationStatus(user);
    const found = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
    const devices = {};
    for (const id of found.keys()) {
      const status = await crypto.getDeviceVerificationStatus(user, id);
      devices[id] = { signed_by_owner: status?.signedByOwner ?? false, verified: status?.isVerified() ?? false };
    }
    const known = await crypto.userHasCrossSigningKeys(user, true);
    return { has_identity: known, needs_approval: identity.needsUserApproval, devices };
  },

  // Asks somebody to verify, in a room or, with `device`, that device of theirs; what became of it within `seconds`.
  async verify({ user, room, device, seconds }) {
    const request = device
      ? await crypto.requestDeviceVerification(user, device)
      : await crypto.requestVerificationDM(user, room);
    const settled = () => request.phase > VerificationPhase.Requested;
    await until(settled, "an answer", seconds * 1000).catch(() => {});
    return {
      phase: VerificationPhase[request.phase],
      code: request.cancellationCode ?? null,
      by: request.cancellingUserId ?? null,
    };
  },
};

function stop() {
  client?.stopClient();
  process.exit(0);
}

// -------------------------------------------------------------------------------------------------- the lines

async function obey(line) {
  const { id, do: name, ...rest } = JSON.parse(line);
  try {
    tell({ id, ok: (await commands[name](rest)) ?? null });
  } catch (problem) {
    tell({ id, error: `${problem.name}: ${problem.message}` });
  }
}

createInterface({ input: process.stdin }).on("line", obey).on("close", stop);
