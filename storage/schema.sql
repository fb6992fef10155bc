-- The schema as it is today: one STRICT table per record of relaybot/model.py, and three of the store's own (at the end).
-- Columns are named after the dataclass fields (a test compares). Moments are microseconds since 1970 UTC, booleans are
-- 0 or 1, tuples and small parts are JSON arrays; every stage CHECK mirrors relaybot/rules.py (a test compares).
--
-- A new field is one more line here; a new record is one more table whose PRIMARY KEY is programme and the record's key.
-- There are no foreign keys: records of one decision may come in any order, and rules.unsound guards what belongs together.
-- After the first release a change here also needs a step in storage/migrations.py (a test compares both ways).

CREATE TABLE person (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  home TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('guest', 'applying', 'submitted', 'deferred', 'member', 'left', 'removed')),
  since INTEGER,
  moderator INTEGER NOT NULL CHECK (moderator IN (0, 1)),
  learn TEXT NOT NULL,
  offer TEXT NOT NULL,
  links TEXT NOT NULL,
  zone TEXT NOT NULL,
  free TEXT NOT NULL,
  languages TEXT NOT NULL,
  must_language TEXT NOT NULL,
  project TEXT NOT NULL,
  about TEXT NOT NULL,
  rules_version INTEGER NOT NULL,
  accepted_at INTEGER,
  accepted_by INTEGER NOT NULL,
  waiting_since INTEGER,
  front INTEGER NOT NULL CHECK (front IN (0, 1)),
  promise INTEGER,
  rematch TEXT NOT NULL,
  paused_until INTEGER,
  muted_until INTEGER,
  quiet TEXT,
  plain INTEGER NOT NULL CHECK (plain IN (0, 1)),
  slow INTEGER NOT NULL CHECK (slow IN (0, 1)),
  unasked TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
  programme TEXT NOT NULL,
  address TEXT NOT NULL,
  person INTEGER NOT NULL,
  verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
  PRIMARY KEY (programme, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE application (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  person INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (
    stage IN ('submitted', 'asked', 'chat', 'accepted', 'deferred', 'declined', 'withdrawn')
  ),
  handed_in_at INTEGER NOT NULL,
  promise INTEGER NOT NULL,
  holder INTEGER NOT NULL,
  exchange TEXT NOT NULL,
  chat_times TEXT NOT NULL,
  chat_at INTEGER,
  chat_means TEXT NOT NULL,
  decided_at INTEGER,
  decided_by INTEGER NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE dialogue (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  person INTEGER NOT NULL,
  form TEXT NOT NULL,
  about TEXT NOT NULL,
  answers TEXT NOT NULL,
  asking TEXT NOT NULL,
  started_at INTEGER,
  asked_at INTEGER,
  kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
  place TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pair (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (
    stage IN (
      'drafted', 'asked_first', 'asked_second', 'introduced', 'trial', 'active', 'resting', 'ending',
      'ended', 'refused', 'lapsed', 'withdrawn'
    )
  ),
  drafted_by INTEGER NOT NULL,
  drafted_at INTEGER NOT NULL,
  note TEXT NOT NULL,
  place TEXT NOT NULL,
  introduced_at INTEGER,
  closes_at INTEGER,
  held INTEGER NOT NULL,
  last_held_at INTEGER,
  last_word_at INTEGER,
  started_by INTEGER NOT NULL,
  paused_by INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  format TEXT NOT NULL,
  format_before TEXT NOT NULL,
  round_at INTEGER,
  round_by INTEGER NOT NULL,
  means TEXT NOT NULL,
  project TEXT NOT NULL,
  private TEXT NOT NULL,
  ended_at INTEGER,
  ended_by INTEGER NOT NULL,
  told_by TEXT NOT NULL,
  told_at INTEGER,
  outcome TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE participant (
  programme TEXT NOT NULL,
  pair INTEGER NOT NULL,
  person INTEGER NOT NULL,
  "order" INTEGER NOT NULL,
  answer TEXT NOT NULL,
  asked_at INTEGER,
  answered_at INTEGER,
  taught_seconds INTEGER NOT NULL,
  missed_in_row INTEGER NOT NULL,
  missed_at INTEGER,
  times TEXT NOT NULL,
  fit TEXT NOT NULL,
  good_fits INTEGER NOT NULL,
  thanked INTEGER NOT NULL,
  "over" INTEGER NOT NULL CHECK ("over" IN (0, 1)),
  leaves INTEGER NOT NULL CHECK (leaves IN (0, 1)),
  dates TEXT NOT NULL,
  wrote_at INTEGER,
  unread INTEGER NOT NULL,
  PRIMARY KEY (programme, pair, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE meeting (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (
    stage IN (
      'proposed', 'agreed', 'waiting', 'first_half', 'second_half',
      'asked', 'held', 'missed', 'skipped', 'moved', 'off'
    )
  ),
  starts_at INTEGER NOT NULL,
  minutes INTEGER NOT NULL,
  trial INTEGER NOT NULL CHECK (trial IN (0, 1)),
  proposed_by INTEGER NOT NULL,
  moved_to INTEGER,
  off_unless_moved INTEGER NOT NULL CHECK (off_unless_moved IN (0, 1)),
  waits_from INTEGER,
  teachers TEXT NOT NULL,
  present TEXT NOT NULL,
  late TEXT NOT NULL,
  began_at INTEGER,
  ends_at INTEGER,
  swap_at INTEGER,
  ran_at INTEGER,
  held_at INTEGER,
  taught TEXT NOT NULL,
  extend_minutes INTEGER NOT NULL,
  extend_by INTEGER NOT NULL,
  shared_seconds INTEGER NOT NULL,
  one_way TEXT NOT NULL,
  said TEXT NOT NULL,
  next_at INTEGER,
  next_by INTEGER NOT NULL,
  calendar INTEGER NOT NULL,
  itself INTEGER NOT NULL CHECK (itself IN (0, 1)),
  took TEXT NOT NULL,
  partly INTEGER NOT NULL CHECK (partly IN (0, 1)),
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE "case" (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  topic TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('open', 'taken', 'waiting', 'closed')),
  person INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  opened_at INTEGER,
  promise INTEGER,
  holder INTEGER NOT NULL,
  urgent INTEGER NOT NULL CHECK (urgent IN (0, 1)),
  hidden_from TEXT NOT NULL,
  words TEXT NOT NULL,
  reason TEXT NOT NULL,
  reason_words TEXT NOT NULL,
  notice TEXT NOT NULL,
  hour_at INTEGER,
  cleared INTEGER NOT NULL CHECK (cleared IN (0, 1)),
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE memo (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  about TEXT NOT NULL,
  by INTEGER NOT NULL,
  at INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE feedback (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  person INTEGER NOT NULL,
  at INTEGER NOT NULL,
  value TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE avoid (
  programme TEXT NOT NULL,
  person INTEGER NOT NULL,
  other INTEGER NOT NULL,
  PRIMARY KEY (programme, person, other)
) STRICT, WITHOUT ROWID;

CREATE TABLE code (
  programme TEXT NOT NULL,
  digest TEXT NOT NULL,
  purpose TEXT NOT NULL,
  person INTEGER NOT NULL,
  address TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (programme, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox (
  programme TEXT NOT NULL,
  address TEXT NOT NULL,
  bounces INTEGER NOT NULL,
  bounced_at INTEGER NOT NULL,
  refusing_since INTEGER,
  PRIMARY KEY (programme, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
  programme TEXT NOT NULL,
  address TEXT NOT NULL,
  mode TEXT NOT NULL,
  since INTEGER NOT NULL,
  away_until INTEGER,
  PRIMARY KEY (programme, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE post (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('held', 'open', 'closed')),
  person INTEGER NOT NULL,
  address TEXT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  ask INTEGER NOT NULL CHECK (ask IN (0, 1)),
  learn TEXT NOT NULL,
  offer TEXT NOT NULL,
  thread TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  wants TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE file (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  person INTEGER NOT NULL,
  enclosure TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  pair INTEGER NOT NULL,
  PRIMARY KEY (programme, person, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE timer (
  programme TEXT NOT NULL,
  name TEXT NOT NULL,
  about TEXT NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (programme, name, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE letter (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  "to" TEXT NOT NULL,
  text TEXT NOT NULL,
  urgency INTEGER NOT NULL CHECK (urgency IN (0, 1, 2)),
  written_at INTEGER NOT NULL,
  person INTEGER NOT NULL,
  expires_at INTEGER,
  claim TEXT NOT NULL,
  receipt TEXT NOT NULL,
  invite TEXT NOT NULL,
  close INTEGER NOT NULL CHECK (close IN (0, 1)),
  style TEXT NOT NULL CHECK (style IN ('line', 'letter')),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  about TEXT NOT NULL,
  subject TEXT NOT NULL,
  thread TEXT NOT NULL,
  via TEXT NOT NULL,
  listed INTEGER NOT NULL CHECK (listed IN (0, 1)),
  invitations TEXT NOT NULL,
  files TEXT NOT NULL,
  moved INTEGER NOT NULL CHECK (moved IN (0, 1)),
  tried_at INTEGER,
  card TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;

-- The journal: appended, never changed, never loaded; read by object or by person.
CREATE TABLE entry (
  programme TEXT NOT NULL,
  id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  actor INTEGER NOT NULL,
  verb TEXT NOT NULL,
  about TEXT NOT NULL,
  PRIMARY KEY (programme, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_about ON entry (programme, about);
CREATE INDEX entry_actor ON entry (programme, actor);

CREATE TABLE tally (
  programme TEXT NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (programme, name)
) STRICT, WITHOUT ROWID;

-- The store's own: inbound messages that had their effect, so that a repeat is swallowed.
CREATE TABLE seen (
  network TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (network, id)
) STRICT, WITHOUT ROWID;

-- Keys that prove to relaybot that something comes from itself, e.g. the addresses to which letters are answered.
CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Events that could not be decided, with what went wrong, until an operator replays them.
CREATE TABLE shunt (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  programme TEXT NOT NULL,
  event TEXT NOT NULL,
  traceback TEXT NOT NULL,
  at INTEGER NOT NULL,
  replayed_at INTEGER
) STRICT;
